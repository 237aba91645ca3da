"""A lead that comes again, changes hands twice at once, or is deleted."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connection

from accounts.models import OutboxMessage
from leads.activities import log_touch
from leads.handover import hand_over
from leads.models import Handoff
from leads.qualification import reassign, recycle
from sla.figures.compliance import compliance
from sla.models import Breach, Clock
from sla.sweep import sweep
from tests.factories import hours, make_cast, ny

AT = ny("2027-01-15 10:00")
RECYCLED, AGAIN = ny("2027-01-15 12:00"), ny("2027-01-19 10:00")


def frozen(handoff: Handoff) -> list[dict[str, object]]:
    return list(Clock.objects.filter(handoff=handoff).order_by("pk").values())


@pytest.fixture
def first_cycle(cast) -> Handoff:
    """Taken in time, touched late, and back to marketing at noon."""
    cast.pool.members.filter(user=cast.sue).update(capacity=0)
    handoff = cast.hot_lead(at=AT).handoffs.get()
    handoff.accept(cast.sam, at=AT)
    log_touch(handoff.lead, "call", by=cast.sam, at=ny("2027-01-15 11:30"))
    recycle(handoff.lead, by=cast.sam, at=RECYCLED, reason="no_budget")
    return handoff


def test_case_28_a_recycled_lead_starts_a_new_cycle_and_the_old_outcome_is_frozen(
    cast, first_cycle
):
    before, breaches = frozen(first_cycle), list(Breach.objects.values())
    assert {row["state"] for row in before} == {"met", "missed"}

    hand_over([first_cycle.lead], by=cast.maya, at=AGAIN, override_reason="They asked again")
    second = Handoff.objects.get(lead=first_cycle.lead, cycle=2)
    second.accept(cast.sam, at=AGAIN)
    log_touch(second.lead, "call", by=cast.sam, at=AGAIN + hours(0.5))

    assert (frozen(first_cycle), list(Breach.objects.values())) == (before, breaches)
    states = {clock.term.measure: clock.state for clock in second.clocks.select_related("term")}
    assert states == {"accept": "met", "first_touch": "met", "disposition": "running"}


def test_case_28_a_touch_of_the_new_cycle_does_not_answer_the_old_one(cast, first_cycle):
    old = first_cycle.clocks.get(term__measure="first_touch")
    hand_over([first_cycle.lead], by=cast.maya, at=AGAIN, override_reason="They asked again")
    log_touch(first_cycle.lead, "email", by=cast.sam, at=AGAIN + hours(1))
    old.refresh_from_db()
    assert old.stopped_at == ny("2027-01-15 11:30")


def test_case_28_a_deleted_lead_takes_its_clocks_out_of_the_figures(cast, first_cycle):
    def started() -> int:
        return compliance(cast.dana, start=AT - hours(1), end=AGAIN, by="rep", at=AGAIN
                          ).totals.started  # fmt: skip

    before = started()
    first_cycle.lead.delete()
    assert (before, started(), Clock.objects.count()) == (3, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_case_25_by_hand_and_by_escalation_at_once_is_one_owner_and_one_notification():
    """Both would give Sam's lead to Sue; many times, whoever comes first."""
    cast = make_cast()
    cast.pool.members.filter(user=cast.sue).update(capacity=0)
    handoffs = [
        cast.hot_lead(at=AT, email=f"lead{n}@spa.example").handoffs.get() for n in range(12)
    ]
    cast.pool.members.filter(user=cast.sue).update(capacity=100)
    at = ny("2027-01-15 11:15")  # an hour over

    def by_hand(handoff: Handoff) -> None:
        try:
            reassign(handoff, cast.sue, by=cast.dana, at=at, reason="Too slow")
        finally:
            close_old_connections()
            connection.close()

    def by_sweep(_: int) -> None:
        try:
            sweep(at=at)
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        jobs = [pool.submit(by_sweep, n) for n in range(2)]
        jobs += [pool.submit(by_hand, handoff) for handoff in handoffs]
        for job in jobs:
            job.result()

    for handoff in handoffs:
        handoff.refresh_from_db()
        told = OutboxMessage.objects.filter(
            kind="assigned", recipient=cast.sue, url=handoff.lead.get_absolute_url()
        )
        assert (handoff.owner, handoff.hops, told.count()) == (cast.sue, 1, 1)
        accept = handoff.clocks.filter(term__measure="accept").order_by("round")
        assert [(c.owner, c.state) for c in accept] == [
            (cast.sam, "missed"), (cast.sue, "running"),
        ]  # fmt: skip
