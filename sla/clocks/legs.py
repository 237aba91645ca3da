"""A promise in its owner's hours goes on in the next owner's: what is left is carried over."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sla import agreement
from sla.clocks.counting import deadline
from sla.models import Clock, Leg

# A clock that changed hands, and when.
Passed = tuple[Clock, datetime]


def begin(passed: Sequence[Passed], *, stamp: UUID) -> None:
    """Let clocks that changed hands run on in their owner's hours; the caller saves them.

    The leg that is over is written down at once, for whatever else happens to the clock.
    """
    for clock, instant in passed:
        hours = agreement.hours_for(clock.term, clock.owner_id, clock.team_id, stamp=stamp)
        Leg.objects.create(
            clock=clock, calendar_version_id=clock.calendar_version_id, until=instant
        )
        clock.calendar_version_id = hours.version_id if hours else None
        clock.due_at, clock.remaining_seconds = deadline(
            clock, clock.target_seconds, hours.working if hours else None
        )
