"""Clocks follow activities: late truth, several owners, ends without a judgement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from leads.activities import log_touch
from leads.models import Activity, Handoff
from leads.qualification import qualify, reassign
from sla.models import Breach, Clock
from sla.sweep import sweep
from tests.factories import make_calendar, make_contract, make_user, ny

AT = ny("2027-01-15 10:00")


def clock_of(handoff: Handoff, key: str) -> Clock:
    return handoff.clocks.order_by("-round").filter(term__key=key)[0]


def accepted(cast, at=AT) -> Handoff:
    handoff = cast.hot_lead(at=at).handoffs.get()
    handoff.accept(cast.sam, at=at)
    return handoff


@pytest.mark.parametrize("kind", ["call", "email", "meeting"])
def test_a_touch_stops_the_first_touch_clock(cast, kind):
    handoff = accepted(cast)
    log_touch(handoff.lead, kind, by=cast.sam, at=ny("2027-01-15 10:30"))

    clock = clock_of(handoff, "first_touch_hot")
    handoff.refresh_from_db()
    assert (clock.state, clock.stopped_at) == ("met", ny("2027-01-15 10:30"))
    assert handoff.first_touch_at == ny("2027-01-15 10:30")


@pytest.mark.parametrize(("kind", "outcome"), [("note", ""), ("call", "wrong_number")])
def test_a_note_or_a_wrong_number_is_no_touch(cast, kind, outcome):
    handoff = accepted(cast)
    log_touch(handoff.lead, kind, by=cast.sam, at=ny("2027-01-15 10:30"), outcome=outcome, note="x")
    assert clock_of(handoff, "first_touch_hot").state == "running"


def test_a_touchpoint_of_theirs_never_stops_a_clock(cast):
    handoff = accepted(cast)
    cast.capture(at=ny("2027-01-15 10:20"), email="pat@spa.example", touchpoint="reply")
    assert clock_of(handoff, "first_touch_hot").state == "running"


def test_case_16_machine_evidence_after_the_breach_makes_the_clock_met(cast):
    handoff = accepted(cast)
    sweep(at=ny("2027-01-15 11:07"))
    assert clock_of(handoff, "first_touch_hot").state == "missed"

    handoff.lead.record(
        "email", by=cast.sam, at=ny("2027-01-15 11:10"), handoff=handoff,
        occurred_at=ny("2027-01-15 10:58"), evidence=Activity.Evidence.MACHINE,
    )  # fmt: skip

    clock = clock_of(handoff, "first_touch_hot")
    assert (clock.state, clock.stopped_at) == ("met", ny("2027-01-15 10:58"))
    assert clock.breach.overturned_at == ny("2027-01-15 11:10")
    assert AuditEntry.objects.get(subject__startswith="sla.").verb == "breach_overturned"


def test_case_16_a_time_typed_after_the_deadline_does_not_undo_the_miss(cast):
    handoff = accepted(cast)
    log_touch(
        handoff.lead, "call", by=cast.sam, at=ny("2027-01-15 11:10"),
        occurred_at=ny("2027-01-15 10:58"),
    )  # fmt: skip
    clock = clock_of(handoff, "first_touch_hot")
    assert (clock.state, clock.stopped_at) == ("missed", ny("2027-01-15 11:10"))


def test_a_time_in_the_future_is_clamped(cast):
    handoff = accepted(cast)
    log_touch(
        handoff.lead, "call", by=cast.sam, at=ny("2027-01-15 10:30"),
        occurred_at=ny("2027-01-15 12:00"),
    )  # fmt: skip
    assert clock_of(handoff, "first_touch_hot").stopped_at == ny("2027-01-15 10:30")


def test_touches_out_of_order_the_earliest_counts(cast):
    handoff = accepted(cast)
    for minute in ("10:40", "10:20", "10:30"):
        handoff.lead.record(
            "call", by=cast.sam, at=ny("2027-01-15 10:50"), handoff=handoff,
            occurred_at=ny(f"2027-01-15 {minute}"), evidence=Activity.Evidence.MACHINE,
        )  # fmt: skip
    assert clock_of(handoff, "first_touch_hot").stopped_at == ny("2027-01-15 10:20")


def test_case_24_escalation_to_london_on_a_friday_gives_a_fresh_clock(cast):
    """New York to London at Fri 16:00: a fresh 4 h accept clock, due Mon 13:00 London."""
    from accounts.models import Team
    from leads.models import PoolMember

    london = Team.objects.create(slug="london", name="London", kind="sales")
    make_calendar(london, slug="london", tz="Europe/London")
    lily = make_user("lily", london)
    cast.pool.members.filter(user=cast.sue).delete()
    PoolMember.objects.create(pool=cast.pool, user=lily)
    lead = cast.hot_lead(at=ny("2027-01-15 11:00"), job_title="Head of Wellness", company="",
                         touchpoint="event")  # fmt: skip
    assert lead.tier == "warm"
    handoff = lead.handoffs.get()
    assert handoff.owner == cast.sam

    sweep(at=ny("2027-01-15 16:00"))  # due 15:00, an hour over

    handoff.refresh_from_db()
    first, second = handoff.clocks.filter(term__key="accept").order_by("round")
    assert handoff.owner == lily
    assert (first.state, first.breach.owner, first.ended_at) == (
        "missed", cast.sam, ny("2027-01-15 16:00"),
    )  # fmt: skip
    # Mon 13:00 in London is Mon 08:00 in New York.
    assert (second.owner, second.due_at) == (lily, ny("2027-01-18 08:00"))
    touch = handoff.clocks.get(term__key="first_touch")
    assert (touch.state, touch.owner, touch.due_at) == ("running", lily, ny("2027-01-18 11:00"))


def test_what_the_next_owner_does_does_not_stop_the_first_owners_clock(cast):
    handoff = cast.hot_lead(at=AT).handoffs.get()
    sweep(at=ny("2027-01-15 11:15"))
    handoff.refresh_from_db()
    handoff.accept(cast.sue, at=ny("2027-01-15 11:20"))

    first, second = handoff.clocks.filter(term__key="accept_hot").order_by("round")
    assert (first.state, first.stopped_at, first.ended_at) == (
        "missed", None, ny("2027-01-15 11:15"),
    )  # fmt: skip
    assert (second.state, second.stopped_at) == ("met", ny("2027-01-15 11:20"))


def test_case_24_a_hop_limit_holds_and_then_the_manager_has_it(cast):
    cast.contract.hop_limit = 1
    cast.contract.save()
    handoff = cast.hot_lead(at=AT).handoffs.get()

    sweep(at=ny("2027-01-15 11:15"))
    handoff.refresh_from_db()
    assert handoff.owner == cast.sue
    sweep(at=ny("2027-01-15 12:30"))

    handoff.refresh_from_db()
    assert (handoff.owner, handoff.hops) == (None, 2)
    assert list(Handoff.objects.unassigned()) == [handoff]


def test_reassigning_by_hand_voids_the_first_owners_clock_and_starts_a_fresh_one(cast):
    handoff = cast.hot_lead(at=AT).handoffs.get()
    reassign(handoff, cast.sue, by=cast.dana, at=ny("2027-01-15 10:10"), reason="Sam is out")

    first, second = handoff.clocks.filter(term__key="accept_hot").order_by("round")
    assert (first.state, second.owner, second.due_at) == (
        "voided", cast.sue, ny("2027-01-15 10:25"),
    )  # fmt: skip


def test_an_overdue_clock_is_the_first_owners_miss_though_no_sweep_had_come(cast):
    handoff = cast.hot_lead(at=AT).handoffs.get()
    reassign(handoff, cast.sue, by=cast.dana, at=ny("2027-01-15 10:20"), reason="Too slow")

    breach = Breach.objects.get()
    assert (breach.owner, breach.breached_at, breach.noticed_at) == (
        cast.sam, ny("2027-01-15 10:15"), ny("2027-01-15 10:20"),
    )  # fmt: skip


def test_qualifying_ends_what_still_runs_without_a_judgement(cast):
    handoff = accepted(cast)
    qualify(handoff.lead, by=cast.sam, at=ny("2027-01-15 10:20"))
    states = {c.term.measure: c.state for c in handoff.clocks.all()}
    assert states == {"accept": "met", "first_touch": "voided", "disposition": "met"}


def test_case_26_running_clocks_keep_the_contract_they_started_under(cast):
    before = cast.hot_lead(at=AT).handoffs.get()
    make_contract(version=2, in_force_from=ny("2027-01-15 10:05"), targets={"accept_hot": 60})
    after = cast.hot_lead(at=ny("2027-01-15 10:10"), email="second@spa.example").handoffs.get()

    assert (before.contract_version, clock_of(before, "accept_hot").due_at) == (
        1, ny("2027-01-15 10:15"),
    )  # fmt: skip
    assert (after.contract_version, clock_of(after, "accept_hot").due_at) == (
        2, ny("2027-01-15 10:11"),
    )  # fmt: skip


def test_case_11_a_calendar_that_never_opens_gives_no_deadline(cast):
    cast.calendar.weekly = {}
    cast.calendar.pk, cast.calendar.number = None, 2
    cast.calendar.save()
    handoff = cast.hot_lead(at=AT).handoffs.get()

    assert [(c.due_at, c.alarms.count()) for c in handoff.clocks.all()] == [(None, 0)] * 3
    handoff.lead.refresh_from_db()
    assert handoff.lead.respond_by is None


def test_starting_the_clocks_of_a_handoff_adds_three_queries(cast):
    cast.hot_lead(at=ny("2027-01-12 09:00"), email="first@spa.example")  # the agreement is read
    with CaptureQueriesContext(connection) as asked:
        cast.hot_lead(at=ny("2027-01-12 10:00"))
    ours = [q["sql"].split()[:3] for q in asked if "sla_" in q["sql"]]
    assert [words[0] for words in ours] == [
        "INSERT",
        "INSERT",
        "WITH",
    ]  # clocks, alarms, respond_by
