"""Case 27: what is running is recomputed, on purpose, with a preview and an audit entry."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import close_old_connections, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Absence, AuditEntry
from accounts.refusals import Conflict
from sla import agreement
from sla.clocks import rebasing
from sla.clocks.rebuilding import rebuild
from sla.hours import calendars
from sla.models import Alarm, Breach, Calendar, CalendarVersion, Clock, Pause
from sla.sweep import sweep
from tests.factories import OFFICE_HOURS, make_cast, ny
from tests.sla.test_calendars import typed

NOON = ny("2027-01-15 12:00")  # a Friday


def new_york() -> Calendar:
    return Calendar.objects.get(slug="new-york")


def drawn(**changes) -> CalendarVersion:
    fields = {"tz": "America/New_York", "weekly": OFFICE_HOURS, "created_at": NOON, **changes}
    return CalendarVersion(calendar=new_york(), **fields)


HOLIDAY_TODAY = {"closed": ["2027-01-15"]}


def look(*, at=NOON, **changes) -> rebasing.Plan:
    clocks = calendars.running_under(new_york())
    return rebasing.preview(clocks, calendars.moving(drawn(**changes)), at=at)


def move(cast, *, base=1, at=NOON, **changes):
    return calendars.save_and_move(drawn(**changes), base=base, by=cast.dana, at=at)


def lead_of_the_morning(cast, *, at="2027-01-15 11:00", **row):
    """Warm: four hours to accept, eight to the first touch, forty to dispose of it."""
    return cast.hot_lead(at=ny(at), job_title="Head of Spa", touchpoint="form", **row)


def dues(lead) -> dict[str, object]:
    return {clock.term.key: clock.due_at for clock in lead.clocks.select_related("term")}


# --- Case 27 -------------------------------------------------------------------------------------


def test_case_27_a_holiday_added_for_today_at_noon_is_looked_at_first(cast):
    lead = cast.hot_lead(at=ny("2027-01-15 11:50"))
    before = list(Clock.objects.values()), list(Alarm.objects.values())
    plan = look(**HOLIDAY_TODAY)
    said = {m.clock.term.key: (m.was, m.due_at) for m in plan.moved}
    assert said == {
        "accept_hot": (ny("2027-01-15 12:05"), ny("2027-01-18 09:15")),
        "first_touch_hot": (ny("2027-01-15 12:50"), ny("2027-01-18 10:00")),
        "disposition": (ny("2027-01-22 11:50"), ny("2027-01-22 17:00")),
    }
    assert plan.overdue == []
    assert (list(Clock.objects.values()), list(Alarm.objects.values())) == before
    assert lead.clocks.count() == 3


def test_case_27_a_holiday_added_for_today_at_noon_moves_what_runs(cast):
    lead = cast.hot_lead(at=ny("2027-01-15 11:50"))
    version, changes, _ = move(cast, **HOLIDAY_TODAY)
    assert (version.number, changes) == (2, ["Fri 15 Jan 2027: closed"])
    assert dues(lead) == {
        "accept_hot": ny("2027-01-18 09:15"),
        "first_touch_hot": ny("2027-01-18 10:00"),
        "disposition": ny("2027-01-22 17:00"),
    }
    assert set(lead.clocks.values_list("calendar_version", flat=True)) == {version.pk}
    lead.refresh_from_db()
    assert lead.respond_by == ny("2027-01-18 09:15")
    # The alarms went along: nothing fires on the holiday, and the breach is on Monday.
    assert sweep(at=ny("2027-01-17 12:00")).fired == 0
    sweep(at=ny("2027-01-18 09:16"))
    assert Breach.objects.get().breached_at == ny("2027-01-18 09:15")


def test_case_27_each_move_is_on_file(cast):
    lead = cast.hot_lead(at=ny("2027-01-15 11:50"))
    version, _, _ = move(cast, **HOLIDAY_TODAY)
    clock = lead.clocks.get(term__key="accept_hot")
    entry = AuditEntry.objects.get(verb="clock_rebased", subject_id=clock.pk)
    assert (entry.actor, entry.at, entry.facts) == (cast.dana, NOON, {
        "due_at": [ny("2027-01-15 12:05").isoformat(), ny("2027-01-18 09:15").isoformat()],
        "calendar_version": [cast.calendar.pk, version.pk],
        "term": [clock.term_id, clock.term_id],
    })  # fmt: skip
    whole = AuditEntry.objects.get(verb="calendar_rebased")
    assert whole.facts == {"version": 2, "clocks": 3, "moved": 3}


def test_case_27_a_zone_changed_may_leave_some_past_due_which_is_said(cast):
    """Handed over after London had closed: by London, Friday's four hours are over at 8."""
    lead = lead_of_the_morning(cast, at="2027-01-14 16:30")
    plan = look(tz="Europe/London")
    said = {m.clock.term.key: (m.was, m.due_at) for m in plan.moved}
    assert said["accept"] == (ny("2027-01-15 12:30"), ny("2027-01-15 08:00"))
    assert said["first_touch"] == (ny("2027-01-15 16:30"), ny("2027-01-15 12:00"))
    assert [m.clock.term.key for m in plan.overdue] == ["accept"]
    assert lead.clocks.filter(state="running").count() == 3


def test_case_27_a_new_deadline_in_the_past_is_missed_then(cast):
    lead = lead_of_the_morning(cast, at="2027-01-14 16:30")
    move(cast, tz="Europe/London")
    sweep(at=NOON)
    breach = Breach.objects.get()
    assert (breach.clock.lead, breach.clock.term.key) == (lead, "accept")
    assert (breach.breached_at, breach.noticed_at) == (ny("2027-01-15 08:00"), NOON)


# --- What is left alone --------------------------------------------------------------------------


def test_misses_stay_byte_for_byte_whether_the_sweep_saw_them_or_not(cast):
    seen = cast.hot_lead(at=ny("2027-01-15 09:00"))
    sweep(at=ny("2027-01-15 10:30"))
    unseen = cast.hot_lead(at=ny("2027-01-15 10:40"), email="unseen@spa.example")
    over = Clock.objects.filter(due_at__lt=NOON)
    before = list(over.order_by("pk").values())
    assert {row["state"] for row in before} == {"missed", "running"}
    move(cast, **HOLIDAY_TODAY)
    assert list(Clock.objects.filter(pk__in=[r["id"] for r in before]).order_by("pk").values()) == (
        before
    )
    assert {c.lead for c in over} == {seen, unseen}


def test_what_is_over_or_under_another_calendar_is_left_alone(cast):
    kept = cast.hot_lead(at=ny("2027-01-15 11:50"))
    kept.handoffs.get().reject(cast.sam, reason="spam", at=ny("2027-01-15 11:55"))
    before = list(Clock.objects.order_by("pk").values())
    assert [c["state"] for c in before] == ["met", "voided", "met", "running"]
    _, _, plan = move(cast, **HOLIDAY_TODAY)
    assert plan.moves == []
    assert list(Clock.objects.order_by("pk").values()) == before


def test_without_the_tick_running_clocks_keep_theirs_and_may_be_moved_later(cast):
    lead = cast.hot_lead(at=ny("2027-01-15 11:50"))
    before = dues(lead)
    calendars.save(drawn(**HOLIDAY_TODAY), base=1, by=cast.dana, at=NOON)
    assert dues(lead) == before
    _, changes, plan = move(cast, base=2, **HOLIDAY_TODAY)
    assert (changes, len(plan.moved)) == ([], 3)
    assert dues(lead)["accept_hot"] == ny("2027-01-18 09:15")
    assert new_york().versions.count() == 2


def test_an_alarm_that_has_fired_does_not_fire_again(cast):
    cast.hot_lead(at=ny("2027-01-15 11:50"))
    sweep(at=ny("2027-01-15 12:02"))  # the warning at three quarters
    move(cast, at=ny("2027-01-15 12:03"), **HOLIDAY_TODAY)
    warned = Alarm.objects.get(clock__term__key="accept_hot", action="warn")
    assert warned.state == "fired"
    sweep(at=ny("2027-01-18 09:14"))
    warned.refresh_from_db()
    assert warned.fired_at == ny("2027-01-15 12:02")


def paused(lead, start: str, end: str | None = None):
    """Its accept clock, paused as the engine leaves it (tests.sla.test_pausing walks that way)."""
    clock = lead.clocks.get(term__key="accept_hot")
    over = ny(end) if end else None
    Pause.objects.create(clock=clock, started_at=ny(start), ended_at=over, reason="waits")
    return clock


def test_an_earlier_pause_counts_as_it_was(cast):
    """Ten of fifteen minutes were left; the holiday takes the first five and the pause back."""
    clock = paused(cast.hot_lead(at=ny("2027-01-15 11:00")), "2027-01-15 11:05", "2027-01-15 12:10")
    Clock.objects.filter(pk=clock.pk).update(due_at=ny("2027-01-15 12:20"))
    with_a_break = {
        "weekly": {str(day): [["08:00", "11:02"], ["12:00", "17:00"]] for day in range(5)}
    }
    at = ny("2027-01-15 12:11")
    assert {m.clock.pk: m.due_at for m in look(at=at, **with_a_break).moved}[clock.pk] == (
        ny("2027-01-15 12:23")  # two minutes worked before the pause, thirteen after it
    )
    assert {m.clock.pk: m.due_at for m in look(at=at, **HOLIDAY_TODAY).moved}[clock.pk] == (
        ny("2027-01-18 09:15")
    )


def test_a_paused_clock_keeps_what_it_then_has_left_and_no_deadline(cast):
    clock = paused(cast.hot_lead(at=ny("2027-01-15 11:50")), "2027-01-15 12:00")
    Clock.objects.filter(pk=clock.pk).update(state="paused", due_at=None, remaining_seconds=300)
    version, _, plan = move(cast, **HOLIDAY_TODAY)
    clock.refresh_from_db()
    assert (clock.calendar_version, clock.due_at, clock.remaining_seconds, clock.state) == (
        version, None, 900, "paused",
    )  # fmt: skip
    assert clock not in [m.clock for m in plan.moved]


def test_a_rebuild_finds_what_was_moved_as_it_is(cast):
    lead = cast.hot_lead(at=ny("2027-01-15 11:50"))
    move(cast, **HOLIDAY_TODAY)
    assert rebuild(lead, at=NOON, check=True) == []


def test_a_clock_in_hours_less_leave_moves_to_the_new_hours_less_leave(cast):
    """Sam is away on Monday; Friday becomes a holiday: what was due on Friday is due on Tuesday."""
    Absence.objects.create(
        user=cast.sam, starts_at=ny("2027-01-18 00:00"), ends_at=ny("2027-01-19 00:00")
    )
    lead = cast.hot_lead(at=ny("2027-01-15 11:50"))
    hours = agreement.hours_of_person(cast.sam.pk, cast.sales.pk)
    clocks = lead.clocks.filter(term__key="accept_hot")
    clocks.update(calendar_version=hours.version_id, owner=cast.sam)
    said = {m.clock.term.key: m.due_at for m in look(**HOLIDAY_TODAY).moved}
    assert said["accept_hot"] == ny("2027-01-19 09:15")
    assert said["first_touch_hot"] == ny("2027-01-18 10:00")
    move(cast, **HOLIDAY_TODAY)
    clock = clocks.get()
    assert clock.due_at == ny("2027-01-19 09:15")
    assert clock.calendar_version.closed == ["2027-01-15", "2027-01-18"]
    assert clock.calendar_version.calendar.less_leave_of.user == cast.sam


def test_a_conflict_moves_nothing(cast):
    lead = cast.hot_lead(at=ny("2027-01-15 11:50"))
    before = dues(lead)
    calendars.save(drawn(tz="Europe/London"), base=1, by=cast.admin, at=NOON)
    with pytest.raises(Conflict):
        move(cast, **HOLIDAY_TODAY)
    assert dues(lead) == before


def test_many_clocks_cost_no_more_queries_than_few(cast, django_assert_max_num_queries):
    for n in range(6):
        cast.hot_lead(at=ny("2027-01-15 11:50"), email=f"lead{n}@spa.example")
    with django_assert_max_num_queries(30):
        _, _, plan = move(cast, **HOLIDAY_TODAY)
    assert len(plan.moved) == 18


# --- Races ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["sweep", "rebase"])
def test_the_sweep_and_a_rebase_never_both_have_a_clock(first):
    """Whoever locks the clock first decides; the other sees the outcome, not the half of it."""
    cast = make_cast()
    lead = cast.hot_lead(at=ny("2027-01-15 11:50"))
    due, late = ny("2027-01-15 12:05"), ny("2027-01-15 12:05:01")
    held, let_go = threading.Event(), threading.Event()

    def hold(do):
        try:
            with transaction.atomic():
                do()
                held.set()
                let_go.wait(10)
        finally:
            close_old_connections()
            connection.close()

    def follow(do):
        held.wait(10)
        threading.Timer(0.3, let_go.set).start()
        try:
            do()
        finally:
            close_old_connections()
            connection.close()

    deeds = {
        "sweep": lambda: sweep(at=late),
        "rebase": lambda: move(cast, at=due, **HOLIDAY_TODAY),
    }
    second = "rebase" if first == "sweep" else "sweep"
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(hold, deeds[first]), pool.submit(follow, deeds[second])]
        for each in done:
            each.result(timeout=30)
    sweep(at=late)
    clock = lead.clocks.get(term__key="accept_hot")
    breached = list(Breach.objects.filter(clock=clock).values_list("breached_at", flat=True))
    if first == "sweep":
        assert (clock.state, clock.due_at, breached) == ("missed", due, [due])
    else:
        assert (clock.state, clock.due_at, breached) == ("running", ny("2027-01-18 09:15"), [])


@pytest.mark.django_db(transaction=True)
def test_a_rebase_gives_way_to_a_deed_that_holds_a_lead(cast_for_threads):
    """The deed has the lead and wants its clocks; the rebase has the clocks and wants the lead."""
    cast = cast_for_threads
    lead = cast.hot_lead(at=ny("2027-01-15 11:50"))
    holds_lead, tried = threading.Event(), []

    def deed():
        try:
            with transaction.atomic():
                type(lead).objects.select_for_update(of=("self",)).get(pk=lead.pk)
                holds_lead.set()
                threading.Event().wait(0.4)
                list(Clock.objects.select_for_update().filter(lead=lead))
                type(lead).objects.filter(pk=lead.pk).update(updated_at=NOON)
        finally:
            connection.close()

    def rebase():
        holds_lead.wait(10)
        try:
            tried.append(move(cast, **HOLIDAY_TODAY)[2])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(deed), pool.submit(rebase)]:
            each.result(timeout=30)
    assert len(tried[0].moved) == 3
    assert dues(lead)["accept_hot"] == ny("2027-01-18 09:15")


@pytest.fixture
def cast_for_threads(transactional_db):
    return make_cast()


# --- The page ------------------------------------------------------------------------------------


def send(user, **changes):
    client = Client()
    client.force_login(user)
    return client.post(reverse("calendar", args=["new-york"]), typed(**changes))


def test_the_page_asks_before_it_moves_deadlines(cast):
    from accounts.instants import database_now

    lead = cast.hot_lead(at=database_now() - timedelta(minutes=1))
    before = dues(lead)
    change = {f"day{n}": "" for n in range(7)} | {"day6": "03:00-03:30", "move": "on"}
    asked = send(cast.dana, **change)
    assert asked.status_code == 200
    assert [row["move"].clock.lead for row in asked.context["moves"]] == [lead] * 3
    assert (dues(lead), new_york().versions.count()) == (before, 1)
    confirmed = send(cast.dana, **change, confirmed=asked.context["ticket"])
    assert confirmed.status_code == 302
    assert new_york().versions.count() == 2
    assert all(dues(lead)[key] != before[key] for key in before)


def test_a_confirmation_of_another_draft_asks_again(cast):
    from accounts.instants import database_now

    lead = cast.hot_lead(at=database_now())
    before = dues(lead)
    asked = send(cast.dana, day6="9-17", move="on")
    again = send(cast.dana, day6="9-18", move="on", confirmed=asked.context["ticket"])
    assert (again.status_code, new_york().versions.count()) == (200, 1)
    assert again.context["ticket"] != asked.context["ticket"]
    assert dues(lead) == before
