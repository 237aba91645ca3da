"""A merge or a deletion was undone: the clocks that it ended unjudged run on."""

from collections.abc import Sequence
from datetime import datetime

from leads.models import Activity
from sla.clocks.alarms import reset_alarms
from sla.clocks.counting import deadline, working_of
from sla.models import Clock


def revive(activities: Sequence[Activity]) -> None:
    """Let run again what ended when these handoffs were withdrawn (`data["withdrawn_at"]`).

    Their deadlines stand; one that has passed meanwhile is found missed by the next sweep.
    """
    for activity in activities:
        ended = activity.data.get("withdrawn_at")
        if not ended:
            continue
        clocks = Clock.objects.select_for_update(of=("self",)).filter(
            handoff=activity.handoff_id,
            ended_at=datetime.fromisoformat(ended),
            stopped_at=None,
        )
        for clock in clocks.select_related("term").order_by("pk"):
            _run_on(clock)


def _run_on(clock: Clock) -> None:
    clock.ended_at = None
    if clock.state == Clock.State.VOIDED:
        clock.state = Clock.State.RUNNING
        if clock.due_at is None and clock.calendar_version_id is not None:
            # It stood still when it ended, and the pause ended with it.
            clock.due_at, clock.remaining_seconds = deadline(
                clock, clock.target_seconds, working_of(clock.calendar_version_id)
            )
    clock.save(update_fields=["ended_at", "state", "due_at", "remaining_seconds"])
    reset_alarms(clock)
