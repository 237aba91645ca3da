"""The figures of a period as they went: a day or a week at a time, and by hour and weekday."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDate

from accounts.models import User
from sla.figures.compliance import Figures, is_late, whose
from sla.figures.tallies import DAY, HOUR, Cutting, counted, text
from sla.models import Breach, Clock, Tally

# Longer periods are told by the week.
DAYS_BY_DAY = 45
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(slots=True)
class Step:
    """The clocks that started on one day, or in one week (from Monday)."""

    first: date
    figures: Figures


def steps(
    user: User, start: datetime, end: datetime, *, zone: ZoneInfo, at: datetime
) -> tuple[str, list[Step]]:
    """ "day" or "week", and every one of [start, end) by that zone's calendar, empty ones too."""
    weekly = (end - start) > timedelta(days=DAYS_BY_DAY)
    found = {
        day: Figures(key=day.isoformat(), name=f"{day.day} {day:%b}")
        for day in _days(start.astimezone(zone), end.astimezone(zone), weekly=weekly)
    }
    for said, *counts in counted(_by_day(start, end, zone), whose(user), start, end, at=at):
        day = date.fromisoformat(said)
        found[_monday(day) if weekly else day].add(*counts)
    return "week" if weekly else "day", [Step(day, figures) for day, figures in found.items()]


def _days(start: datetime, end: datetime, *, weekly: bool) -> Iterator[date]:
    day, last = start.date(), (end - timedelta(microseconds=1)).date()
    day = _monday(day) if weekly else day
    while day <= last:
        yield day
        day += timedelta(days=7 if weekly else 1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _by_day(start: datetime, end: datetime, zone: ZoneInfo) -> Cutting:
    """Days of that zone from hours of UTC; where they don't fit, from the clocks one by one."""
    instants = (start + n * DAY for n in range((end - start).days + 2))
    offsets = {instant.astimezone(zone).utcoffset() or timedelta() for instant in instants}
    slot = text(TruncDate("slot", tzinfo=zone))
    return Cutting(
        Tally.Cut.HOUR,
        clock=text(TruncDate("started_at", tzinfo=zone)),
        tally=slot,
        change=slot,
        direct=any(offset % HOUR for offset in offsets),
    )


def misses_by_hour(
    user: User, start: datetime, end: datetime, *, zone: ZoneInfo, at: datetime
) -> dict[tuple[int, int], int]:
    """(weekday 0 = Monday, hour) → misses of [start, end), by the deadline in that zone."""
    period = Q(started_at__gte=start, started_at__lt=end) & whose(user).condition
    recorded = Breach.objects.filter(period, overturned_at=None)
    not_yet = Clock.objects.filter(period, is_late(at))
    found: Counter[tuple[int, int]] = Counter()
    for missed, deadline in ((recorded, "breached_at"), (not_yet, "due_at")):
        rows = (
            missed.order_by()
            .annotate(
                weekday=ExtractIsoWeekDay(deadline, tzinfo=zone),
                hour=ExtractHour(deadline, tzinfo=zone),
            )
            .values_list("weekday", "hour")
            .annotate(n=Count("*"))
        )
        for weekday, hour, n in rows:
            found[weekday - 1, hour] += n
    return dict(found)
