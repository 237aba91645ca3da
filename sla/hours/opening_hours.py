"""Opening hours as people type and read them: "9-17", "08:00–12:30, 13:30–18:00", "22:00–06:00"."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

Windows = list[list[str]]

ALL_DAY = [["00:00", "24:00"]]
NEVER = {"", "closed", "off", "none", "-", "–"}
MOST_WINDOWS = 12
_BETWEEN = re.compile(r"\s*(?:[-–—]|\bto\b|\buntil\b)\s*")
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?")


def read(text: str) -> Windows:
    """The windows a person typed, in order; none when closed.

    Raises ValueError naming what can't be read and how to write it.
    """
    plain = " ".join(text.lower().split())
    if plain in NEVER:
        return []
    if plain in ("all day", "24 h", "24h", "24/7"):
        return ALL_DAY
    parts = [part for part in re.split(r"[,;]|\band\b", plain) if part.strip()]
    if len(parts) > MOST_WINDOWS:
        raise ValueError(
            f"{len(parts)} windows are too many for a day; {MOST_WINDOWS} is the most."
        )
    return sorted(_window(part.strip()) for part in parts)


def _window(text: str) -> list[str]:
    ends = _BETWEEN.split(text)
    if len(ends) != 2:
        raise ValueError(
            f"“{text[:40]}” is not a span of time; write it as 09:00–17:00, "
            "several with commas between."
        )
    since, until = _time(ends[0]), _time(ends[1])
    if since == "24:00":
        raise ValueError(f"“{text[:40]}” starts at 24:00; write it as 00:00 of the next day.")
    if since == until:
        raise ValueError(
            f"“{text[:40]}” starts and ends at once; for a whole day write 00:00–24:00, "
            "or nothing when closed."
        )
    return [since, until]


def _time(text: str) -> str:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"“{text[:20]}” is not a time; write it as HH:MM, such as 09:00.")
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "")[:1]
    if half and not 1 <= hour <= 12:
        raise ValueError(f"“{text[:20]}” is not a time; before am or pm use 1 to 12.")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if minute > 59 or hour * 60 + minute > 24 * 60:
        raise ValueError(f"“{text[:20]}” is not a time of day; use 00:00 to 24:00.")
    return f"{hour:02}:{minute:02}"


def words(windows: Iterable[Iterable[str]]) -> str:
    """A day's hours: "09:00–12:30, 13:30–18:00", or "closed"."""
    return ", ".join("–".join(window) for window in windows) or "closed"


def runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days that follow on one another, as first and last day of each run."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def day_words(first: date, last: date) -> str:
    """One day or a run of them: "Fri 24 Dec 2027", "24 Dec 2027 – 2 Jan 2028"."""
    if first == last:
        return f"{first:%a} {first.day} {first:%b %Y}"
    return f"{first.day} {first:%b %Y} – {last.day} {last:%b %Y}"
