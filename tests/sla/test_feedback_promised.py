"""Sales promises to say how good a lead was: the clock starts when it is disposed of."""

import pytest

from leads import qualification, quality
from leads.models import Handoff
from sla.clocks.rebuilding import rebuild
from sla.contracts.unkeepable import problems
from sla.models import Clock, Term
from sla.sweep import sweep
from tests.factories import ny

AT = ny("2027-01-15 10:00")


@pytest.fixture
def handoff(cast) -> Handoff:
    """Within a working day of a lead that Sam has qualified or disqualified."""
    for starts_on in ("qualified", "disqualified"):
        term = cast.contract.terms.filter(measure="disposition").first()
        term.pk, term.key, term.measure = None, f"feedback_{starts_on}", f"feedback_{starts_on}"
        term.name, term.starts_on, term.stops_on = "Feedback", starts_on, ["feedback"]
        term.target_seconds = 8 * 3600
        term.save(force_insert=True)
    cast.contract.save()
    cast.pool.members.filter(user=cast.sue).update(capacity=0)
    handoff = cast.hot_lead(at=AT).handoffs.get()
    handoff.accept(cast.sam, at=AT)
    return handoff


def clock(handoff: Handoff) -> Clock:
    return handoff.clocks.get(term__measure__startswith="feedback")


@pytest.mark.parametrize("disposed", ["qualified", "disqualified"])
def test_it_is_kept_by_saying_it_in_time(cast, handoff, disposed):
    at = ny("2027-01-15 11:00")
    if disposed == "qualified":
        qualification.qualify(handoff.lead, by=cast.sam, at=at)
    else:
        qualification.disqualify(handoff.lead, reason="no_need", by=cast.sam, at=at)
    assert (clock(handoff).state, clock(handoff).due_at, clock(handoff).owner) == (
        "running", ny("2027-01-18 11:00"), cast.sam,
    )  # fmt: skip
    quality.rate(handoff, 4, by=cast.sam, at=ny("2027-01-15 11:05"))
    assert (clock(handoff).state, clock(handoff).stopped_at) == ("met", ny("2027-01-15 11:05"))
    assert rebuild(handoff.lead, at=ny("2027-01-15 12:00"), check=True) == []


def test_unsaid_it_is_a_miss_of_whoever_disposed(cast, handoff):
    qualification.qualify(handoff.lead, by=cast.sam, at=ny("2027-01-15 11:00"))
    sweep(at=ny("2027-01-18 11:01"))
    assert (clock(handoff).state, clock(handoff).breach.owner) == ("missed", cast.sam)
    assert Term.objects.get(key="feedback_qualified").side == "sales"


def test_what_is_over_by_then_can_keep_no_promise(cast, handoff):
    term = cast.contract.terms.get(key="feedback_qualified")
    term.stops_on = ["accepted"]
    (said,) = [each for each in problems([term]) if "qualif" in each]
    assert said.startswith("“Feedback” can never be kept: it starts when sales qualifies a lead")
