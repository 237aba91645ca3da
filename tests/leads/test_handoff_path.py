"""The whole path, thin: capture, score, hand over, route, accept, miss."""

from leads.models import Assignment, Handoff, Stage
from sla.models import Breach, Clock
from sla.sweep import sweep
from tests.factories import ny


def test_a_lead_above_the_threshold_is_handed_over_with_clocks(cast):
    at = ny("2027-01-15 10:00")
    lead = cast.hot_lead(at=at)

    handoff = Handoff.objects.get(lead=lead)
    lead.refresh_from_db()
    assert (lead.stage, lead.score, lead.tier, lead.persona) == (
        Stage.MQL, 80, "hot", cast.persona,
    )  # fmt: skip
    assert lead.owner == handoff.owner == cast.sam
    assert handoff.contract_version == 1
    clocks = {c.term.key: c.due_at for c in handoff.clocks.all()}
    assert clocks == {
        "accept_hot": ny("2027-01-15 10:15"),
        "first_touch_hot": ny("2027-01-15 11:00"),
        "disposition": ny("2027-01-22 10:00"),
    }
    assert lead.respond_by == ny("2027-01-15 10:15")


def test_accepting_in_time_meets_the_clock(cast):
    lead = cast.hot_lead(at=ny("2027-01-15 10:00"))
    handoff = lead.handoffs.get()

    assert handoff.accept(cast.sam, at=ny("2027-01-15 10:15")) is True
    sweep(at=ny("2027-01-15 10:30"))

    accept = handoff.clocks.get(term__key="accept_hot")
    assert (accept.state, accept.stopped_at) == (Clock.State.MET, ny("2027-01-15 10:15"))
    assert Breach.objects.count() == 0
    lead.refresh_from_db()
    assert (lead.stage, lead.respond_by) == (Stage.SAL, ny("2027-01-15 11:00"))


def test_a_forgotten_lead_is_missed_escalated_and_passed_on(cast):
    lead = cast.hot_lead(at=ny("2027-01-15 10:00"))
    handoff = lead.handoffs.get()

    sweep(at=ny("2027-01-15 11:15"))

    handoff.refresh_from_db()
    assert handoff.owner == cast.sue
    first, second = handoff.clocks.filter(term__key="accept_hot").order_by("round")
    assert (first.state, first.owner, first.breach.breached_at) == (
        Clock.State.MISSED, cast.sam, ny("2027-01-15 10:15"),
    )  # fmt: skip
    assert (second.state, second.owner, second.due_at) == (
        Clock.State.RUNNING, cast.sue, ny("2027-01-15 11:30"),
    )  # fmt: skip
    assert [a.how for a in handoff.assignments.all()] == [
        Assignment.How.ROUTED, Assignment.How.ESCALATED,
    ]  # fmt: skip


def test_a_rejected_lead_goes_back_and_marketings_clock_starts(cast):
    handoff = cast.hot_lead(at=ny("2027-01-15 10:00")).handoffs.get()

    handoff.reject(cast.sam, reason="wrong_persona", at=ny("2027-01-15 10:05"))

    states = {c.term.key: c.state for c in handoff.clocks.all()}
    assert states == {
        "accept_hot": "met", "first_touch_hot": "voided", "disposition": "met",
        "answer_return": "running",
    }  # fmt: skip
    assert handoff.clocks.get(term__key="answer_return").due_at == ny("2027-01-18 10:05")
