"""The sweep: each alarm once, breaches dated by the deadline, whoever looks and whenever."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, timedelta

import pytest
from django.db import (
    DatabaseError,
    InterfaceError,
    close_old_connections,
    connection,
    transaction,
)

from accounts.models import OutboxMessage
from accounts.outbox import relay
from leads.capture import capture_leads
from leads.models import Handoff, Lead
from sla.escalation import CLAIM, move_due
from sla.models import Alarm, Breach, Clock
from sla.sweep import WHERE, sweep
from tests.factories import make_cast, ny

AT = ny("2027-01-15 10:00")


def capture_hot(cast, number: int, *, at=AT) -> list[Lead]:
    """`number` leads that are handed over at once."""
    rows = [
        {"email": f"lead{i}@spa.example", "job_title": "Director of Spa", "touchpoint": "event",
         "company": f"Spa {i}", "last_name": f"Lee {i}", "campaign": cast.campaign.slug}
        for i in range(number)
    ]  # fmt: skip
    return [c.lead for c in capture_leads(rows, by=cast.maya, at=at) if c.lead]


def give_all_to(cast, rep) -> None:
    cast.pool.members.exclude(user=rep).delete()
    cast.pool.members.update(capacity=10_000)


def test_case_15_a_touch_half_a_minute_late_is_missed_though_the_sweep_came_later(cast):
    handoff = cast.hot_lead(at=ny("2027-01-15 09:45")).handoffs.get()

    handoff.accept(cast.sam, at=ny("2027-01-15 10:00:30"))
    sweep(at=ny("2027-01-15 10:05"))

    clock = handoff.clocks.get(term__key="accept_hot")
    assert (clock.state, clock.stopped_at) == ("missed", ny("2027-01-15 10:00:30"))
    assert (clock.breach.breached_at, clock.breach.noticed_at, clock.breach.owner) == (
        ny("2027-01-15 10:00"), ny("2027-01-15 10:00:30"), cast.sam,
    )  # fmt: skip


def test_case_15_a_touch_at_exactly_the_deadline_is_met(cast):
    handoff = cast.hot_lead(at=ny("2027-01-15 09:45")).handoffs.get()

    sweep(at=ny("2027-01-15 10:00"))
    handoff.accept(cast.sam, at=ny("2027-01-15 10:00"))
    sweep(at=ny("2027-01-15 10:05"))

    assert handoff.clocks.get(term__key="accept_hot").state == "met"
    assert Breach.objects.count() == 0


@pytest.mark.timeout(400)  # five hundred leads change hands, one by one
def test_case_17_after_six_hours_without_a_sweeper_each_is_breached_once(cast, mailoutbox):
    give_all_to(cast, cast.sam)
    leads = capture_hot(cast, 300)
    relay(at=AT)
    mailoutbox.clear()

    sweep(at=ny("2027-01-15 16:00"))
    sweep(at=ny("2027-01-15 16:00:01"))

    breaches = Breach.objects.filter(clock__term__key="accept_hot")
    assert breaches.count() == len(leads) == 300
    assert set(breaches.values_list("breached_at", "noticed_at", "owner")) == {
        (ny("2027-01-15 10:15"), ny("2027-01-15 16:00"), cast.sam.pk)
    }
    told = OutboxMessage.objects.filter(kind="breach", recipient=cast.sam)
    # Accepting in 15 minutes and touching within the hour, for each lead.
    assert told.count() == 600
    while relay(at=ny("2027-01-15 16:00:02"), batch=10_000):
        pass
    assert Counter(mail.to[0] for mail in mailoutbox) == {
        "sam@demo.test": 1, "dana@demo.test": 1,
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_case_18_eight_sweepers_on_the_same_rows_fire_each_alarm_once():
    cast = make_cast()
    give_all_to(cast, cast.sam)
    capture_hot(cast, 200)
    at = ny("2027-01-15 10:20")

    def run(_: int) -> int:
        try:
            return sweep(at=at, batch=25).fired
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as sweepers:
        fired = sum(sweepers.map(run, range(8)))
    # A clock that one sweeper holds is skipped by the others: the next sweep has what is left.
    fired += sweep(at=at).fired

    # Accept: warned and breached.
    assert fired == Alarm.objects.filter(state="fired").count() == 400
    assert Breach.objects.count() == 200
    kinds = Counter(OutboxMessage.objects.values_list("kind", flat=True))
    assert (kinds["warn"], kinds["breach"]) == (200, 200)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("batch", [1, 2, 100])
def test_case_18_beside_a_sweeper_that_hangs_at_the_front_everything_is_fired(batch):
    cast = make_cast()
    capture_hot(cast, 3)
    at = ny("2027-01-15 10:20")
    hangs, swept = threading.Event(), threading.Event()

    def hang() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(WHERE, {"at": at})
                assert cursor.fetchone() == (None,)  # it may begin at the front
                hangs.set()
                swept.wait(30)
        finally:
            hangs.set()
            connection.close()

    with ThreadPoolExecutor(1) as other:
        hung = other.submit(hang)
        hangs.wait(30)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(WHERE, {"at": at})
            (begins,) = cursor.fetchone()
            oldest = Alarm.objects.earliest("fire_at").fire_at
            assert oldest <= begins <= at
        fired = sweep(at=at, batch=batch).fired
        swept.set()
        hung.result()
    # Accept: warned and breached, each lead.
    assert (fired, Breach.objects.count()) == (6, 3)


def test_the_longest_due_is_fired_first(cast):
    for minute in (2, 0, 1):
        at = AT + timedelta(minutes=minute)
        cast.hot_lead(at=at, email=f"{minute}@spa.example")
    for number in range(1, 4):
        sweep(at=ny("2027-01-15 10:30"), batch=1, most=1)
        fired = Alarm.objects.filter(state="fired").order_by("fire_at")
        assert list(fired) == list(Alarm.objects.order_by("fire_at")[:number])


@pytest.mark.django_db(transaction=True)
def test_case_20_accept_against_sweep_is_never_both_in_time_and_breached():
    """Both at once, many times: a clock is met and unbreached, or missed and breached."""
    cast = make_cast()
    give_all_to(cast, cast.sam)
    leads = capture_hot(cast, 40)
    due = ny("2027-01-15 10:15")
    late = due.replace(microsecond=1).astimezone(UTC)

    def accept(lead: Lead, at) -> None:
        try:
            Handoff.objects.get(lead=lead).accept(cast.sam, at=at)
        finally:
            close_old_connections()
            connection.close()

    def run_sweep(_: int) -> None:
        try:
            sweep(at=late, batch=3)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        jobs = []
        for number, lead in enumerate(leads):
            jobs.append(pool.submit(accept, lead, due if number % 2 else late))
            jobs.append(pool.submit(run_sweep, number))
        for job in jobs:
            job.result()

    for number, lead in enumerate(leads):
        clock = Clock.objects.get(lead=lead, term__key="accept_hot")
        standing = Breach.objects.filter(clock=clock, overturned_at=None).exists()
        expected = ("met", False) if number % 2 else ("missed", True)
        assert (clock.state, standing) == expected


def test_a_bad_row_is_set_aside_and_does_not_stop_the_others(cast):
    give_all_to(cast, cast.sam)
    capture_hot(cast, 5)
    bad = Alarm.objects.filter(action="breach", clock__term__key="accept_hot").first()
    with connection.cursor() as cursor:  # a row no statement of ours would write
        cursor.execute(
            "CREATE FUNCTION pg_temp.poison() RETURNS trigger AS $$ BEGIN "
            "IF NEW.clock_id = %s THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW; "
            "END; $$ LANGUAGE plpgsql",
            [bad.clock_id],
        )
        cursor.execute(
            "CREATE TRIGGER poison BEFORE INSERT ON sla_breach "
            "FOR EACH ROW EXECUTE FUNCTION pg_temp.poison()"
        )

    swept = sweep(at=ny("2027-01-15 10:20"))

    bad.refresh_from_db()
    assert (bad.state, bad.error) == ("aside", "InternalError: poison") or (
        bad.state == "aside" and "poison" in bad.error
    )
    assert (swept.aside, Breach.objects.count()) == (1, 4)


def test_the_manager_is_told_half_a_working_hour_after_the_miss(cast):
    cast.hot_lead(at=AT)
    sweep(at=ny("2027-01-15 10:44:59"))
    assert not OutboxMessage.objects.filter(kind="tell_manager").exists()

    sweep(at=ny("2027-01-15 10:45"))

    told = OutboxMessage.objects.get(kind="tell_manager")
    assert (told.recipient, told.title) == (cast.dana, "Accept (hot) is overdue: Pat Lee")


def test_a_lost_connection_or_a_deadlock_sets_no_alarm_aside(cast):
    """Nothing is wrong with the row: the next sweep passes the lead on."""
    handoff = cast.hot_lead(at=AT).handoffs.get()
    at = ny("2027-01-15 11:20")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.clash() RETURNS trigger AS $$ BEGIN "
            "RAISE EXCEPTION 'deadlock' USING ERRCODE = 'deadlock_detected'; "
            "END; $$ LANGUAGE plpgsql"
        )
        for table in ("sla_breach", "leads_assignment"):
            cursor.execute(
                f"CREATE TRIGGER clash BEFORE INSERT ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION pg_temp.clash()"
            )
        clashed = sweep(at=at)
        assert (clashed.breached, clashed.reassigned, clashed.aside) == (0, 0, 0)
        assert not Alarm.objects.filter(state="aside").exists()
        for table in ("sla_breach", "leads_assignment"):
            cursor.execute(f"DROP TRIGGER clash ON {table}")

    swept = sweep(at=at)

    assert (swept.breached, swept.reassigned, swept.aside) == (2, 1, 0)
    handoff.refresh_from_db()
    assert handoff.hops == 1


def sweep_and_leave(at):
    try:
        return sweep(at=at)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_connection_lost_in_the_midst_of_passing_on_leaves_the_alarm_waiting():
    cast = make_cast()
    lead = cast.hot_lead(at=AT)
    at = ny("2027-01-15 11:20")
    assert sweep(at=at - timedelta(minutes=10)).breached == 2
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        Lead.objects.select_for_update().get(pk=lead.pk)  # the sweep will wait for this row
        sweeping = other.submit(sweep_and_leave, at)
        with connection.cursor() as cursor:
            for _ in range(500):
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
                )
                if cursor.fetchall():
                    break
                time.sleep(0.01)
        with suppress(DatabaseError, InterfaceError):
            sweeping.result()
    assert Alarm.objects.get(action="reassign", clock__term__key="accept_hot").state == "waiting"

    assert (sweep(at=at).reassigned, Alarm.objects.filter(state="aside").count()) == (1, 0)


def test_case_18_a_lead_is_passed_on_though_no_sweeper_has_come_to_its_breach_yet(cast):
    """After a backlog both are due, and two sweepers may come to them in either order."""
    handoff = cast.hot_lead(at=AT).handoffs.get()
    at = ny("2027-01-15 11:20")

    assert move_due(at=at, most=10) == (1, 0)
    sweep(at=at)

    handoff.refresh_from_db()
    clock = handoff.clocks.get(term__key="accept_hot", round=0)
    assert (handoff.hops, clock.state, clock.owner) == (1, "missed", cast.sam)
    assert (clock.breach.breached_at, clock.breach.owner) == (ny("2027-01-15 10:15"), cast.sam)
    assert OutboxMessage.objects.filter(dedupe_key=f"breach:{clock.pk}:{cast.sam.pk}").count() == 1


def test_leads_to_be_passed_on_are_found_by_an_index_of_their_own(cast):
    """However many alarms of other kinds are due: a backlog is not read once for each lead."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + CLAIM, [AT, AT, 0])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "alarm_moving" in plan
    assert "alarm_waiting" not in plan


def test_a_miss_touches_no_index_of_the_clocks(cast):
    """PostgreSQL counts rows it wrote beside the old ones; an index with the state forbids it."""
    give_all_to(cast, cast.sam)
    capture_hot(cast, 5)

    def untouched() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_get_xact_tuples_hot_updated('sla_clock'::regclass)")
            return cursor.fetchone()[0]

    before = untouched()
    assert sweep(at=ny("2027-01-15 10:20")).breached == 5
    assert untouched() - before == 5
