"""A merge, a deletion or a recycling was undone: the clocks that it ended unjudged run on."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from leads.models import Activity
from sla.clocks.alarms import reset_alarms
from sla.clocks.counting import deadline, working_of
from sla.models import Clock

REVIVED = ("ended_at", "stopped_at", "stopped_by", "state", "due_at", "remaining_seconds")


def revive(activities: Sequence[Activity]) -> None:
    """Let run again what ended when these handoffs were (`data["withdrawn_at"]`).

    Their deadlines stand; one that has passed meanwhile is found missed by the next sweep.
    """
    for activity in activities:
        ended = activity.data.get("withdrawn_at")
        if not ended:
            continue
        clocks = Clock.objects.select_for_update(of=("self",)).filter(
            # What the step that is undone had answered is not answered any more.
            Q(ended_at=datetime.fromisoformat(ended), stopped_at=None)
            | Q(stopped_by=activity.data.get("undoes", 0)),
            handoff=activity.handoff_id,
        )
        for clock in clocks.select_related("term").order_by("pk"):
            _run_on(clock)


def _run_on(clock: Clock) -> None:
    clock.ended_at = clock.stopped_at = clock.stopped_by = None
    if clock.state in (Clock.State.VOIDED, Clock.State.MET):
        clock.state = Clock.State.RUNNING
        if clock.due_at is None and clock.calendar_version_id is not None:
            # It stood still when it ended, and the pause ended with it.
            clock.due_at, clock.remaining_seconds = deadline(
                clock, clock.target_seconds, working_of(clock.calendar_version_id)
            )
    clock.save(update_fields=[*REVIVED])
    reset_alarms(clock)
