"""What needs somebody now: the clocks with the least time left, and misses nobody has answered."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from sla.figures.compliance import judged, with_outcome
from sla.models import Clock, ClockQuerySet

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
    running = waiting.filter(state=Clock.State.RUNNING, due_at__gte=at)
    unanswered = waiting.filter(with_outcome("unanswered", at=at))
    return AtRisk(
        running=_first(running),
        running_count=running.count(),
        unanswered=_first(unanswered),
        unanswered_count=unanswered.count(),
    )


def _first(clocks: ClockQuerySet) -> list[Clock]:
    found = clocks.with_warning().with_subject().select_related("term", "owner")
    return list(found.order_by("due_at", "id")[:SHOWN])
