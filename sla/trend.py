"""The figures of a period as they went: a day or a week at a time, and by hour and weekday."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncDay, TruncWeek

from accounts.models import User
from sla.compliance import Figures, judged

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
    cut = TruncWeek if weekly else TruncDay
    rows = (
        judged(user, at=at)
        .filter(started_at__gte=start, started_at__lt=end)
        .order_by()
        .annotate(step=cut("started_at", tzinfo=zone))
        .values_list("step", "outcome", "excused")
        .annotate(n=Count("pk"))
    )
    first, last = (
        start.astimezone(zone).date(),
        (end - timedelta(seconds=1)).astimezone(zone).date(),
    )
    if weekly:
        first -= timedelta(days=first.weekday())
    length = 7 if weekly else 1
    found: dict[date, Figures] = {}
    day = first
    while day <= last:
        found[day] = Figures(key=day.isoformat(), name=f"{day.day} {day:%b}")
        day += timedelta(days=length)
    for instant, outcome, excused, n in rows:
        found[instant.astimezone(zone).date()].count(outcome, excused, n)
    return "week" if weekly else "day", [Step(day, figures) for day, figures in found.items()]


def misses_by_hour(
    user: User, start: datetime, end: datetime, *, zone: ZoneInfo, at: datetime
) -> dict[tuple[int, int], int]:
    """(weekday 0 = Monday, hour) → misses of [start, end), by the deadline in that zone."""
    rows = (
        judged(user, at=at)
        .filter(Q(outcome="missed"), started_at__gte=start, started_at__lt=end)
        .order_by()
        .annotate(
            weekday=ExtractIsoWeekDay("due_at", tzinfo=zone),
            hour=ExtractHour("due_at", tzinfo=zone),
        )
        .values_list("weekday", "hour")
        .annotate(n=Count("pk"))
    )
    return {(weekday - 1, hour): n for weekday, hour, n in rows}
