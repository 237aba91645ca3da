"""Relative dates: what “this week” and “the last 7 days” are, in a reader's time zone."""

from datetime import date, datetime, time, timedelta, tzinfo

PERIODS = {
    "today": "today",
    "yesterday": "yesterday",
    "tomorrow": "tomorrow",
    "this_week": "this week",
    "last_week": "last week",
    "next_week": "next week",
    "this_month": "this month",
    "last_month": "last month",
    "next_month": "next month",
    "this_quarter": "this quarter",
    "last_quarter": "last quarter",
    "this_year": "this year",
    "last_year": "last year",
}
# From the first of these days up to, and without, the second; None is open.
Days = tuple[date | None, date | None]


def today(at: datetime, zone: tzinfo) -> date:
    """The reader's day at this instant."""
    return at.astimezone(zone).date()


def period(name: str, day: date) -> Days:
    """The days of a period seen from a day; weeks begin on Monday. KeyError for an unknown one."""
    if name not in PERIODS:
        raise KeyError(name)
    which, _, unit = name.partition("_")
    if not unit:
        step = {"today": 0, "yesterday": -1, "tomorrow": 1}[which]
        return day + timedelta(step), day + timedelta(step + 1)
    step = {"this": 0, "last": -1, "next": 1}[which]
    if unit == "week":
        monday = day - timedelta(day.weekday()) + timedelta(weeks=step)
        return monday, monday + timedelta(weeks=1)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = (day.month - 1) // months * months
    return _month(day.year, first + step * months), _month(day.year, first + (step + 1) * months)


def _month(year: int, month: int) -> date:
    """The first day of a month counted from 0, which may lie beyond the year."""
    return date(year + month // 12, month % 12 + 1, 1)


def last(days: int, day: date) -> Days:
    """So many days up to today, today being one of them."""
    return day - timedelta(days - 1), day + timedelta(1)


def following(days: int, day: date) -> Days:
    """So many days from today on, today being one of them."""
    return day, day + timedelta(days)


def longer_ago(days: int, day: date) -> Days:
    """All that lies before the last so many days."""
    return None, day - timedelta(days - 1)


def begins(day: date, zone: tzinfo) -> datetime:
    """The instant a day begins for the reader."""
    return datetime.combine(day, time(), zone)
