"""What became of the monthly promises: pace, forecast, kept or not, from the handoffs themselves.

- A handoff belongs to the calendar month in which it was handed over, and to the contract version
  it was bound to (the one its clocks run under). Months are those of marketing's calendar.
- Accepted: sales took it, and has not sent it back since. Rejected: sales sent it back, or ended it
  without taking it. Undecided: sales has not answered. Withdrawn before an answer: not counted.
- Where a version covers a month in part, a number of leads is owed in proportion to the working
  time; a share is owed as it stands. Versions that promise the same are one stretch.
- Pace: the number that would be there by now at an even rate in working time. Forecast: what the
  month comes to at the rate so far; of a share, the share so far.
- At the end it is kept or missed as soon as no undecided handoff could change that; a number is
  kept when it is reached. Nothing handed over in a month of shares is no judgement.

The handoffs are counted by sla.figures.monthly_counts.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sla.models import Counted, MonthlyPromise


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month in marketing's zone; `end` is exclusive."""

    first: date
    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.first:%B %Y}"

    @property
    def slug(self) -> str:
        """As an address names it: "2026-11"."""
        return f"{self.first:%Y-%m}"

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
    def handed_over(self) -> int:
        return sum(self.of(each) for each in ("accepted", "rejected", "undecided"))

    @property
    def is_number(self) -> bool:
        return self.promise.counted == Counted.ACCEPTED

    @property
    def value(self) -> int | None:
        """Accepted leads, or percent rounded down; None where there is nothing to take a share
        of."""
        if self.is_number:
            return self.accepted
        if self.promise.counted == Counted.COMPLETE:
            return self.complete * 100 // self.handed_over if self.handed_over else None
        decided = self.accepted + self.of("rejected")
        return self.accepted * 100 // decided if decided else None

    @property
    def value_words(self) -> str:
        """ "27", "82 %", "–"."""
        if self.value is None:
            return "–"
        return f"{self.value}" if self.is_number else f"{self.value} %"

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
            return "undecided" if self.accepted + self.undecided >= self.target else "missed"
        if self.forecast is None:
            return "begins"
        return "on course" if self.forecast >= self.target else "behind"

    def _bounds(self) -> tuple[int, int]:
        """A hundred times the fewest and the most that may count of what was handed over."""
        if self.promise.counted == Counted.COMPLETE:
            return self.complete * 100, self.complete * 100
        return self.accepted * 100, (self.accepted + self.undecided) * 100


def months(at: datetime, *, zone: ZoneInfo, count: int) -> list[Month]:
    """The month of an instant and those before it, newest first."""
    first = at.astimezone(zone).date().replace(day=1)
    found = [month_of(first, zone=zone)]
    while len(found) < count:
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(month_of(first, zone=zone))
    return found


def month_of(day: date, *, zone: ZoneInfo) -> Month:
    """The calendar month of a day."""
    first = day.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    start, end = (datetime.combine(d, datetime.min.time(), zone) for d in (first, after))
    return Month(first, start, end)
