"""Pauses: the working time that is left is kept, and no pause heals a miss."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import OutboxMessage
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.activities import log_touch, record_activities
from leads.models import Activity, Handoff
from leads.qualification import reassign, recycle
from sla.clocks import pausing
from sla.clocks.rebuilding import rebuild
from sla.clocks.standing_still import can_pause
from sla.models import Breach, Clock, Pause, Term
from sla.sweep import sweep
from tests.factories import NEW_YORK, make_contract, ny

FRIDAY = ny("2027-01-15 14:00")
MONDAY = ny("2027-01-18 10:00")
ASKED = "prospect_asked"


@pytest.fixture
def four_hours(cast):
    """First touch within four working hours, whoever the lead is."""
    Term.objects.filter(measure="first_touch").update(target_seconds=4 * 3600)
    cast.contract.save()
    return cast


def accepted(cast, *, at=FRIDAY) -> Handoff:
    handoff = cast.hot_lead(at=at).handoffs.get()
    handoff.accept(handoff.owner, at=at)
    return handoff


def pause(handoff: Handoff, at, *, until=None, reason=ASKED, by=None) -> None:
    pausing.pause(handoff, by=by or handoff.owner, at=at, until=until, reason=reason)


def touch_clock(handoff: Handoff) -> Clock:
    return handoff.clocks.get(term__measure="first_touch")


def no_difference(handoff: Handoff, at) -> bool:
    return rebuild(handoff.lead, at=at, check=True) == []


# --- The arithmetic ------------------------------------------------------------------------------


def test_case_12_four_hours_paused_over_the_weekend_are_due_on_monday_noon(four_hours):
    handoff = accepted(four_hours)
    pause(handoff, ny("2027-01-15 16:00"))
    clock = touch_clock(handoff)
    assert (clock.state, clock.remaining_seconds, clock.due_at) == ("paused", 2 * 3600, None)

    pausing.resume(handoff, by=handoff.owner, at=MONDAY)

    clock = touch_clock(handoff)
    assert (clock.state, clock.remaining_seconds, clock.due_at) == (
        "running", None, ny("2027-01-18 12:00"),
    )  # fmt: skip
    assert no_difference(handoff, MONDAY)


def test_case_12_a_pause_until_a_date_is_resumed_by_the_sweep_at_its_own_instant(four_hours):
    handoff = accepted(four_hours)
    pause(handoff, ny("2027-01-15 16:00"), until=MONDAY)

    late = ny("2027-01-18 11:00")
    assert sweep(at=late).resumed == 1
    assert sweep(at=late).resumed == 0

    assert touch_clock(handoff).due_at == ny("2027-01-18 12:00")
    resumed = handoff.activities.get(kind="resumed")
    assert (resumed.occurred_at, resumed.recorded_at, resumed.actor) == (MONDAY, late, None)
    assert no_difference(handoff, late)


def test_a_pause_that_was_over_before_the_sweep_came_back_is_missed_at_its_deadline(four_hours):
    handoff = accepted(four_hours)
    pause(handoff, ny("2027-01-15 16:00"), until=MONDAY)
    sweep(at=ny("2027-01-19 10:00"))
    breach = Breach.objects.get(clock=touch_clock(handoff))
    assert breach.breached_at == ny("2027-01-18 12:00")


def test_an_answer_after_the_end_of_a_pause_is_judged_though_no_sweep_has_come(four_hours):
    handoff = accepted(four_hours)
    pause(handoff, ny("2027-01-15 16:00"), until=MONDAY)
    log_touch(handoff.lead, "call", by=handoff.owner, at=ny("2027-01-18 12:00:01"))
    clock = touch_clock(handoff)
    assert (clock.state, clock.due_at) == ("missed", ny("2027-01-18 12:00"))
    assert no_difference(handoff, ny("2027-01-18 12:00:02"))


@pytest.mark.parametrize("answer", ["touch", "recycle"])
def test_a_late_answer_after_a_pause_that_no_sweep_saw_end_is_a_breach(four_hours, answer):
    handoff = accepted(four_hours)
    pause(handoff, ny("2027-01-15 16:00"), until=MONDAY)
    late = ny("2027-01-18 12:30")
    if answer == "touch":
        log_touch(handoff.lead, "call", by=four_hours.sam, at=late, outcome="connected")
    else:
        recycle(handoff.lead, by=four_hours.sam, at=late, reason="no_budget")

    clock = touch_clock(handoff)
    assert (clock.state, clock.due_at) == ("missed", ny("2027-01-18 12:00"))
    assert clock.breach.breached_at == ny("2027-01-18 12:00")
    assert clock.breach.owner == four_hours.sam
    assert no_difference(handoff, late)


def test_case_13_pause_and_end_in_one_save_change_nothing(four_hours):
    handoff = accepted(four_hours)
    before = touch_clock(handoff).due_at
    at = ny("2027-01-15 16:00")
    record_activities(
        [
            Activity(lead=handoff.lead, handoff=handoff, kind="paused", actor=handoff.owner,
                     occurred_at=at, data={"reason": ASKED}),
            Activity(lead=handoff.lead, handoff=handoff, kind="resumed", actor=handoff.owner,
                     occurred_at=at),
        ],
        at=at,
    )  # fmt: skip
    clock = touch_clock(handoff)
    assert (clock.state, clock.due_at) == ("running", before)
    assert Pause.objects.open().count() == 0


def test_case_13_overlapping_pauses_count_once(four_hours):
    """16:00 until Monday 10:00, and meanwhile until Monday 11:00: together until 11:00."""
    handoff = accepted(four_hours)
    pause(handoff, ny("2027-01-15 16:00"), until=MONDAY)
    pause(handoff, ny("2027-01-15 16:30"), until=ny("2027-01-18 11:00"), reason="prospect_away")

    sweep(at=MONDAY)
    assert touch_clock(handoff).state == "paused"
    sweep(at=ny("2027-01-18 11:00"))
    clock = touch_clock(handoff)
    assert (clock.state, clock.due_at) == ("running", ny("2027-01-18 13:00"))
    assert no_difference(handoff, ny("2027-01-18 11:00"))


def test_case_13_repeated_pauses_each_keep_what_is_left(four_hours):
    handoff = accepted(four_hours)
    for day in ("18", "19"):
        pause(handoff, ny(f"2027-01-{day} 09:30"))
        pausing.resume(handoff, by=handoff.owner, at=ny(f"2027-01-{day} 12:00"))
    # Friday 14-17, Monday 9:00-9:30, and half an hour left on Monday noon.
    assert touch_clock(handoff).due_at == ny("2027-01-18 12:30")


def test_case_13_a_pause_across_the_autumn_fold_keeps_every_second(four_hours):
    """Round the clock, 2027-11-07 has 25 hours: 02:00 EDT is 01:00 EST again."""
    calendar = four_hours.calendar
    calendar.pk, calendar.number = None, 2
    calendar.weekly = {str(day): [["00:00", "24:00"]] for day in range(7)}
    calendar.save()
    handoff = accepted(four_hours, at=ny("2027-11-06 22:00"))
    pause(handoff, ny("2027-11-07 00:30"))
    assert touch_clock(handoff).remaining_seconds == 5400

    resumed = ny("2027-11-07 00:30") + timedelta(hours=3)  # 02:30 EST
    pausing.resume(handoff, by=handoff.owner, at=resumed)
    assert touch_clock(handoff).due_at == ny("2027-11-07 04:00")


def test_case_14_a_pause_after_the_breach_does_not_heal_it(four_hours):
    handoff = accepted(four_hours)
    late = ny("2027-01-18 10:30")
    sweep(at=late)
    due_at = touch_clock(handoff).due_at

    pause(handoff, late)  # the disposition clock still runs
    pausing.resume(handoff, by=handoff.owner, at=ny("2027-01-18 15:00"))

    clock = touch_clock(handoff)
    assert (clock.state, clock.due_at, clock.breach.overturned_at) == ("missed", due_at, None)
    assert Pause.objects.filter(clock=clock).count() == 0


def test_case_14_nor_when_no_sweep_has_seen_the_breach(four_hours):
    handoff = accepted(four_hours)
    late = touch_clock(handoff).due_at + timedelta(seconds=1)
    pause(handoff, late)
    sweep(at=late)
    assert touch_clock(handoff).state == "missed"


def test_a_part_of_a_second_is_not_lost(four_hours):
    handoff = accepted(four_hours, at=FRIDAY + timedelta(microseconds=500_000))
    at = ny("2027-01-15 16:00")
    pause(handoff, at)
    pausing.resume(handoff, by=handoff.owner, at=at)
    assert touch_clock(handoff).due_at == ny("2027-01-18 10:00:01")


# --- What goes with it ---------------------------------------------------------------------------


def test_alarms_wait_as_long_as_the_clock_stands_still(four_hours):
    handoff = accepted(four_hours)
    pause(handoff, ny("2027-01-15 16:00"))
    clock = touch_clock(handoff)
    assert set(clock.alarms.values_list("state", flat=True)) == {"void"}

    pausing.resume(handoff, by=handoff.owner, at=MONDAY)

    # Three of the four hours: one of the two that are left. The breach follows at 12:00.
    alarms = dict(clock.alarms.filter(state="waiting").values_list("action", "fire_at"))
    assert (alarms["warn"], alarms["breach"]) == (
        ny("2027-01-18 11:00"), ny("2027-01-18 12:00") + timedelta(microseconds=1),
    )  # fmt: skip


def test_the_queue_forgets_the_deadline_of_what_stands_still(four_hours):
    handoff = accepted(four_hours)
    pause(handoff, ny("2027-01-15 16:00"))
    handoff.lead.refresh_from_db()
    assert handoff.lead.respond_by is None
    pausing.resume(handoff, by=handoff.owner, at=MONDAY)
    handoff.lead.refresh_from_db()
    assert handoff.lead.respond_by == ny("2027-01-18 12:00")


def test_a_touch_during_a_pause_keeps_the_promise_and_ends_the_pause(four_hours):
    handoff = accepted(four_hours)
    pause(handoff, ny("2027-01-15 16:00"), until=MONDAY)
    called = ny("2027-01-15 16:30")
    log_touch(handoff.lead, "call", by=handoff.owner, at=called)

    clock = touch_clock(handoff)
    assert (clock.state, clock.stopped_at) == ("met", called)
    assert Pause.objects.get(clock=clock).ended_at == called
    assert no_difference(handoff, called)


def test_recycling_voids_what_stands_still(four_hours):
    handoff = accepted(four_hours)
    pause(handoff, ny("2027-01-15 16:00"))
    recycle(handoff.lead, by=handoff.owner, at=ny("2027-01-15 16:10"), reason="no_need")
    assert (touch_clock(handoff).state, Pause.objects.open().count()) == ("voided", 0)
    assert no_difference(handoff, ny("2027-01-15 16:10"))


def test_the_next_owner_takes_the_pause_over(four_hours):
    handoff = accepted(four_hours)
    other = four_hours.sue if handoff.owner == four_hours.sam else four_hours.sam
    pause(handoff, ny("2027-01-15 16:00"), until=MONDAY)
    reassign(handoff, other, by=four_hours.dana, at=ny("2027-01-15 16:10"), reason="Leave")
    clock = touch_clock(handoff)
    assert (clock.state, clock.owner) == ("paused", other)


def test_rebuilding_finds_and_mends_a_lost_pause(four_hours):
    handoff = accepted(four_hours)
    pause(handoff, ny("2027-01-15 16:00"), until=MONDAY)
    Pause.objects.filter(clock=touch_clock(handoff)).delete()
    at = ny("2027-01-15 16:30")

    assert [str(d) for d in rebuild(handoff.lead, at=at)] == [
        f"First touch (hot) of handoff {handoff.pk}: pauses is nothing, not prospect_asked from "
        "2027-01-15 21:00:00 UTC until 2027-01-18 15:00:00 UTC"
    ]
    sweep(at=MONDAY)
    assert touch_clock(handoff).due_at == ny("2027-01-18 12:00")


# --- Who, why, until when ------------------------------------------------------------------------


def test_a_term_that_allows_no_reason_goes_on(four_hours):
    handoff = four_hours.hot_lead(at=FRIDAY).handoffs.get()
    pause(handoff, FRIDAY)
    states = {c.term.measure: c.state for c in handoff.clocks.select_related("term")}
    assert states == {"accept": "running", "first_touch": "paused", "disposition": "paused"}


def test_a_contract_without_reasons_lets_nothing_pause(four_hours):
    Term.objects.update(pause_reasons=[])
    make_contract(version=2, in_force_from=FRIDAY)
    Term.objects.filter(contract__version=2).update(pause_reasons=[])
    four_hours.contract.save()
    handoff = accepted(four_hours)
    with pytest.raises(Conflict, match="Nothing here can be paused"):
        pause(handoff, FRIDAY)
    assert not any(can_pause(clock, at=FRIDAY) for clock in handoff.clocks.all())


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"reason": "lazy"}, "reason"), ({"until": FRIDAY}, "until"),
     ({"until": FRIDAY + timedelta(days=367)}, "until")],
)  # fmt: skip
def test_what_cannot_be_is_refused(four_hours, facts, field):
    handoff = accepted(four_hours)
    with pytest.raises(Refused) as refused:
        pause(handoff, FRIDAY, **facts)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize("name", ["maya", "mona", "outsider"])
def test_only_the_owner_and_the_managers_pause(four_hours, name):
    handoff = accepted(four_hours)
    with pytest.raises(NotAllowed):
        pause(handoff, FRIDAY, by=getattr(four_hours, name))


def test_resuming_what_runs_is_told(four_hours):
    handoff = accepted(four_hours)
    with pytest.raises(Conflict, match="Nothing here is paused"):
        pausing.resume(handoff, by=handoff.owner, at=FRIDAY)


# --- The lead page -------------------------------------------------------------------------------


def test_a_rep_pauses_and_resumes_on_the_lead_page(four_hours):
    handoff = accepted(four_hours, at=ny("2099-01-16 10:00"))
    client = Client()
    client.force_login(handoff.owner)
    lead_page = reverse("lead", args=[handoff.lead_id])
    assert client.get(lead_page).context["can_pause"] is True

    sent = client.post(reverse("handoff-pause", args=[handoff.pk]), {"reason": ASKED, "until": ""})
    assert sent.status_code == 302
    page = client.get(lead_page)
    assert page.context["can_resume"] is True
    assert page.content.decode().count('data-clock="paused"') == 2

    client.post(reverse("handoff-resume", args=[handoff.pk]))
    assert client.get(lead_page).content.decode().count('data-clock="paused"') == 0


def test_a_manager_hears_of_a_pause_that_is_not_their_own(cast):
    handoff = accepted(cast)
    pausing.pause(
        handoff, by=handoff.owner, at=FRIDAY, reason=ASKED, note="Back on Monday",
        until=ny("2027-01-18 00:00").astimezone(NEW_YORK),
    )  # fmt: skip
    pausing.resume(handoff, by=cast.dana, at=MONDAY)
    pause(handoff, MONDAY, by=cast.dana)

    told = OutboxMessage.objects.get(kind="paused")
    assert (told.recipient, told.title) == (
        cast.dana, f"{handoff.owner} paused the clocks of Pat Lee",
    )  # fmt: skip
    assert told.body == "The prospect asked for later, until Mon 18 Jan. Back on Monday"
