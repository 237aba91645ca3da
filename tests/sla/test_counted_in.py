"""Whose hours a promise is counted in: the team's, its owner's own, or all there are."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accounts.models import Absence, Team
from leads.activities import log_touch
from leads.capture import capture_leads
from leads.models import Handoff, PoolMember
from leads.qualification import reassign
from sla import agreement
from sla.business_time import WorkingCalendar
from sla.clocks import pausing
from sla.clocks.counting import run
from sla.clocks.rebuilding import rebuild
from sla.hours import calendars
from sla.models import Breach, Calendar, CalendarVersion, Clock, Leg, Term
from sla.replays.draft import draft_of
from sla.replays.what_if import what_if
from sla.sweep import sweep
from tests.factories import make_calendar, make_user, ny

FRIDAY = ny("2027-01-15 11:00")
LATER = ny("2027-01-29 12:00")


def count_in(cast, whose: str) -> None:
    Term.objects.update(calendar_of=whose)
    cast.contract.save()


def warm(cast, at=FRIDAY, **row) -> Handoff:
    """Four hours to accept, eight to the first touch, forty to dispose of it; Sam's."""
    lead = cast.hot_lead(at=at, job_title="Head of Spa", touchpoint="form", **row)
    return lead.handoffs.get()


def clock_of(handoff: Handoff, measure: str) -> Clock:
    return handoff.clocks.filter(term__measure=measure).order_by("-round")[0]


def due(handoff: Handoff, measure: str):
    return clock_of(handoff, measure).due_at


@pytest.fixture
def lily(cast):
    """A rep in London, whose team works nine to five there."""
    london = Team.objects.create(slug="london", name="London", kind="sales")
    make_calendar(london, slug="london", tz="Europe/London")
    found = make_user("lily", london)
    PoolMember.objects.create(pool=cast.pool, user=found, capacity=0)
    return found


# --- Around the clock ----------------------------------------------------------------------------


def test_wall_time_runs_through_the_night_and_the_weekend(cast):
    count_in(cast, "wall")
    handoff = warm(cast, at=ny("2027-01-15 16:00"))
    assert due(handoff, "accept") == ny("2027-01-15 20:00")
    assert due(handoff, "disposition") == ny("2027-01-17 08:00")
    # Warned at three quarters, told half an hour after, all by the wall clock.
    alarms = clock_of(handoff, "accept").alarms.order_by("fire_at")
    assert [alarm.fire_at for alarm in alarms] == [
        ny("2027-01-15 19:00"), ny("2027-01-15 20:00") + timedelta(microseconds=1),
        ny("2027-01-15 20:30"), ny("2027-01-15 21:00"),
    ]  # fmt: skip
    sweep(at=ny("2027-01-15 20:00:01"))
    assert Breach.objects.get().breached_at == ny("2027-01-15 20:00")
    assert rebuild(handoff.lead, at=ny("2027-01-15 20:00:01"), check=True) == []


def test_wall_time_is_exact_over_a_change_of_the_clocks(cast):
    count_in(cast, "wall")
    handoff = warm(cast, at=ny("2027-03-13 23:00"))
    assert due(handoff, "accept") == ny("2027-03-14 04:00")


def test_the_calendar_of_wall_time_is_made_once_and_nobodys_to_see_or_choose(cast):
    count_in(cast, "wall")
    warm(cast)
    warm(cast, email="second@spa.example")
    version = CalendarVersion.objects.get(calendar__always_open=True)
    assert set(Clock.objects.values_list("calendar_version", flat=True)) == {version.pk}
    for shown in (Calendar.objects.visible_to(cast.admin), Calendar.objects.of_teams(),
                  Calendar.objects.editable_by(cast.admin)):  # fmt: skip
        assert version.calendar not in shown
    assert agreement.hours_of_team(10_000).version_id == cast.calendar.pk


def test_a_change_of_a_teams_hours_leaves_wall_time_alone(cast):
    count_in(cast, "wall")
    warm(cast)
    assert calendars.running_under(cast.calendar.calendar).count() == 0


# --- The owner's own hours -----------------------------------------------------------------------


def own_hours(user, cast, weekly, at=FRIDAY) -> Calendar:
    own = calendars.give_own(user, pattern=cast.calendar, by=user, at=at)
    draft = CalendarVersion(calendar=own, tz="America/New_York", weekly=weekly, created_at=at)
    calendars.save(draft, base=1, by=user, at=at)
    return own


LATE_SHIFT = {str(day): [["12:00", "20:00"]] for day in range(5)}


def test_own_hours_and_leave_count_for_the_owner(cast):
    own_hours(cast.sam, cast, LATE_SHIFT)
    Absence.objects.create(
        user=cast.sam, starts_at=ny("2027-01-18 00:00"), ends_at=ny("2027-01-19 00:00")
    )
    count_in(cast, "owner")
    handoff = warm(cast)
    assert handoff.owner == cast.sam
    assert due(handoff, "accept") == ny("2027-01-15 16:00")
    # Eight hours from Friday noon are over at closing; forty go around Monday's leave.
    assert due(handoff, "first_touch") == ny("2027-01-15 20:00")
    assert due(handoff, "disposition") == ny("2027-01-22 20:00")
    version = clock_of(handoff, "accept").calendar_version
    assert version.closed == ["2027-01-18"]
    assert rebuild(handoff.lead, at=FRIDAY, check=True) == []


def test_in_the_teams_hours_leave_moves_no_deadline(cast):
    own_hours(cast.sam, cast, LATE_SHIFT)
    assert due(warm(cast), "accept") == ny("2027-01-15 15:00")


@pytest.mark.parametrize("whose", ["owner", "wall"])
def test_starting_still_takes_three_queries(cast, whose):
    Absence.objects.create(
        user=cast.sam, starts_at=ny("2027-01-18 00:00"), ends_at=ny("2027-01-19 00:00")
    )
    cast.pool.members.filter(user=cast.sue).delete()
    count_in(cast, whose)
    for n in range(2):  # the version is made, then read
        warm(cast, email=f"first{n}@spa.example")
    with CaptureQueriesContext(connection) as asked:
        warm(cast, at=ny("2027-01-15 12:00"))
    ours = [q["sql"].split()[0] for q in asked if "sla_" in q["sql"]]
    assert ours == ["INSERT", "INSERT", "WITH"]


@pytest.mark.parametrize("whose", ["owner", "wall"])
def test_many_leads_at_once_make_the_version_once(cast, whose):
    """An import captures under one stamp, older than the version its first lead makes."""
    Absence.objects.create(
        user=cast.sam, starts_at=ny("2027-01-18 00:00"), ends_at=ny("2027-01-19 00:00")
    )
    cast.pool.members.filter(user=cast.sue).delete()
    count_in(cast, whose)
    row = {"first_name": "Pat", "last_name": "Lee", "company": "Spa Hotel", "country": "US",
           "job_title": "Director of Wellness", "touchpoint": "event",
           "campaign": cast.campaign.slug}  # fmt: skip
    with CaptureQueriesContext(connection) as asked:
        capture_leads([row | {"email": f"pat{n}@spa.example"} for n in range(5)], by=cast.maya,
                      at=FRIDAY)  # fmt: skip
    assert Clock.objects.count() == 15
    made = [q["sql"] for q in asked if q["sql"].startswith('INSERT INTO "sla_calendarversion"')]
    stamps = [q["sql"] for q in asked if q["sql"].startswith('UPDATE "accounts_configurationst')]
    assert (len(made), len(stamps) <= 6) == (1, True)


def test_what_is_left_goes_on_in_the_next_owners_hours(cast, lily):
    """Passed on at Fri 16:00 New York with three of eight hours left: Mon 12:00 in London."""
    count_in(cast, "owner")
    handoff = warm(cast)
    handoff.accept(cast.sam, at=FRIDAY)
    reassign(handoff, lily, by=cast.dana, at=ny("2027-01-15 16:00"), reason="Sam is out")

    touch = clock_of(handoff, "first_touch")
    assert (touch.owner, touch.state, touch.due_at) == (lily, "running", ny("2027-01-18 07:00"))
    assert touch.calendar_version.calendar.slug == "london"
    leg = Leg.objects.get(clock=touch)
    assert (leg.calendar_version, leg.until) == (cast.calendar, ny("2027-01-15 16:00"))
    # Warned when six of the eight hours are over: an hour into Lily's Monday.
    assert touch.alarms.get(action="warn").fire_at == ny("2027-01-18 05:00")
    handoff.lead.refresh_from_db()
    assert handoff.lead.respond_by == ny("2027-01-18 07:00")
    assert rebuild(handoff.lead, at=ny("2027-01-15 16:30"), check=True) == []


def test_in_the_teams_hours_the_deadline_stays_where_it_is(cast, lily):
    handoff = warm(cast)
    handoff.accept(cast.sam, at=FRIDAY)
    reassign(handoff, lily, by=cast.dana, at=ny("2027-01-15 16:00"), reason="Sam is out")
    assert due(handoff, "first_touch") == ny("2027-01-18 11:00")
    assert Leg.objects.count() == 0


def test_a_paused_clock_keeps_what_is_left_for_the_next_owner(cast, lily):
    count_in(cast, "owner")
    handoff = warm(cast)
    handoff.accept(cast.sam, at=FRIDAY)
    pausing.pause(handoff, by=cast.sam, at=ny("2027-01-15 12:00"), reason="prospect_asked",
                  until=ny("2027-01-18 06:00"), note="")  # fmt: skip
    reassign(handoff, lily, by=cast.dana, at=ny("2027-01-15 16:00"), reason="Sam is out")
    touch = clock_of(handoff, "first_touch")
    assert (touch.state, touch.remaining_seconds) == ("paused", 7 * 3600)
    # Monday 06:00 New York is 11:00 in London: six hours until five, the seventh on Tuesday.
    sweep(at=ny("2027-01-18 06:00"))
    assert due(handoff, "first_touch") == ny("2027-01-19 05:00")
    assert rebuild(handoff.lead, at=ny("2027-01-18 06:00"), check=True) == []


def test_taken_from_a_pool_it_goes_on_in_the_hours_of_whoever_took_it(cast):
    own_hours(cast.sue, cast, LATE_SHIFT)
    type(cast.pool).objects.filter(pk=cast.pool.pk).update(mode="open")
    cast.pool.save_base(update_fields=["name"])
    count_in(cast, "owner")
    handoff = warm(cast)
    assert due(handoff, "first_touch") == ny("2027-01-18 11:00")  # the team's, while nobody's
    handoff.accept(cast.sue, at=ny("2027-01-15 11:30"))
    # Half an hour is gone; seven and a half from noon.
    assert due(handoff, "first_touch") == ny("2027-01-15 19:30")
    assert rebuild(handoff.lead, at=ny("2027-01-15 12:00"), check=True) == []


def test_a_rebuild_keeps_each_owners_hours_as_they_were(cast, lily):
    """Both have other hours by now, and Lily was on leave meanwhile."""
    count_in(cast, "owner")
    handoff = warm(cast)
    handoff.accept(cast.sam, at=FRIDAY)
    reassign(handoff, lily, by=cast.dana, at=ny("2027-01-15 16:00"), reason="Sam is out")
    log_touch(handoff.lead, "call", by=lily, at=ny("2027-01-18 06:30"))
    for user in (cast.sam, lily):
        own_hours(user, cast, {"6": [["03:00", "04:00"]]})
    assert rebuild(handoff.lead, at=LATER, check=True) == []
    assert clock_of(handoff, "first_touch").state == "met"

    Clock.objects.filter(term__measure="first_touch").delete()
    handoff.lead.refresh_from_db()
    assert "clock is nothing, not there" in str(rebuild(handoff.lead, at=LATER)[0])
    assert Leg.objects.filter(clock__handoff=handoff, clock__term__measure="first_touch").exists()


def test_a_rebuild_does_not_judge_the_first_owner_by_the_second_ones_hours(cast, lily):
    """Handed over on Thursday at 16:30 in New York: by London's hours overdue on Friday at noon, by
    Sam's not before 16:30, and passed on at 14:00."""
    count_in(cast, "owner")
    handoff = warm(cast, at=ny("2027-01-14 16:30"))
    handoff.accept(cast.sam, at=ny("2027-01-14 16:30"))
    reassign(handoff, lily, by=cast.dana, at=ny("2027-01-15 14:00"), reason="Sam is out")
    assert due(handoff, "first_touch") == ny("2027-01-18 06:30")
    assert rebuild(handoff.lead, at=ny("2027-01-15 14:30"), check=True) == []


def test_a_lost_deadline_of_a_clock_that_was_passed_on_is_mended(cast, lily):
    count_in(cast, "owner")
    handoff = warm(cast)
    handoff.accept(cast.sam, at=FRIDAY)
    reassign(handoff, lily, by=cast.dana, at=ny("2027-01-15 16:00"), reason="Sam is out")
    clocks = Clock.objects.filter(pk=clock_of(handoff, "first_touch").pk)
    clocks.update(due_at=ny("2027-01-18 11:00"))
    now = ny("2027-01-15 16:30")
    assert "due at is 2027-01-18 16:00:00 UTC, not 2027-01-18 12:00:00 UTC" in str(
        rebuild(handoff.lead, at=now)[0]
    )
    assert clocks.get().due_at == ny("2027-01-18 07:00")
    assert Leg.objects.filter(clock__in=clocks).count() == 1


def test_moved_to_the_teams_hours_it_counts_in_them_from_the_start(cast, lily):
    from sla.clocks.rebasing import Ground, rebase

    count_in(cast, "owner")
    handoff = warm(cast)
    handoff.accept(cast.sam, at=FRIDAY)
    reassign(handoff, lily, by=cast.dana, at=ny("2027-01-15 16:00"), reason="Sam is out")
    touch = clock_of(handoff, "first_touch")
    Term.objects.filter(pk=touch.term_id).update(calendar_of="team")
    hours = agreement.hours_of_team(cast.sales.pk)
    ground = Ground(hours.working, hours.version_id, Term.objects.get(pk=touch.term_id), 28_800)
    rebase(Clock.objects.filter(pk=touch.pk), lambda clock: ground, by=cast.dana,
           at=ny("2027-01-15 16:30"))  # fmt: skip
    assert due(handoff, "first_touch") == ny("2027-01-18 11:00")
    assert Leg.objects.filter(clock=touch).count() == 0


def test_what_if_runs_it_in_both_owners_hours_again(cast, lily):
    count_in(cast, "owner")
    handoff = warm(cast)
    handoff.accept(cast.sam, at=FRIDAY)
    reassign(handoff, lily, by=cast.dana, at=ny("2027-01-15 16:00"), reason="Sam is out")
    log_touch(handoff.lead, "call", by=lily, at=ny("2027-01-18 06:00"))  # 11:00 in London
    now = ny("2027-01-18 12:00")

    def after(target: str) -> str:
        draft = draft_of(targets={"first_touch": target}, at=now)
        found = what_if(draft, start=ny("2027-01-15 00:00"), at=now)
        pair = next(p for p in found.terms if p.before.key == "first_touch")
        return "met" if pair.after.met else "missed"

    # Five hours were Sam's; an answer two hours into Lily's Monday is in time with seven.
    assert (after("7 h"), after("6 h 59 min"), after("4 h")) == ("met", "missed", "missed")


# --- Hours and leave, changed while clocks run ---------------------------------------------------


def send(user, name: str, person, **data):
    client = Client()
    client.force_login(user)
    return client.post(reverse(name, args=[person.pk]), data)


@pytest.fixture
def running(cast):
    """A lead of Sam's, counted in his hours from now on."""
    from accounts.instants import database_now

    count_in(cast, "owner")
    cast.pool.members.filter(user=cast.sue).delete()
    return warm(cast, at=database_now() - timedelta(minutes=1))


def a_week_away() -> dict[str, str]:
    from accounts.instants import database_now

    today = database_now().astimezone(ny("2027-01-01 00:00").tzinfo).date()
    return {"first": f"{today - timedelta(days=1)}", "last": f"{today + timedelta(days=9)}"}


def test_leave_asks_before_it_moves_deadlines_and_then_moves_them(cast, running):
    before = {c.pk: c.due_at for c in running.clocks.all()}
    asked = send(cast.dana, "person-leave", cast.sam, **a_week_away())
    assert asked.status_code == 200
    assert [row["move"].clock.lead for row in asked.context["moves"]] == [running.lead] * 3
    assert "3 running deadlines would move" in asked.content.decode()
    assert Absence.objects.count() == 0
    assert {c.pk: c.due_at for c in running.clocks.all()} == before

    done = send(cast.dana, "person-leave", cast.sam, **a_week_away(),
                confirmed=asked.context["ticket"])  # fmt: skip
    assert done.status_code == 302
    absence = Absence.objects.get()
    moved = {c.pk: c.due_at for c in running.clocks.all()}
    assert all(due_at > absence.ends_at for due_at in moved.values())
    assert rebuild(running.lead, at=FRIDAY, check=True) == []

    back = send(cast.sam, "person-leave", cast.sam, remove=absence.pk)
    assert back.status_code == 200
    assert Absence.objects.count() == 1
    send(cast.sam, "person-leave", cast.sam, remove=absence.pk, confirmed=back.context["ticket"])
    assert {c.pk: c.due_at for c in running.clocks.all()} == before


def test_leave_may_be_entered_and_move_nothing(cast, running):
    before = {c.pk: c.due_at for c in running.clocks.all()}
    assert send(cast.dana, "person-leave", cast.sam, **a_week_away(), keep="1").status_code == 302
    assert Absence.objects.count() == 1
    assert {c.pk: c.due_at for c in running.clocks.all()} == before


def test_a_confirmation_of_another_leave_asks_again(cast, running):
    asked = send(cast.dana, "person-leave", cast.sam, **a_week_away())
    other = {**a_week_away(), "note": "Skiing"}
    again = send(cast.dana, "person-leave", cast.sam, **other, confirmed=asked.context["ticket"])
    assert (again.status_code, Absence.objects.count()) == (200, 0)


def test_leave_that_moves_nothing_is_entered_at_once(cast):
    assert send(cast.dana, "person-leave", cast.sam, **a_week_away()).status_code == 302
    assert Absence.objects.count() == 1


def test_own_hours_reach_the_clocks_that_started_under_the_teams(cast, running):
    from accounts.instants import database_now

    assert send(cast.sam, "person-hours", cast.sam, hours="own").status_code == 302
    own = cast.sam.working_calendar.own
    assert calendars.running_under(own).count() == 3
    draft = CalendarVersion(
        calendar=own, tz="America/New_York", weekly={"6": [["03:00", "04:00"]]},
        created_at=database_now(),
    )  # fmt: skip
    *_, plan = calendars.save_and_move(draft, base=1, by=cast.sam, at=database_now())
    assert len(plan.moved) == 3
    back = send(cast.sam, "person-hours", cast.sam, hours="team")
    assert (back.status_code, len(back.context["moves"])) == (200, 3)
    send(cast.sam, "person-hours", cast.sam, hours="team", confirmed=back.context["ticket"])
    versions = set(running.clocks.values_list("calendar_version", flat=True))
    assert versions == {cast.calendar.pk}


def test_the_contract_says_whose_hours_count(cast):
    Term.objects.filter(key="accept").update(calendar_of="wall", target_seconds=2 * 86_400)
    Term.objects.filter(key="first_touch").update(calendar_of="owner")
    cast.contract.save()
    client = Client()
    client.force_login(cast.sam)
    page = client.get(reverse("contract")).content.decode()
    assert "within 2 days" in page
    assert "Counted around the clock, nights and weekends too." in page
    assert "Counted in the owner’s own hours, less their leave." in page


# --- The arithmetic, against a minute-by-minute one ----------------------------------------------

START = ny("2027-03-12 00:00")
MINUTE = timedelta(minutes=1)
HOURS = [
    WorkingCalendar(tz=tz, weekly=dict.fromkeys(days, windows))
    for tz, days, windows in (
        ("America/New_York", range(5), [("09:00", "17:00")]),
        ("Europe/London", range(7), [("08:00", "12:00"), ("13:30", "18:00")]),
        ("UTC", range(7), [("00:00", "24:00")]),
        ("Asia/Kolkata", range(7), [("22:00", "06:00")]),
    )
]


def minute_by_minute(stretches, target, stood_still):
    """Walk the minutes; one counts when the hours of its stretch are open and nothing holds it."""
    left, instant, end = target, stretches[0][0], START + timedelta(days=60)
    while left and instant < end:
        hours = [hours for since, hours in stretches if since <= instant][-1]
        held = any(a <= instant and (b is None or instant < b) for a, b in stood_still)
        if hours is not None and not held and hours.is_open(instant):
            left -= 60
        instant += MINUTE
    # A pause at the very deadline is in time, and carries it to its end.
    instant = next((b for a, b in stood_still if a == instant), instant)
    return None if left else instant


minutes = st.integers(0, 5 * 24 * 60)


@settings(max_examples=100)
@example(passes=[1], hours=[None, None, None, HOURS[2]], edges=[], target=1)
@example(passes=[2], hours=[None, None, None, HOURS[2]], edges=[1, 3], target=1)
@given(
    st.lists(minutes, max_size=3, unique=True),
    st.lists(st.sampled_from([*HOURS, None]), min_size=4, max_size=4),
    st.lists(minutes, max_size=4, unique=True),
    st.integers(1, 40 * 60),
)
def test_legs_and_pauses_give_what_counting_the_minutes_gives(passes, hours, edges, target):
    stretches = [(START, hours[3]), *(
        (START + n * MINUTE, hours[i]) for i, n in enumerate(sorted(passes)) if n
    )]  # fmt: skip
    edges = sorted(edges)
    still = [
        (START + a * MINUTE, START + b * MINUTE)
        for a, b in zip(edges[::2], edges[1::2], strict=False)
    ]
    due_at, left = run(stretches, target * 60, still)
    assert 0 <= left <= target * 60
    assert due_at == minute_by_minute(stretches, target * 60, still)
