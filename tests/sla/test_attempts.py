"""Terms that take several attempts: which count, and when the last is done."""

import pytest

from leads.activities import log_touch
from leads.models import Activity, Handoff
from sla import reading
from sla.clocks.rebuilding import rebuild
from sla.models import Clock, Term
from sla.sweep import sweep
from tests.factories import ny

AT = ny("2027-01-15 10:00")


@pytest.fixture
def handoff(cast) -> Handoff:
    """Sam owes three attempts two hours apart within two working days."""
    Term.objects.filter(measure="first_touch").update(
        stops_after=3, spacing_seconds=7200, target_seconds=2 * 8 * 3600
    )
    cast.contract.save()
    cast.pool.members.filter(user=cast.sue).update(capacity=0)
    handoff = cast.hot_lead(at=AT).handoffs.get()
    handoff.accept(cast.sam, at=AT)
    return handoff


def call(handoff: Handoff, clock: str, **facts) -> Activity:
    return log_touch(handoff.lead, "call", by=handoff.owner, at=ny(f"2027-01-{clock}"), **facts)


def state(handoff: Handoff) -> tuple[str, object]:
    clock: Clock = handoff.clocks.get(term__measure="first_touch")
    return clock.state, clock.stopped_at


def test_case_29_the_third_spaced_attempt_keeps_the_promise(handoff):
    for clock in ("15 10:30", "15 12:30"):
        call(handoff, clock)
        assert state(handoff) == ("running", None)
    call(handoff, "15 14:30")
    assert state(handoff) == ("met", ny("2027-01-15 14:30"))
    assert rebuild(handoff.lead, at=ny("2027-01-15 15:00"), check=True) == []


def test_case_29_a_double_click_is_no_attempt(handoff):
    for clock in ("15 10:30:00", "15 10:30:01", "15 10:30:02", "15 12:29:59"):
        call(handoff, clock)
    assert state(handoff) == ("running", None)


def test_case_29_a_replayed_webhook_is_no_attempt(handoff):
    Term.objects.update(spacing_seconds=0)
    Term.objects.first().save()
    for minute in ("40", "41", "42"):
        handoff.lead.record(
            "email", by=None, at=ny(f"2027-01-15 10:{minute}"), handoff=handoff,
            occurred_at=ny("2027-01-15 10:30"), evidence=Activity.Evidence.MACHINE,
        )  # fmt: skip
    assert state(handoff) == ("running", None)


def test_case_29_neither_a_reply_nor_a_wrong_number_is_an_attempt(cast, handoff):
    call(handoff, "15 10:30")
    call(handoff, "15 12:30", outcome="wrong_number")
    cast.capture(at=ny("2027-01-15 14:30"), email="pat@spa.example", touchpoint="reply")
    call(handoff, "15 14:30")
    assert state(handoff) == ("running", None)


def test_a_late_report_takes_its_place_among_the_attempts(handoff):
    """Attempts at 10:30, 14:30 and 16:30; then the mail of 12:30 is reported."""
    call(handoff, "15 10:30")
    call(handoff, "15 14:30")
    call(handoff, "15 16:30")
    handoff.lead.record(
        "email", by=None, at=ny("2027-01-15 16:50"), handoff=handoff,
        occurred_at=ny("2027-01-15 12:30"), evidence=Activity.Evidence.MACHINE,
    )  # fmt: skip
    assert state(handoff) == ("met", ny("2027-01-15 14:30"))
    assert rebuild(handoff.lead, at=ny("2027-01-15 17:00"), check=True) == []


def test_two_attempts_and_a_late_third_is_a_miss(handoff):
    call(handoff, "15 10:30")
    call(handoff, "18 10:30")
    late = "20 10:30"
    sweep(at=ny(f"2027-01-{late}"))
    call(handoff, late)
    assert state(handoff) == ("missed", ny(f"2027-01-{late}"))


def test_the_contract_says_so(handoff):
    term = Term.objects.get(key="first_touch_hot")
    (promise,) = reading.promises((term,), "sales")
    assert promise.stops == "3 attempts at least 2 h apart (a call, an e-mail or a meeting)"
