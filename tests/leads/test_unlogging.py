"""A touch logged by mistake is taken back, and the clocks are what they are without it."""

import uuid

import pytest
from django.urls import reverse

from accounts.instants import database_now
from accounts.models import AuditEntry
from accounts.refusals import Conflict
from leads import qualification, unlogging
from leads.activities import log_touch
from leads.calling import lists, next_call
from leads.mail import inviting
from leads.models import Activity, CallEntry, Handoff, Lead, Meeting
from leads.sequences import keeping, running
from sla.clocks.claims import approve
from sla.clocks.rebuilding import rebuild
from sla.models import Breach, Claim, Clock
from sla.sweep import sweep
from tests.accounts.test_own_pages import signed_in
from tests.factories import ny

AT = ny("2027-01-15 10:00")  # a Friday; the first touch is due at 11:00


@pytest.fixture
def handoff(cast) -> Handoff:
    cast.pool.members.filter(user=cast.sue).update(capacity=0)
    found = cast.hot_lead(at=AT).handoffs.get()
    found.accept(cast.sam, at=AT)
    return found


def call(handoff: Handoff, clock: str, *, typed: str = "", **facts) -> Activity:
    occurred = ny(f"2027-01-15 {typed}") if typed else None
    at = ny(f"2027-01-15 {clock}")
    return log_touch(handoff.lead, "call", by=handoff.owner, at=at, occurred_at=occurred, **facts)


def undo(activity: Activity, clock: str, *, by=None) -> list[str]:
    at = ny(f"2027-01-15 {clock}")
    return unlogging.take_back(activity, by=by or activity.actor, at=at)


def first(handoff: Handoff) -> Clock:
    return handoff.clocks.get(term__measure="first_touch")


def state(handoff: Handoff) -> tuple[object, ...]:
    """Of the clock, and what the lead and its handoff say."""
    clock, lead = first(handoff), Lead.objects.get(pk=handoff.lead_id)
    handoff.refresh_from_db()
    return clock.state, clock.stopped_at, clock.ended_at, lead.respond_by, handoff.first_touch_at


def alarms(handoff: Handoff) -> list[tuple[object, ...]]:
    rows = first(handoff).alarms.order_by("step")
    return list(rows.values_list("action", "state", "fire_at"))


def is_true(handoff: Handoff, clock: str) -> bool:
    return rebuild(handoff.lead, at=ny(f"2027-01-15 {clock}"), check=True) == []


def test_a_first_touch_taken_back_lets_the_clock_run_on(cast, handoff):
    before, waiting = state(handoff), alarms(handoff)
    logged = call(handoff, "10:30", outcome="connected")
    assert state(handoff)[:2] == ("met", ny("2027-01-15 10:30"))
    assert undo(logged, "10:35") == []
    assert (state(handoff), alarms(handoff)) == (before, waiting)
    assert is_true(handoff, "10:36")
    said = Activity.objects.get(kind="unlogged")
    assert (said.actor, said.data["outcome"]) == (cast.sam, "connected")
    assert AuditEntry.objects.filter(verb="touch_taken_back").count() == 1
    # And the sweep finds the miss, to the second.
    sweep(at=ny("2027-01-15 11:01"))
    assert (first(handoff).state, first(handoff).breach.breached_at) == (
        "missed", ny("2027-01-15 11:00"),
    )  # fmt: skip


def test_taken_back_after_the_deadline_it_is_a_miss_of_that_deadline(handoff):
    logged = call(handoff, "10:55")
    undo(logged, "11:04")
    found = first(handoff)
    assert (found.state, found.stopped_at, found.ended_at) == ("missed", None, None)
    assert list(Breach.objects.values_list("breached_at", "overturned_at")) == [
        (ny("2027-01-15 11:00"), None)
    ]
    assert is_true(handoff, "11:05")


def test_a_late_touch_taken_back_leaves_the_miss_and_what_follows_from_it(handoff):
    sweep(at=ny("2027-01-15 11:01"))
    before, waiting = state(handoff), alarms(handoff)
    logged = call(handoff, "11:02")
    undo(logged, "11:03")
    assert (state(handoff), alarms(handoff)) == (before, waiting)
    assert Breach.objects.count() == 1
    assert is_true(handoff, "11:04")


def test_of_two_touches_the_other_counts(handoff):
    early, later = call(handoff, "10:10"), call(handoff, "10:12")
    undo(early, "10:15")
    at = ny("2027-01-15 10:12")
    assert (state(handoff)[:2], state(handoff)[4]) == (("met", at), at)
    assert first(handoff).stopped_by == later
    assert is_true(handoff, "10:16")


def test_a_typed_time_that_was_believed_still_is(cast, handoff):
    call(handoff, "10:20", typed="10:05")
    logged = call(handoff, "10:21")
    before = state(handoff)
    undo(logged, "10:22")
    assert state(handoff) == before
    assert before[4] == ny("2027-01-15 10:05")
    undo(Activity.objects.get(kind="call"), "10:23")
    assert (state(handoff)[0], state(handoff)[4]) == ("running", None)


def test_a_typed_time_that_a_manager_believed_is_gone_with_its_touch(cast, handoff):
    sweep(at=ny("2027-01-15 11:01"))
    logged = call(handoff, "11:02", typed="10:50")
    approve(Claim.objects.get(), by=cast.dana, at=ny("2027-01-15 11:04"))
    assert state(handoff)[0] == "met"
    undo(logged, "11:06")
    assert (state(handoff)[0], state(handoff)[4], Claim.objects.count()) == ("missed", None, 0)
    assert is_true(handoff, "11:07")


def test_only_its_author_shortly_after_and_while_nobody_went_on(cast, handoff):
    logged = call(handoff, "10:30")
    for clock, by in (("10:31", cast.dana), ("10:41", cast.sam)):
        with pytest.raises(Conflict, match="take it back for 10 minutes"):
            undo(logged, clock, by=by)
    qualification.qualify(handoff.lead, by=cast.sam, at=ny("2027-01-15 10:32"))
    with pytest.raises(Conflict, match="This call stays: qualified since"):
        undo(logged, "10:33")
    note = log_touch(handoff.lead, "note", by=cast.sam, at=AT, note="Hm")
    undo(note, "10:05")
    with pytest.raises(Conflict, match="taken back already"):
        undo(note, "10:05")


def test_what_a_machine_says_is_not_taken_back(cast, handoff):
    sent = handoff.lead.record(
        "email", by=cast.sam, at=AT, handoff=handoff, occurred_at=AT, evidence="machine"
    )
    with pytest.raises(Conflict, match="who logged it by hand"):
        undo(sent, "10:01")


def test_the_row_of_the_call_list_and_the_step_are_to_do_again(cast, handoff):
    cast.sam.refresh_from_db()
    Lead.objects.filter(pk=handoff.lead_id).update(phone="+12125550110")
    handoff.lead.refresh_from_db()
    steps = [
        {"kind": "call", "wait": 0, "words": "Ask"},
        {"kind": "task", "wait": 0, "words": "Go"},
    ]
    plan = keeping.save(cast.sam, name="Fair", shared="own", steps=steps, at=AT)
    enrolment = running.begin(handoff.lead, plan.newest, by=cast.sam, at=AT)
    made = lists.called("Fair", by=cast.sam, at=AT)
    lists.put_on(made, handoff.lead)
    at = ny("2027-01-15 10:10")
    next_call.called(
        next_call.claim(made, cast.sam, at=at), "connected", note="", by=cast.sam, at=at
    )
    assert [step.done_at for step in enrolment.steps.order_by("place")] == [at, None]
    undo(Activity.objects.get(kind="call"), "10:12")
    [step], [entry] = enrolment.steps.all(), CallEntry.objects.all()
    assert (step.done_at, step.task.done_at) == (None, None)
    assert (entry.state, entry.outcome) == ("waiting", "")


def test_a_meeting_waits_for_a_word_again_and_the_sequence_stays_stopped(cast, handoff):
    plan = keeping.save(
        cast.sam, name="Fair", shared="own", at=AT,
        steps=[{"kind": "call", "wait": 0, "words": "Ask"}],
    )  # fmt: skip
    running.begin(handoff.lead, plan.newest, by=cast.sam, at=AT)
    meeting = Meeting.objects.create(
        uid="m@x", once=uuid.uuid4(), lead=handoff.lead, by=cast.sam, title="Demo", starts_at=AT,
        minutes=30, changed_at=AT,
    )  # fmt: skip
    inviting.end(meeting, "held", by=cast.sam, at=ny("2027-01-15 10:40"))
    logged = Activity.objects.get(kind="meeting")
    assert undo(logged, "10:41") == ["“Fair” stays stopped."]
    meeting.refresh_from_db()
    assert (meeting.state, state(handoff)[0]) == ("planned", "running")


def test_the_toast_and_the_timeline_take_it_back(cast):
    lead = cast.hot_lead(at=database_now())
    lead.handoffs.get().accept(lead.handoffs.get().owner, at=database_now())
    client, page = signed_in(lead.handoffs.get().owner), lead.get_absolute_url()
    client.post(reverse("lead-activity", args=[lead.pk]), {"kind": "call", "outcome": "connected"})
    url = reverse("touch-undo", args=[Activity.objects.get(kind="call").pk])
    assert client.get(page).content.decode().count(f'action="{url}"') == 2
    answer = client.post(url, follow=True).content.decode()
    assert "Call taken back." in answer
    assert "Call, connected: logged by mistake" in answer
    assert url not in answer
