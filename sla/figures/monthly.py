"""What became of the monthly promises: pace, forecast, kept or not, from the handoffs themselves.

- A handoff belongs to the calendar month in which it was handed over, and to the contract version
  it was bound to (the one its clocks run under). Months are those of marketing's calendar.
- Accepted: sales took it, and has not sent it back since. Rejected: sales sent it back, or ended it
  without taking it. Undecided: sales has not answered. Withdrawn before an answer: not counted.
- Disputed: sales rejected it, marketing disagrees, both managers have not ruled (leads.rulings). It
  counts as rejected until they have; ruled that sales should have taken it, it counts as accepted,
  and the handoff that gives the lead back does not count again. `raw` is the figure as it would be
  without rulings.
- Where a version covers a month in part, a number of leads is owed in proportion to the working
  time; a share is owed as it stands. Versions that promise the same are one stretch.
- Pace: the number that would be there by now at an even rate in working time. Forecast: what the
  month comes to at the rate so far; of a share, the share so far.
- At the end it is kept or missed as soon as no undecided or disputed handoff could change that; a
  number is kept when it is reached. Nothing handed over in a month of shares is no judgement.

The handoffs are counted by sla.figures.monthly_counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sla.models import Counted, MonthlyPromise


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month in marketing's zone, or several in a row; `end` is exclusive."""

    first: date
    start: datetime
    end: datetime
    count: int = 1

    def __str__(self) -> str:
        if self.count == 1:
            return f"{self.first:%B %Y}"
        if self.is_quarter:
            return f"{self.short} {self.first.year}"
        same = self.first.year == self.last.year
        return f"{self.first:%B}{'' if same else f' {self.first.year}'} to {self.last:%B %Y}"

    @property
    def is_quarter(self) -> bool:
        return self.count == 3 and self.first.month % 3 == 1

    @property
    def short(self) -> str:
        """As a heading of a column has it: "Nov", "Q4"."""
        return f"Q{self.first.month // 3 + 1}" if self.is_quarter else f"{self.first:%b}"

    @property
    def slug(self) -> str:
        """As an address names its first month: "2026-11"."""
        return f"{self.first:%Y-%m}"

    @property
    def query(self) -> str:
        """As an address asks for it."""
        return f"month={self.slug}" + (f"&until={self.last:%Y-%m}" if self.count > 1 else "")

    @property
    def last(self) -> date:
        """Its last day."""
        return self.end.date() - timedelta(days=1)


@dataclass(slots=True)
class Measured:
    """One promise over one stretch of a month, as far as it is known at one instant."""

    promise: MonthlyPromise
    month: Month
    start: datetime
    end: datetime
    versions: tuple[int, ...]
    # What is owed in this stretch: leads, or percent.
    target: int = 0
    # The stretch's share of the month's working time, 0 to 1.
    part: float = 1.0
    gone: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    complete: int = 0
    # Of the accepted: those both managers ruled so.
    overturned: int = 0
    left_out: int = 0
    over: bool = False

    def of(self, outcome: str) -> int:
        """How many have this outcome."""
        return self.counts.get(outcome, 0)

    @property
    def accepted(self) -> int:
        return self.of("accepted")

    @property
    def undecided(self) -> int:
        return self.of("undecided")

    @property
    def disputed(self) -> int:
        return self.of("disputed")

    @property
    def handed_over(self) -> int:
        return sum(self.of(each) for each in ("accepted", "rejected", "disputed", "undecided"))

    @property
    def is_number(self) -> bool:
        return self.promise.counted == Counted.ACCEPTED

    @property
    def value(self) -> int | None:
        """Accepted leads, or percent rounded down; None where there is nothing to take a share
        of."""
        return self._value(self.accepted)

    @property
    def raw(self) -> int | None:
        """The same without rulings."""
        return self._value(self.accepted - self.overturned)

    def _value(self, accepted: int) -> int | None:
        if self.is_number:
            return accepted
        if self.promise.counted == Counted.COMPLETE:
            return self.complete * 100 // self.handed_over if self.handed_over else None
        decided = self.accepted + self.of("rejected") + self.disputed
        return accepted * 100 // decided if decided else None

    @property
    def value_words(self) -> str:
        """ "27", "82 %", "–"."""
        return self._words(self.value)

    @property
    def raw_words(self) -> str:
        """The figure without rulings, where rulings have changed it."""
        return self._words(self.raw) if self.raw != self.value else ""

    def _words(self, value: int | None) -> str:
        if value is None:
            return "–"
        return f"{value}" if self.is_number else f"{value} %"

    @property
    def target_words(self) -> str:
        return f"{self.target}" if self.is_number else f"{self.target} %"

    @property
    def pace(self) -> int | None:
        """How many there should be by now; None of a share, and once the month is over."""
        return round(self.target * self.gone) if self.is_number and not self.over else None

    @property
    def forecast(self) -> int | None:
        """What it comes to at the rate so far; None before any working time has gone."""
        if not self.is_number:
            return self.value
        return round(self.accepted / self.gone) if self.gone else None

    @property
    def state(self) -> str:
        """ "kept", "missed", "undecided" or "nothing" when it is over or certain; before that "on
        course", "behind" or "begins"."""
        if self.is_number:
            return self._number_state()
        if not self.handed_over:
            return "nothing" if self.over else "begins"
        if self.over:
            least, most = self._bounds()
            if least >= self.target * self.handed_over:
                return "kept"
            return "missed" if most < self.target * self.handed_over else "undecided"
        if self.value is None:
            return "begins"
        return "on course" if self.value >= self.target else "behind"

    def _number_state(self) -> str:
        if self.accepted >= self.target:
            return "kept"
        if self.over:
            may = self.accepted + self.undecided + self.disputed
            return "undecided" if may >= self.target else "missed"
        if self.forecast is None:
            return "begins"
        return "on course" if self.forecast >= self.target else "behind"

    def _bounds(self) -> tuple[int, int]:
        """A hundred times the fewest and the most that may count of what was handed over."""
        if self.promise.counted == Counted.COMPLETE:
            return self.complete * 100, self.complete * 100
        return self.accepted * 100, (self.accepted + self.undecided + self.disputed) * 100


def months(at: datetime, *, zone: ZoneInfo, count: int) -> list[Month]:
    """The month of an instant and those before it, newest first."""
    first = at.astimezone(zone).date().replace(day=1)
    return [month_of(moved(first, -n), zone=zone) for n in range(count)]


def month_of(day: date, *, zone: ZoneInfo, count: int = 1) -> Month:
    """The calendar month of a day, or several from it on."""
    first = day.replace(day=1)
    after = moved(first, count)
    start, end = (datetime.combine(d, datetime.min.time(), zone) for d in (first, after))
    return Month(first, start, end, count)


def moved(first: date, months: int) -> date:
    """The first of the month so many months on (or back)."""
    whole = first.year * 12 + first.month - 1 + months
    return date(whole // 12, whole % 12 + 1, 1)


def quarters(at: datetime, *, zone: ZoneInfo, count: int) -> list[Month]:
    """The quarter of an instant and those before it, newest first."""
    day = at.astimezone(zone).date().replace(day=1)
    first = moved(day, -((day.month - 1) % 3))
    return [month_of(moved(first, -3 * n), zone=zone, count=3) for n in range(count)]


def combined(found: Sequence[Measured], whole: Month) -> list[Measured]:
    """One promise over several months: what is owed and what was counted added up. Months of which
    another thing was promised stay apart, as they do within a month."""
    made: list[Measured] = []
    for each in sorted(found, key=lambda m: m.start):
        last = made[-1] if made else None
        if last is None or _asked(last) != _asked(each):
            made.append(replace(each, month=whole, counts=dict(each.counts)))
            continue
        owed = last.target + each.target
        last.gone = (last.target * last.gone + each.target * each.gone) / owed
        last.target = owed if each.is_number else each.target
        last.promise, last.end, last.over = each.promise, each.end, each.over
        last.versions = (*last.versions, *(v for v in each.versions if v not in last.versions))
        for outcome, n in each.counts.items():
            last.counts[outcome] = last.of(outcome) + n
        last.complete += each.complete
        last.overturned += each.overturned
        last.left_out += each.left_out
        last.part = 1.0
    return made


def _asked(each: Measured) -> tuple[Any, ...]:
    """What may be added up: the same thing of the same leads; a share, if it is the same share."""
    promise = each.promise
    share = None if each.is_number else promise.target
    return promise.counted, share, sorted(promise.personas), sorted(promise.packet)
