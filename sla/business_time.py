"""Working time: when is a promise of so many working seconds due, and how many were worked?

Pure arithmetic, standard library only. A `WorkingCalendar` turns its local windows into UTC
instants day by day, so daylight saving is exact, and keeps them as a sorted timeline with the
working time summed up. `add` and `elapsed` are then two bisections, however long the span.

Rules a reader may wonder about:

* A window is open from its first instant up to, not including, its last: [09:00, 17:00).
* A wall time that comes twice (autumn) means its first coming. One that the clocks jump over
  (spring) is read with the offset before the jump: 02:30 becomes 03:30. A window which that turns
  inside out (02:30 to 03:15) does not open that day.
* `add(start, seconds)` is the earliest instant at or after `start` by which so many seconds have
  been worked: full at closing time means closing time, not the next opening, and zero seconds
  are due at `start` itself, open or closed. Hence `add` never decreases as either argument grows.
* Microseconds count: half a second before closing and one second of work is half a second after
  the next opening. `elapsed` drops what is left over of a second, so
  `elapsed(s, add(s, d)) == d` holds for every start.
* `elapsed` is negative when `end` is before `start`: `elapsed(a, b) == -elapsed(b, a)`.
* Only the years 1900 to 2199 exist here, which bounds the work that any question can cause.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_SECOND = 1_000_000  # everything inside is whole microseconds since the epoch
_DAY = 86_400 * _SECOND
_FIRST = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH).days * _DAY
_LAST = (datetime(2200, 1, 1, tzinfo=UTC) - _EPOCH).days * _DAY
# A window may begin 15 h before its day does in UTC, and end 48 h + 16 h after it began.
_MARGIN_DAYS = 3
_BEHIND, _AHEAD = 7 * _DAY, 56 * _DAY  # what is built around a first question
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")

Window = Sequence[str]
_Spell = tuple[timedelta, timedelta]  # from the day's local midnight to opening and to closing


class _Timeline(NamedTuple):
    """Opening spells, complete for every instant from `first` to `last`; immutable once built.

    Spell i opens at `opens[i]`; up to its end `worked[i]` was worked since the timeline began;
    inside it, instant minus `shift[i]` is the time worked so far. Spell 0 is an empty one before
    all others, so that no bisection falls off the left edge.
    """

    first: int
    last: int
    opens: list[int]
    worked: list[int]
    shift: list[int]
    capacity: int  # worked up to `last`


_NOTHING = _Timeline(1, 0, [], [], [], 0)


class WorkingCalendar:
    """Weekly hours with closed and specially opened days, in one time zone. Never changes.

    `weekly` maps 0 = Monday … 6 = Sunday to windows ("HH:MM", "HH:MM") of local time; one that
    ends at or before its start runs past midnight, and belongs to the day it starts on. `closed`
    removes a day's windows, `opened` replaces them and wins. Overlapping windows count once.
    Raises ValueError for an unknown zone, weekday, date or time, naming value and remedy.

    Build it once and keep it: the timeline grows with the questions. Threads may share it.
    """

    def __init__(
        self,
        *,
        tz: str,
        weekly: Mapping[int, Iterable[Window]],
        closed: Iterable[date] = (),
        opened: Mapping[date, Iterable[Window]] | None = None,
    ) -> None:
        self.tz = tz
        self._zone = _zone(tz)
        by_weekday = {_weekday(day): _spells(day, windows) for day, windows in weekly.items()}
        self._weekly = [by_weekday.get(day, []) for day in range(7)]
        self._special: dict[date, list[_Spell]] = {_date("closed", day): [] for day in closed}
        for day, windows in (opened or {}).items():
            self._special[_date("opened", day)] = _spells(day, windows)
        self._opens_ever = any(self._weekly) or any(self._special.values())
        self._timeline = _NOTHING

    def __repr__(self) -> str:
        return f"<WorkingCalendar {self.tz}>"

    def add(self, start: datetime, seconds: int) -> datetime | None:
        """The instant (UTC) by which `seconds` of working time have passed since `start`.

        None when the calendar never opens, or not long enough before the year 2200. Raises
        ValueError for a naive `start`, or for seconds that are negative or no whole number.
        """
        at = _micros(start)
        if not isinstance(seconds, int) or seconds < 0:
            raise ValueError(f"seconds {seconds!r}: give a whole number, 0 or more")
        first, last, opens, worked, shift, capacity = self._timeline
        if not first <= at <= last:
            first, last, opens, worked, shift, capacity = self._reach(at, at)
        i = bisect_right(opens, at) - 1
        target = at - shift[i]
        if target > worked[i]:  # closed at the start: nothing more is worked until it opens
            target = worked[i]
        target += seconds * _SECOND
        if target > capacity or not seconds:
            return self._add_far(at, seconds)
        due = target + shift[bisect_left(worked, target)]
        return _EPOCH + timedelta(0, due // _SECOND, due % _SECOND)

    def elapsed(self, start: datetime, end: datetime) -> int:
        """Whole working seconds from `start` to `end`; negative when `end` is the earlier one.

        Raises ValueError when either is naive.
        """
        a, b = _micros(start), _micros(end)
        if a > b:
            return -self.elapsed(end, start)
        line = self._timeline
        if not (line.first <= a and b <= line.last):
            line = self._reach(a, b)
        return (_worked_until(line, b) - _worked_until(line, a)) // _SECOND

    def is_open(self, at: datetime) -> bool:
        """Whether `at` lies in working time; closing time itself does not."""
        instant = _micros(at)
        line = self._reach(instant, instant)
        i = bisect_right(line.opens, instant) - 1
        return instant - line.shift[i] < line.worked[i]

    def next_opening(self, at: datetime) -> datetime | None:
        """The earliest open instant (UTC) at or after `at`: `at` itself when open then.

        None when the calendar does not open again before the year 2200.
        """
        if self.is_open(at):
            return at.astimezone(UTC)
        # The first microsecond of work ends one microsecond after the opening.
        due = self._work(_micros(at), 1)
        return None if due is None else _instant(due - 1)

    def _add_far(self, at: int, seconds: int) -> datetime | None:
        """`add` for the rare questions: zero seconds, or past the end of the timeline."""
        if not self._opens_ever:
            return None
        due = self._work(at, seconds * _SECOND) if seconds else at
        return None if due is None else _instant(due)

    def _work(self, at: int, amount: int) -> int | None:
        """Where `amount` > 0 microseconds of work begun at `at` end, growing the timeline to it."""
        if not self._opens_ever or at + amount > _LAST:
            return None
        line = self._reach(at, at + amount)
        while True:
            target = _worked_until(line, at) + amount
            if target <= line.capacity:
                return target + line.shift[bisect_left(line.worked, target)]
            if line.last >= _LAST:
                return None
            line = self._reach(at, line.last + 1)

    def _reach(self, first: int, last: int) -> _Timeline:
        """A timeline complete from `first` to `last`; keeps it for the next question.

        Each growth at least doubles it, so that all growing together costs no more than about
        twice the last. No lock: a thread works on the timeline it holds, which never changes, and
        of two threads growing at once either result is right to keep.
        """
        known = self._timeline
        if known.first <= first and last <= known.last:
            return known
        for instant in (first, last):
            if not _FIRST <= instant <= _LAST:
                raise ValueError(f"instant {_day(instant)} UTC: give one from 1900 to 2199")
        if known is _NOTHING:
            begin, finish = first - _BEHIND, last + _AHEAD
        else:
            step = known.last - known.first
            begin = known.first if first >= known.first else min(first, known.first - step)
            finish = known.last if last <= known.last else max(last, known.last + step)
        grown = self._build(max(begin, _FIRST), min(finish, _LAST))
        self._timeline = grown
        return grown

    def _build(self, first: int, last: int) -> _Timeline:
        """Lay out every spell that touches `first` to `last`, overlapping ones made one."""
        opens, closes = [first - 9 * _DAY], [first - 9 * _DAY]
        for opening, closing in sorted(self._openings(first, last)):
            if opening > closes[-1]:
                opens.append(opening)
                closes.append(closing)
            elif closing > closes[-1]:
                closes[-1] = closing
        worked, shift, total = [], [], 0
        for opening, closing in zip(opens, closes, strict=True):
            total += closing - opening
            worked.append(total)
            shift.append(closing - total)
        line = _Timeline(first, last, opens, worked, shift, 0)
        return line._replace(capacity=_worked_until(line, last))

    def _openings(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Opening and closing instants of every window of the days around `first` to `last`."""
        first_day = first // _DAY + _EPOCH_ORDINAL - _MARGIN_DAYS
        last_day = last // _DAY + _EPOCH_ORDINAL + _MARGIN_DAYS
        for ordinal in range(first_day, last_day + 1):
            day = date.fromordinal(ordinal)
            spells = self._special.get(day)
            if spells is None:
                spells = self._weekly[day.weekday()]
            if not spells:
                continue
            midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone)
            for since, until in spells:  # adding to a local time moves its wall clock
                opening, closing = _micros(midnight + since), _micros(midnight + until)
                if opening < closing:
                    yield opening, closing


def _micros(instant: datetime) -> int:
    try:
        since = instant - _EPOCH
    except TypeError:
        raise ValueError(
            f"instant {instant!r} has no time zone: give an aware datetime, such as one in UTC"
        ) from None
    return (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(0, micros // _SECOND, micros % _SECOND)


def _day(micros: int) -> date:
    """The instant's day in UTC; of the year 10000, which an offset can reach, the day before."""
    ordinal = micros // _DAY + _EPOCH_ORDINAL
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))


def _worked_until(line: _Timeline, at: int) -> int:
    i = bisect_right(line.opens, at) - 1
    return min(at - line.shift[i], line.worked[i])


def _zone(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, TypeError, AttributeError, OSError):  # OSError: a folder's name
        raise ValueError(
            f"time zone {tz!r} is unknown: use an IANA name such as 'America/New_York'"
        ) from None


def _weekday(day: int) -> int:
    if isinstance(day, bool) or not isinstance(day, int) or not 0 <= day <= 6:
        raise ValueError(f"weekday {day!r}: use a number from 0 (Monday) to 6 (Sunday)")
    return day


def _date(role: str, day: date) -> date:
    if isinstance(day, datetime) or not isinstance(day, date):
        raise ValueError(f"{role} day {day!r}: give a date, such as date(2027, 1, 18)")
    return day


def _spells(day: object, windows: Iterable[Window]) -> list[_Spell]:
    """A day's windows, checked, counted from its midnight."""
    if isinstance(windows, str) or not isinstance(windows, Iterable):
        raise ValueError(f"windows {windows!r} of {day}: give a list such as [('09:00', '17:00')]")
    spells = []
    for window in windows:
        if isinstance(window, str) or not isinstance(window, Sequence) or len(window) != 2:
            raise ValueError(f"window {window!r} of {day}: give a pair such as ('09:00', '17:00')")
        since, until = _time(day, window[0]), _time(day, window[1])
        if since == timedelta(days=1):
            raise ValueError(f"window {window!r} of {day} starts at 24:00: use 00:00 the next day")
        if until <= since:
            until += timedelta(days=1)
        spells.append((since, until))
    return spells


def _time(day: object, text: str) -> timedelta:
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise ValueError(f"time {text!r} of {day}: write it as HH:MM, such as '09:00'")
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
