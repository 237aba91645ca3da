"""Case 19: kill -9 at each step from a due alarm to a delivered letter.

A process of its own sweeps or relays, held fast at the step by a lock in the database or by the
mail server, and killed there. Whoever comes next finishes the work; no letter is lost, and one
that is sent again carries the same id.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg2
import pytest
from django.db import connection

from accounts import outbox
from accounts.instants import database_now
from accounts.models import Notification, OutboxMessage
from leadflow.environment import Environment
from sla.models import Alarm, Breach, Term
from sla.sweep import sweep
from tests.chaos.post import PostOffice
from tests.factories import STEPS, make_cast
from tests.test_faults import ROOT, worker_environment

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SWEEP = "from sla.tasks import sweep as task"
RELAY = "from accounts.tasks import relay as task"
LATER = outbox.CLAIM + timedelta(seconds=1)


@pytest.fixture
def office(settings) -> Iterator[PostOffice]:
    with PostOffice() as office:
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{office.port}"
        try:
            for name, value in Environment().email("EMAIL_URL").items():
                setattr(settings, name, value)
            yield office
        finally:
            del os.environ["EMAIL_URL"]


@pytest.fixture
def missed():
    """One lead whose three promises were all missed long ago, and nobody has looked since."""
    cast = make_cast()
    Term.objects.update(steps=STEPS)
    cast.hot_lead(at=database_now() - timedelta(days=60))
    outbox.relay(at=database_now())  # the word that it was assigned, while mail is still printed
    return cast


@contextmanager
def running(task: str) -> Iterator[subprocess.Popen[bytes]]:
    """The body of a task in a process of its own, killed at the end of the block."""
    program = f"import django; django.setup(); {task}; task()"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=worker_environment() | {"EMAIL_URL": os.environ.get("EMAIL_URL", "console://")},
    )
    try:
        yield process
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()


def until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that step"
        time.sleep(0.02)


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        return cursor.fetchone()[0] > 0


@contextmanager
def locked(statement: str) -> Iterator[None]:
    """What another session locks for the block."""
    given = connection.settings_dict
    other = psycopg2.connect(
        dbname=given["NAME"], user=given["USER"], host=given["HOST"], port=given["PORT"]
    )
    try:
        with other.cursor() as cursor:
            cursor.execute(statement)
        yield
    finally:
        other.close()
    until(lambda: not somebody_waits_for_a_lock())


def breached_and_told_once() -> None:
    assert Breach.objects.count() == 3
    assert OutboxMessage.objects.filter(kind="breach").count() == 3
    assert set(Alarm.objects.filter(action="breach").values_list("state", flat=True)) == {"fired"}


def delivered_once(office: PostOffice, *, letters: int) -> None:
    """Every notice in the bell once, and all letters of one envelope are the same letter."""
    assert not OutboxMessage.objects.filter(delivered_at=None).exists()
    assert Notification.objects.count() == OutboxMessage.objects.count()
    rows = OutboxMessage.objects.exclude(kind="assigned")
    assert set(office.letters) == {str(row.envelope) for row in rows}
    assert all(len(set(copies)) == 1 for copies in office.letters.values())
    assert sum(len(copies) for copies in office.letters.values()) == letters


def test_case_19_killed_when_the_sweep_has_claimed_the_next_one_does_it(missed):
    with locked("LOCK TABLE sla_breach IN SHARE MODE"), running(SWEEP):
        until(somebody_waits_for_a_lock)  # alarms and clocks are claimed, breaches not yet written
    assert (Breach.objects.count(), Alarm.objects.filter(state="fired").count()) == (0, 0)

    sweep(at=database_now())

    breached_and_told_once()


def test_case_19_killed_when_the_sweep_has_committed_the_next_one_repeats_nothing(missed):
    with running(SWEEP):
        until(lambda: Breach.objects.count() == 3)

    sweep(at=database_now())

    breached_and_told_once()


def test_case_19_killed_when_the_relay_has_claimed_the_letters_go_out_a_minute_later(
    missed, office
):
    sweep(at=database_now())
    office.takes.clear()  # the mail server lets nobody begin
    with running(RELAY):
        until(lambda: OutboxMessage.objects.filter(attempts=1, delivered_at=None).exists())
    office.takes.set()
    assert outbox.relay(at=database_now()) == 0  # they are the dead one's for a minute
    assert not office.letters
    claimed = set(OutboxMessage.objects.exclude(kind="assigned").values_list("envelope", flat=True))

    outbox.relay(at=database_now() + LATER)

    assert set(office.letters) == {str(envelope) for envelope in claimed}
    delivered_once(office, letters=2)  # the rep's and the manager's


def test_case_19_killed_when_a_letter_was_sent_it_goes_out_again_under_the_same_id(missed, office):
    sweep(at=database_now())
    office.answers.clear()  # the mail server has the letter, and the relay does not know yet
    with running(RELAY):
        until(lambda: len(office.letters) == 1)
    office.answers.set()
    (sent,) = office.letters

    outbox.relay(at=database_now() + LATER)

    assert len(office.letters[sent]) == 2
    delivered_once(office, letters=3)


def test_case_19_killed_when_the_letters_were_marked_nothing_goes_out_again(missed, office):
    sweep(at=database_now())
    with running(RELAY):
        until(lambda: not OutboxMessage.objects.filter(delivered_at=None).exists())

    assert outbox.relay(at=database_now() + LATER) == 0

    delivered_once(office, letters=2)
