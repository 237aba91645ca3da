"""Two imports of the same people at the same time: nobody twice, nobody lost, both to their end."""

from collections.abc import Iterator
from threading import Thread

import pytest
from django.db import connection, connections, transaction

from accounts.instants import database_now
from leads.imports import running
from leads.models import Activity, Import, Lead
from tests.factories import make_cast
from tests.leads.imports.files import received, table

PEOPLE = 600


@pytest.mark.django_db(transaction=True)
def test_two_files_with_the_same_people_in_opposite_order(monkeypatch):
    monkeypatch.setattr(running, "BATCH", 60)
    cast = make_cast()
    rows = [[f"p{n}@x.example", "", f"Firm {n}"] for n in range(PEOPLE)]
    rows += [["", f"+1 212 555 {n:04d}", f"Caller {n}"] for n in range(40)]
    header = ["email", "phone", "company"]
    files = [table([header, *rows]), table([header, *reversed(rows)])]
    imports = [received(data, cast.maya) for data in files]
    for importing in imports:
        running.start(importing, by=cast.maya, at=database_now())

    def work(pk: int) -> None:
        running.run(pk, at=database_now())
        connections.close_all()

    workers = [Thread(target=work, args=[importing.pk]) for importing in imports]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    done = list(Import.objects.order_by("pk"))
    assert [(one.state, one.position, one.refused) for one in done] == [
        ("finished", PEOPLE + 40, 0)
    ] * 2
    assert sum(one.created for one in done) == Lead.objects.count() == PEOPLE + 40
    assert sum(one.unchanged for one in done) == PEOPLE + 40
    assert Activity.objects.count() == PEOPLE + 40


# Who waits for the end of this very transaction.
WAITING = """
SELECT count(*) FROM pg_locks
WHERE NOT granted AND locktype = 'transactionid' AND transactionid = pg_current_xact_id()::xid
"""


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return cursor.fetchone()[0]


@pytest.fixture
def patience(transactional_db) -> Iterator[None]:
    """New connections look for a deadlock after three seconds: time for ours to begin waiting."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET deadlock_timeout = '3s'")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} RESET deadlock_timeout")


def test_a_batch_that_waits_for_who_waits_for_it_is_begun_again_at_once(patience):
    """PostgreSQL ends the one that looks for the deadlock first, which is the import."""
    cast = make_cast()
    importing = received(table([["email"], *([f"p{n}@x.example"] for n in range(9))]), cast.maya)
    running.start(importing, by=cast.maya, at=database_now())

    def work() -> None:
        running.run(importing.pk, at=database_now())
        connections.close_all()

    worker, at = Thread(target=work), database_now()
    mine = {"team": cast.marketing, "created_at": at, "updated_at": at}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL deadlock_timeout = '1min'")
        Lead.objects.create(email="p5@x.example", **mine)
        worker.start()
        while not waiting():  # it has written p0 to p4 and wants p5
            assert worker.is_alive()
        Lead.objects.create(email="p0@x.example", **mine)
    worker.join()
    done = Import.objects.get()
    assert (done.state, done.created, done.merged) == ("finished", 7, 2)
    assert Lead.objects.count() == 9
