"""A clock's deadline, counted from its start: under whose hours it ran, and when it stood still.

One count for all who need it: a lead that passes to another owner, clocks that are moved, rebuilt,
or run again under a draft. Pure but for the calendar versions, which never change.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sla import agreement
from sla.business_time import WorkingCalendar
from sla.models import Clock, Leg

# The working time of a stretch, and the instant from which it counts.
Stretch = tuple[datetime, WorkingCalendar | None]
# From when until when it stood still; None: it is not over.
Still = tuple[datetime, datetime | None]
PASS, STOP, GO = range(3)


def seconds_left(working: WorkingCalendar, start: datetime, due_at: datetime) -> int:
    """Working seconds to the deadline; a part of a second counts for whoever owes the answer."""
    left = working.elapsed(start, due_at)
    again = working.add(start, left)
    return left + (again is not None and again < due_at)


def run(
    stretches: Sequence[Stretch], target: int, stood_still: Iterable[Still] = ()
) -> tuple[datetime | None, int]:
    """The deadline of so many working seconds, and what was left when it last changed.

    The first stretch begins with the clock. What is left is carried over, to the second, from one
    stretch to the next and over each pause. No deadline: it stands still, or is never open. A
    deadline before a change stands, whatever comes after; one at the very instant of a pause is
    not past, and comes again at the pause's end.
    """
    (since, working), *later = stretches
    events: list[tuple[datetime, int, WorkingCalendar | None]] = [
        (start, PASS, hours) for start, hours in later
    ]
    for start, end in stood_still:
        events += [(start, STOP, None), *([(end, GO, None)] if end is not None else [])]
    left, still = target, False
    due_at = working.add(since, left) if working else None
    for instant, what, hours in sorted(events, key=lambda event: event[:2]):
        if due_at is not None and due_at < instant:
            break
        if due_at is not None and working is not None:
            left = seconds_left(working, instant, due_at) if due_at > instant else 0
        if what == PASS:
            working = hours
        else:
            still = what == STOP
        if still:
            due_at = None
        elif left:
            due_at = working.add(instant, left) if working else None
        else:
            due_at = instant  # Nothing is left: due at once, in whatever hours.
    return due_at, left


def stretches_of(
    started_at: datetime, legs: Iterable[Leg], present: WorkingCalendar | None
) -> list[Stretch]:
    """A clock's stretches: the hours of each leg, then the present ones."""
    found: list[Stretch] = []
    since = started_at
    for leg in sorted(legs, key=lambda leg: (leg.until, leg.pk or 0)):
        found.append((since, working_of(leg.calendar_version_id)))
        since = leg.until
    return [*found, (since, present)]


def working_of(version_id: int | None) -> WorkingCalendar | None:
    """The working time of a calendar version."""
    return agreement.hours(version_id).working if version_id is not None else None


def deadline(
    clock: Clock, target: int, present: WorkingCalendar | None, *, legs: Iterable[Leg] | None = None
) -> tuple[datetime | None, int | None]:
    """The deadline of a clock under these hours, or for a paused one the working seconds left.

    Its legs, unless others are given, and its pauses count as they were.
    """
    legs = clock.legs.all() if legs is None else legs  # type: ignore[attr-defined]  # Leg's
    due_at, left = run(stretches_of(clock.started_at, legs, present), target, _stood_still(clock))
    if clock.state != Clock.State.PAUSED:
        return due_at, None
    return None, 0 if due_at is not None else left


def _stood_still(clock: Clock) -> list[Still]:
    """When the clock stood still."""
    pauses = clock.pauses.all()  # type: ignore[attr-defined]  # Pause's related name
    return merged((pause.started_at, pause.ended_at) for pause in pauses)


def merged(pauses: Iterable[Still]) -> list[Still]:
    """Overlapping pauses as one; the last may not be over (None)."""
    found: list[Still] = []
    for start, end in sorted(pauses, key=lambda pause: pause[0]):
        last = found[-1] if found else None
        if last is not None and (last[1] is None or start <= last[1]):
            ends = None if last[1] is None or end is None else max(last[1], end)
            found[-1] = (last[0], ends)
        else:
            found.append((start, end))
    return found
