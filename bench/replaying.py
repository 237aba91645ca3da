"""How long a replay of the past under a draft takes, everything in the draft changed."""

import statistics
import time
from datetime import datetime, timedelta

from accounts.instants import database_now
from accounts.models import User
from bench import history
from bench.figures import Figure
from bench.plan import Plan
from sla.contracts import drafting
from sla.replays.draft import draft_of
from sla.replays.what_if import what_if

HANDOFFS = 10_000
# The past of bench.history: so many days, and one handoff for so many leads.
PAST_DAYS = 700
GOAL = 5.0
TARGETS = {"accept": "5 min", "first_touch": "20 min", "disposition": "45 min"}


def what_if_row(plan: Plan, scale: int) -> list[Figure]:
    """Seconds, the median of the rounds, for HANDOFFS handoffs or as many as there are.

    Every clock is run again (targets and hours change), and every lead that marketing kept is
    scored at its touchpoints (a lower threshold).
    """
    plan.fresh(scale)
    at = database_now()
    share = min(1.0, HANDOFFS * history.EVERY / scale)
    start = at - timedelta(days=PAST_DAYS * share)
    _draft_contract(at)
    return [
        Figure(name, scale, _seconds(plan, contract=contract, start=start, at=at), goal=GOAL,
               at_most=True, unit="s")
        for name, contract in (("what_if", False), ("what_if_contract", True))
    ]  # fmt: skip


def _seconds(plan: Plan, *, contract: bool, start: datetime, at: datetime) -> float:
    """Under targets alone clocks are run again, under a draft contract they are made anew."""
    seconds = []
    for _ in range(plan.rounds):
        began = time.perf_counter()
        draft = draft_of(
            targets=TARGETS, hours={"sales-US": "08:00-20:00"}, threshold="40", reps="8",
            contract=contract, at=at,
        )  # fmt: skip
        found = what_if(draft, start=start, at=at)
        seconds.append(time.perf_counter() - began)
    assert found.changed_clocks, found.totals
    assert found.load.total.handoffs <= HANDOFFS * 1.01, found.load.total
    return statistics.median(seconds)


def _draft_contract(at: datetime) -> None:
    """One that names all there is: owners' hours, attempts, a promise more and one less."""
    contract = drafting.begin(by=User.objects.get(email="mona@bench.test"), at=at)
    contract.terms.filter(measure="accept").update(calendar_of="owner")
    contract.terms.filter(measure="first_touch").update(stops_after=2, spacing_seconds=600)
    contract.terms.filter(key="answer_return").delete()
