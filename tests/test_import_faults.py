"""An import whose worker is killed again and again takes every row once and loses none; and so does
a deed for many leads.

Real Celery workers on this run's own PostgreSQL and Valkey; nothing is faked but the murder.
"""

import time
from collections.abc import Callable

import pytest
import redis
from django.conf import settings

from accounts.instants import database_now
from leadflow.celery import app
from leads import tagging
from leads.bulk import running as bulk_running
from leads.bulk.deeds import BY_NAME
from leads.imports import refused, running, undoing
from leads.models import Activity, BulkRun, Import, ImportBatch, Lead
from tests.factories import make_cast
from tests.leads.imports.files import counts, received, table
from tests.test_faults import kill_nine, start_worker

ROWS, TAGGED = 6_000, 600
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.django_db(transaction=True)]


def wait_for(
    condition: Callable[[], bool], *, seconds: float = 100, wake: str = "resume_imports"
) -> None:
    """Wakes the worker as beat does, until the condition holds."""
    began, last = time.monotonic(), 0.0
    while not condition():
        now = time.monotonic()
        assert now - began < seconds, "the worker did not get there in time"
        if now - last > 1:
            last = now
            app.send_task(f"leads.tasks.{wake}", expires=5)
        time.sleep(0.005)


def lapse() -> None:
    """As if the claim of the dead worker had run out: twenty seconds are long in a test."""
    Import.objects.update(claimed_until=database_now())


def position() -> int:
    return Import.objects.get().position


def removed() -> int:
    return Import.objects.get().removed


def killed_at(
    reached: Callable[[], int], goal: int, *, first: Callable[[], None] = lambda: None
) -> int:
    """Run a worker until it has got beyond the goal, kill it in mid-batch; how far it got."""
    worker = start_worker("imports,default")
    try:
        first()
        wait_for(lambda: reached() > goal)
        time.sleep(0.05)  # into the next batch
    finally:
        kill_nine(worker)
    redis.Redis.from_url(settings.REDIS_URL).flushdb()  # and the broker forgets as well
    return reached()


def tagged() -> int:
    return Lead.objects.exclude(tags=[]).count()


def test_a_killed_import_goes_on_where_it_was_and_so_does_its_undo():
    cast = make_cast()
    rows = [[f"p{n}@x.example" if n % 10 else f"p{n}@", f"Pat {n}"] for n in range(ROWS)]
    importing = received(table([["email", "first name"], *rows]), cast.maya)
    running.start(importing, by=cast.maya, at=database_now())
    reached = 0
    for _ in range(3):
        reached = killed_at(position, reached)
        assert 0 < reached < ROWS, "the worker was never caught in mid-import"
        assert Lead.objects.count() == Import.objects.get().created
        lapse()

    def bulk() -> BulkRun:
        return BulkRun.objects.get()

    def tag_many() -> None:
        """The import is done; the same worker begins to tag a part of its leads."""
        wait_for(lambda: Import.objects.get().state == "finished")
        tag = tagging.called("fair", by=cast.maya, at=database_now())
        numbers = list(Lead.objects.order_by("pk").values_list("pk", flat=True)[:TAGGED])
        told = {"tag": tag.pk, "name": tag.name}
        bulk_running.start(BY_NAME["tag"], numbers, told, by=cast.maya, at=database_now())
        wait_for(lambda: bulk().position > 0, wake="resume_bulk")

    killed_at(lambda: bulk().position if BulkRun.objects.exists() else 0, 0, first=tag_many)
    caught = bulk()
    assert 0 < caught.position < TAGGED, "the worker was never caught in mid-run"
    assert (caught.state, caught.changed, tagged()) == ("running", caught.position, caught.position)
    done = Import.objects.get()
    assert counts(done) == (ROWS * 9 // 10, 0, 0, ROWS // 10)
    assert Lead.objects.count() == Activity.objects.count() == ROWS * 9 // 10
    assert set(Lead.objects.values_list("email", flat=True)) == {
        f"p{n}@x.example" for n in range(ROWS) if n % 10
    }
    assert [number for number, _, _ in refused.reasons(done)] == list(range(0, ROWS, 10))
    assert sum(ImportBatch.objects.values_list("size", flat=True)) == ROWS

    def tag_the_others() -> None:
        wait_for(lambda: bulk().state == "finished", wake="resume_bulk")
        ended = bulk()
        assert (ended.position, ended.changed, ended.refused) == (TAGGED, TAGGED, 0)
        assert (ended.lines.count(), tagged()) == (TAGGED, TAGGED)
        undoing.undo(done, by=cast.maya, at=database_now())

    assert 0 < killed_at(removed, 0, first=tag_the_others) < ROWS * 9 // 10
    # This time the claim runs out by itself.
    worker = start_worker("imports,default")
    try:
        wait_for(lambda: Import.objects.get().state == "undone")
    finally:
        kill_nine(worker)
    assert (Lead.objects.count(), Activity.objects.count(), removed()) == (0, 0, ROWS * 9 // 10)
