"""How long the nightly look for duplicates takes over all leads."""

import time

from accounts.instants import database_now
from bench.figures import Figure
from bench.plan import Plan
from leads.duplicates.nightly import propose

GOAL = 600.0  # seconds, for a million leads


def duplicates_row(plan: Plan, scale: int) -> list[Figure]:
    """Seconds of one look, pairs written; once, for it takes long and changes what it finds."""
    plan.fresh(scale)
    at = database_now()
    began = time.perf_counter()
    done = propose(at=at)
    seconds = time.perf_counter() - began
    assert done.leads == scale, done
    return [Figure("duplicates", scale, seconds, goal=GOAL, at_most=True, unit="s")]
