"""A calendar's year, day by day: when is it open, and which days differ from the week?"""

import calendar as months
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sla import agreement
from sla.hours import opening_hours
from sla.hours.calendars import special_days
from sla.models import CalendarVersion

OPEN, CLOSED, HOLIDAY, OPENED, SHUT = "open", "closed", "holiday", "opened", "shut"
KINDS = {
    OPEN: "Open",
    CLOSED: "Closed",
    HOLIDAY: "Public holiday, closed",
    OPENED: "Specially opened",
    SHUT: "Closed by us",
}
ORDINARY = {OPEN, CLOSED}


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its kind, and what is to be said of it."""

    date: date
    kind: str
    words: str

    @property
    def is_special(self) -> bool:
        return self.kind not in ORDINARY


@dataclass(frozen=True, slots=True)
class Month:
    """A month in weeks from Monday to Sunday; None where another month's days are."""

    name: str
    weeks: list[list[Day | None]]


@dataclass(frozen=True, slots=True)
class Year:
    """A calendar's year."""

    number: int
    months: list[Month]
    special: list[Day]
    open_days: int
    hours: int


def year_of(version: CalendarVersion, year: int) -> Year:
    """The year as a version of a calendar has it; a draft that is not saved will do."""
    days = _days(version, year)
    zone = ZoneInfo(version.tz)
    working = agreement.working_calendar(version)
    seconds = working.elapsed(
        datetime(year, 1, 1, tzinfo=zone).astimezone(UTC),
        datetime(year + 1, 1, 1, tzinfo=zone).astimezone(UTC),
    )
    return Year(
        year,
        [Month(months.month_name[number], _weeks(days, year, number)) for number in range(1, 13)],
        [day for day in days.values() if day.is_special],
        sum(day.kind in (OPEN, OPENED) for day in days.values()),
        seconds // 3600,
    )


def _days(version: CalendarVersion, year: int) -> dict[date, Day]:
    special = special_days(version)
    public = agreement.public_holidays(version.country, version.subdivision, year)
    found = {}
    day = date(year, 1, 1)
    while day.year == year:
        usual = version.weekly.get(str(day.weekday()), [])
        if day in special:
            windows = special[day]
            name = f" ({public[day]})" if day in public else ""
            said = f"{opening_hours.words(windows)}{name}"
            found[day] = Day(day, OPENED if windows else SHUT, said)
        elif day in public:
            found[day] = Day(day, HOLIDAY, public[day])
        else:
            found[day] = Day(day, OPEN if usual else CLOSED, opening_hours.words(usual))
        day += timedelta(days=1)
    return found


def _weeks(days: dict[date, Day], year: int, month: int) -> list[list[Day | None]]:
    weeks = months.Calendar(months.MONDAY).monthdatescalendar(year, month)
    return [[days[day] if day.month == month else None for day in week] for week in weeks]
