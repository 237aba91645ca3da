"""The sweep among very many open alarms: against a bare statement, and against few open ones."""

from collections.abc import Callable
from datetime import datetime
from statistics import median

from accounts.instants import database_now
from bench import stage
from bench.figures import Figure, in_turns
from bench.plan import Plan
from bench.sweeping import by_bare_statement, by_us
from sla.sweep import sweep

FEW = 10_000
# Deadlines lie in the order of the leads up to five minutes (bench.history), so that a batch is
# drawn from the rows of five minutes: among a million open alarms, from some 42,000. Whoever has
# been sweeping has touched those pages; so have we, once this many were fired.
MOST_WARMING = 50_000


def sweep_open_row(plan: Plan, scale: int) -> list[Figure]:
    """One batch at a time, in turns: by us and bare among many, by us among few; of a sweep that
    has been at work before."""
    few = min(FEW, scale)
    # Every turn fires one batch, and one alarm before it that warms the new connection; as much as
    # two turns is fired in advance.
    batch = few // 2 // (2 * plan.rounds + 2) - 1
    names = {"few": plan.fresh_late(few, "few"), "many": plan.fresh_late(scale)}
    at = database_now()
    for name, due in (("few", few // 2), ("many", scale // 2)):
        stage.use(names[name])
        sweep(at=at, most=min(MOST_WARMING, max(2 * batch, due // 8)), batch=batch)

    def among(name: str, side: Callable[..., float]) -> Callable[[], float]:
        def turn() -> float:
            _move_to(names[name], at=at)
            return side(at, share=batch, batch=batch)

        return turn

    turns = (among("many", by_us), among("many", by_bare_statement), among("few", by_us))
    ours, bare, ours_among_few = (median(rates) for rates in in_turns(plan.rounds, *turns))
    return [
        Figure("sweep_open", scale, ours, bare, 0.5, unit="alarms/s"),
        Figure("sweep_open_time", scale, batch / ours * 1000, batch / ours_among_few * 1000, 1.3,
               at_most=True, unit="ms"),
    ]  # fmt: skip


def _move_to(name: str, *, at: datetime) -> None:
    stage.use(name)
    sweep(at=at, batch=1, most=1)
