"""The alarms of a clock: when it must act, and what becomes of them when its deadline moves."""

from datetime import datetime, timedelta

from sla import agreement
from sla.business_time import WorkingCalendar
from sla.models import Action, Alarm, Clock

# What gives the lead to somebody else.
MOVING = (Action.REASSIGN, Action.BACK_TO_POOL)


def alarms_of(clock: Clock) -> list[Alarm]:
    """The alarms of a running clock, from its term's steps; none without a deadline."""
    if clock.due_at is None or clock.calendar_version_id is None:
        return []
    working = agreement.hours(clock.calendar_version_id).working
    start, left = _counted_from(clock, working)
    alarms = []
    for number, step in enumerate(clock.term.steps):
        if clock.acknowledgement_id is not None and step["action"] in MOVING:
            continue  # Nobody acknowledges for somebody else.
        if step["action"] == Action.BREACH:
            # Due at exactly 10:00:00 is still in time: the breach is the instant after.
            fire_at: datetime | None = clock.due_at + timedelta(microseconds=1)
        elif "share" in step:
            after = int(clock.target_seconds * step["share"]) - (clock.target_seconds - left)
            fire_at = working.add(start, max(0, after))
        else:
            fire_at = working.add(clock.due_at, step["after"])
        if fire_at is not None:
            alarms.append(Alarm(clock=clock, step=number, action=step["action"], fire_at=fire_at))
    return alarms


def _counted_from(clock: Clock, working: WorkingCalendar) -> tuple[datetime, int]:
    """Since when the clock runs in the same hours without a break, and the working seconds it had
    left then."""
    # `all()`, so that whoever has many clocks may prefetch.
    if clock.pk is None:
        return clock.started_at, clock.target_seconds
    ends = [pause.ended_at for pause in clock.pauses.all()]  # type: ignore[attr-defined]  # Pause's
    ends += [leg.until for leg in clock.legs.all()]  # type: ignore[attr-defined]  # Leg's
    over = [end for end in ends if end is not None]
    if not over or len(over) < len(ends) or clock.due_at is None:
        return clock.started_at, clock.target_seconds
    return max(over), working.elapsed(max(over), clock.due_at)


def reset_alarms(clock: Clock) -> None:
    """Make the alarms those of the clock as it is now; what has fired has fired.

    A clock that is over or paused has none waiting, a missed one only what follows from the miss.
    One that runs again (it was held for missed) will be breached, told and passed on anew.
    """
    running, missed = clock.state == Clock.State.RUNNING, clock.state == Clock.State.MISSED
    before = (Action.WARN, Action.BREACH)
    wanted = [
        alarm for alarm in alarms_of(clock)
        if clock.ended_at is None and (running or (missed and alarm.action not in before))
    ]  # fmt: skip
    there = {alarm.step: alarm for alarm in Alarm.objects.filter(clock=clock)}
    for alarm in wanted:
        old = there.pop(alarm.step, None)
        if old is None:
            alarm.save()
        elif old.state != Alarm.State.FIRED or (running and alarm.action != Action.WARN):
            Alarm.objects.filter(pk=old.pk).update(
                fire_at=alarm.fire_at, state=Alarm.State.WAITING, fired_at=None, error=""
            )
    over = [alarm.pk for alarm in there.values()]
    Alarm.objects.filter(pk__in=over, state=Alarm.State.WAITING).update(state=Alarm.State.VOID)
