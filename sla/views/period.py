"""The stretch of days a page speaks of, in the viewer's own zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
NAMED = {
    "7d": "7 days",
    "30d": "30 days",
    "90d": "90 days",
    "month": "This month",
    "last-month": "Last month",
}
USUAL = "30d"


@dataclass(frozen=True, slots=True)
class Period:
    """From the start of `first` to the end of `last`, both days included."""

    # One of NAMED, or "custom".
    name: str
    first: date
    last: date
    zone: ZoneInfo
    # What was wrong with what was asked; the usual period is shown instead.
    error: str = ""

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, datetime.min.time(), self.zone)

    @property
    def end(self) -> datetime:
        """Exclusive."""
        return datetime.combine(self.last + timedelta(days=1), datetime.min.time(), self.zone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def query(self) -> dict[str, str]:
        """As days in an address: it goes on meaning the same days tomorrow."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    def __str__(self) -> str:
        return f"{_said(self.first)} – {_said(self.last)}"


def asked_for(query: Mapping[str, str], *, zone: ZoneInfo, at: datetime) -> Period:
    """The period an address names: `from` and `to` as days, else `period`, else 30 days."""
    today = at.astimezone(zone).date()
    name = query.get("period") or USUAL
    error = ""
    if query.get("from") or query.get("to"):
        try:
            first, last = _days(query.get("from") or "", query.get("to") or "", today)
        except ValueError as problem:
            error = str(problem)
        else:
            found = next((n for n in NAMED if _named(n, today) == (first, last)), "custom")
            return Period(found, first, last, zone)
    elif name not in NAMED:
        error = f"“{name[:20]}” is not a period; use one of {', '.join(NAMED)}."
    if name not in NAMED:
        name = USUAL
    return Period(name, *_named(name, today), zone, error)


def _named(name: str, today: date) -> tuple[date, date]:
    if name == "month":
        return today.replace(day=1), today
    if name == "last-month":
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    return today - timedelta(days=int(name.removesuffix("d")) - 1), today


def _days(first: str, last: str, today: date) -> tuple[date, date]:
    end = _day(last) if last else today
    start = _day(first) if first else end - timedelta(days=29)
    if end < start:
        raise ValueError(f"The period ends ({end}) before it starts ({start}); swap the two.")
    return start, end


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text[:20]}” is not a day; write it as 2027-01-31.") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"{day} is out of range; use a day from {FIRST_DAY} to {LAST_DAY}.")
    return day


def _said(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
