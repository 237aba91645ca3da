"""What a pause does to a clock: the working time that is left is kept, and given back at its end.

Called by sla.clocks.following, on clocks it has locked and will save. The instants are those of
the pauses, never those at which somebody looked: a pause until Monday is over on Monday, though
the sweep comes on Tuesday.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from leads.models import Activity, Kind
from sla import agreement
from sla.clocks.counting import seconds_left
from sla.models import Clock, Pause


def wake(clocks: Sequence[Clock], *, at: datetime) -> None:
    """Let clocks run on whose pauses were over at `at`, from the instant they were."""
    for clock in clocks:
        if clock.state == Clock.State.PAUSED:
            _end_pauses(clock, at=at)


def write_awake(clocks: Sequence[Clock]) -> None:
    """Write that clocks ran again, and until when: they woke and were missed in one step, and
    sla.clocks.breaches records only what its row says runs."""
    for clock in clocks:
        Clock.objects.filter(pk=clock.pk).update(
            state=Clock.State.RUNNING, due_at=clock.due_at, remaining_seconds=None
        )


def hold_or_release(activity: Activity, clocks: Sequence[Clock], *, at: datetime) -> None:
    """Follow a recorded pause or the end of one."""
    for clock in clocks:
        if activity.kind == Kind.PAUSED:
            _pause(clock, activity, at=at)
        elif clock.state == Clock.State.PAUSED and not activity.data.get("until"):
            # By hand: whatever held it is over. The end of a date is `wake`'s.
            _end_pauses(clock, at=at, all_at=activity.occurred_at)


def reasons(clock: Clock) -> dict[str, str]:
    """For which reasons this clock may be paused: key → words."""
    return {reason["key"]: reason["label"] for reason in clock.term.pause_reasons}


def can_pause(clock: Clock, *, at: datetime) -> bool:
    """Whether a pause changes anything: not after the end, and no pause heals a miss."""
    if clock.ended_at is not None or not clock.term.pause_reasons:
        return False
    if clock.state == Clock.State.PAUSED:
        return True
    return clock.state == Clock.State.RUNNING and clock.due_at is not None and clock.due_at >= at


def _pause(clock: Clock, activity: Activity, *, at: datetime) -> None:
    reason, until = activity.data.get("reason", ""), activity.data.get("until")
    start = activity.occurred_at
    if reason not in reasons(clock) or not can_pause(clock, at=start):
        return
    if clock.state == Clock.State.RUNNING:
        assert clock.calendar_version_id is not None
        assert clock.due_at is not None
        working = agreement.hours(clock.calendar_version_id).working
        clock.remaining_seconds = seconds_left(working, start, clock.due_at)
        clock.due_at = None
        clock.state = Clock.State.PAUSED
    Pause.objects.create(
        clock=clock, started_at=start, reason=reason, by=activity.actor,
        until=datetime.fromisoformat(until) if until else None,
    )  # fmt: skip


def _end_pauses(clock: Clock, *, at: datetime, all_at: datetime | None = None) -> None:
    """End the pauses that are over (with `all_at`, all of them); run on after the last."""
    held = list(Pause.objects.open().filter(clock=clock))
    over = [p for p in held if all_at is not None or (p.until is not None and p.until <= at)]
    for pause in over:
        pause.ended_at = pause.until if pause.until and pause.until <= at else all_at
        pause.save(update_fields=["ended_at"])
    if len(over) == len(held):
        ends = Pause.objects.filter(clock=clock, ended_at__isnull=False)
        _run_on(clock, max(p.ended_at for p in ends if p.ended_at))


def _run_on(clock: Clock, instant: datetime) -> None:
    assert clock.calendar_version_id is not None
    assert clock.remaining_seconds is not None
    working = agreement.hours(clock.calendar_version_id).working
    clock.due_at = working.add(instant.astimezone(UTC), clock.remaining_seconds)
    clock.remaining_seconds = None
    clock.state = Clock.State.RUNNING


def let_go(clocks: Sequence[Clock]) -> None:
    """Clocks that are over hold no pause: answered, or voided, it ends with them."""
    for clock in clocks:
        if clock.ended_at is not None:
            clock.remaining_seconds = None
            Pause.objects.open().filter(clock=clock).update(
                ended_at=clock.stopped_at or clock.ended_at
            )
