"""Lengths of working time as people write them ("15 min", "4 h", "5 days"), and instants."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from sla.reading import HOUR, MINUTE, WORKING_DAY

LONGEST_DAYS = 250
FIRST_YEAR, LAST_YEAR = 2000, 2100
REMEDY = "write it as 15 min, 4 h, 1 h 30 min or 5 days (a day is {hours} hours)"
LENGTHS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), HOUR),
}
_PART = r"(\d{1,6}(?:[.,]\d{1,3})?)\s*([a-z]+)"


DAYS = ("d", "day", "days")


def span_written(text: str, *, day: int = WORKING_DAY) -> int:
    """Working seconds (around the clock: with `day=DAY`); raises ValueError naming what was typed
    and how to write it."""
    units = {**LENGTHS, **dict.fromkeys(DAYS, day)}
    remedy = REMEDY.format(hours="8 working" if day == WORKING_DAY else day // HOUR)
    said = re.sub(r"\bworking\b", " ", text.strip().lower())
    parts = re.findall(_PART, said, re.ASCII)
    if not parts or re.sub(_PART, "", said, flags=re.ASCII).strip():
        raise ValueError(f"“{text.strip()[:30]}” is not a length of time; {remedy}.")
    unknown = [unit for _, unit in parts if unit not in units]
    if unknown:
        raise ValueError(f"“{unknown[0][:20]}” is no unit of time; {remedy}.")
    seconds = sum(float(n.replace(",", ".")) * units[unit] for n, unit in parts)
    if not 1 <= seconds <= LONGEST_DAYS * day:
        raise ValueError(
            f"“{text.strip()[:30]}” is out of range; use 1 second to {LONGEST_DAYS} days."
        )
    return round(seconds)


def written(seconds: int, *, day: int = WORKING_DAY) -> str:
    """The same the other way round, exactly: 5400 → "1 h 30 min"."""
    if seconds >= 2 * day and seconds % day == 0:
        return f"{seconds // day} days"
    lengths = (seconds // HOUR, "h"), (seconds % HOUR // MINUTE, "min"), (seconds % MINUTE, "s")
    return " ".join(f"{n} {unit}" for n, unit in lengths if n)


def read_instant(text: str, zone: ZoneInfo) -> datetime:
    """What a date-and-time field sends, read in the viewer's zone."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text[:30]}” is not a time; write it as 2027-01-31T09:30.") from None
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise ValueError(f"The year must be from {FIRST_YEAR} to {LAST_YEAR}, not {start.year}.")
    return start if start.tzinfo else start.replace(tzinfo=zone)
