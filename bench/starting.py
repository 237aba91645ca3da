"""What the clocks of one handoff cost: handed over with them and without them, in turns."""

import time
from statistics import median

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.instants import database_now
from accounts.models import User
from bench import company, history
from bench.figures import Figure, in_turns
from bench.plan import Plan
from leads.capture import capture_leads
from leads.signals import activities_recorded
from sla.receivers import follow_activities

ROUNDS = 150
UID = "sla-follows-activities"
MOST_MS, MOST_QUERIES = 2, 3


def start_clocks_row(plan: Plan, scale: int) -> list[Figure]:
    """Milliseconds and queries that three clocks with their alarms add to one handoff."""
    plan.fresh(scale)
    marketer = User.objects.get(email="maya@bench.test")
    number = 0

    def hand_over() -> float:
        nonlocal number
        number += 1
        row = {
            "email": f"start{number}@clocks.example", "company": "Hotel", "country": "US",
            "job_title": "Owner and manager", "touchpoint": "event", "campaign": company.CAMPAIGN,
        }  # fmt: skip
        at = database_now()
        began = time.perf_counter()
        (captured,) = capture_leads([row], by=marketer, at=at)
        seconds = time.perf_counter() - began
        assert captured.handoff is not None, captured.refused
        return seconds * 1000

    def without() -> float:
        activities_recorded.disconnect(dispatch_uid=UID)
        try:
            return hand_over()
        finally:
            activities_recorded.connect(follow_activities, dispatch_uid=UID)

    for _ in range(5):
        hand_over(), without()  # statements prepared, configuration remembered
    before = history.total("sla_clock")
    rounds = 2 if plan.brief else ROUNDS
    theirs, bare = in_turns(rounds, hand_over, without)
    assert history.total("sla_clock") - before == 3 * rounds
    with CaptureQueriesContext(connection) as with_clocks:
        hand_over()
    with CaptureQueriesContext(connection) as without_clocks:
        without()
    return [
        Figure("start_clocks", scale, max(0.001, median(theirs) - median(bare)), goal=MOST_MS,
               at_most=True, unit="ms added"),
        Figure("start_clocks_queries", scale, len(with_clocks) - len(without_clocks),
               goal=MOST_QUERIES, at_most=True),
    ]  # fmt: skip
