"""What needs somebody now: the clocks with the least time left, and misses nobody has answered."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from accounts.models import User
from sla.compliance import judged
from sla.models import Clock

SHOWN = 6


@dataclass(slots=True)
class AtRisk:
    """The first few of each kind, and how many there are."""

    running: list[Clock]
    running_count: int
    unanswered: list[Clock]
    unanswered_count: int


def now(user: User, *, at: datetime) -> AtRisk:
    """Clocks this person may judge that still wait for an answer: next deadline first."""
    waiting = judged(user, at=at).unended()
    counts = waiting.order_by().aggregate(
        running=Count("pk", filter=Q(outcome="running", due_at__isnull=False)),
        unanswered=Count("pk", filter=Q(outcome="missed")),
    )
    shown = waiting.select_related("term", "lead", "owner").order_by("due_at", "id")
    return AtRisk(
        running=list(shown.filter(state=Clock.State.RUNNING, due_at__gte=at)[:SHOWN]),
        running_count=counts["running"],
        unanswered=list(shown.filter(Q(outcome="missed"))[:SHOWN]),
        unanswered_count=counts["unanswered"],
    )
