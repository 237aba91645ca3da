"""The joint scorecard: what both sides promised against what happened, by month or quarter.

The figures are of everybody, whoever reads them; whose leads they are, the lists behind them show
to those who may see them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts import configuration
from sla import agreement, reading
from sla.agreement import Agreement
from sla.figures.compliance import DIMENSIONS, Figures
from sla.figures.monthly import Measured, Month, months, quarters
from sla.figures.monthly_counts import hours_of_marketing, measured_over
from sla.figures.returned import Returned, returned
from sla.figures.tallies import Whose, counted
from sla.models import Side, Term

MONTHS, QUARTERS = 6, 4
# A promise with a clock, and when it was promised no more.
Promised = tuple[Term, datetime | None]


@dataclass(slots=True)
class MonthlyLine:
    """A monthly promise: this month (its last stretch), and those before, newest first."""

    key: str
    name: str
    now: Measured | None
    past: list[tuple[Month, list[Measured]]]
    # Every stretch of it, newest period first.
    all: list[Measured]


@dataclass(slots=True)
class TermLine:
    """A promise with a clock: figures of this month and of those before, newest first; `until` is
    when it was promised no more."""

    term: Term
    target: str
    until: datetime | None
    now: Figures
    past: list[tuple[Month, Figures]]


@dataclass(slots=True)
class Scorecard:
    """All of it, told at one instant."""

    at: datetime
    agreement: Agreement | None
    months: list[Month]
    monthly: list[MonthlyLine]
    terms: dict[str, list[TermLine]]
    returned: list[Returned]

    @property
    def month(self) -> Month:
        return self.months[0]


def zone_of_months() -> ZoneInfo:
    """The zone whose months are counted."""
    hours = hours_of_marketing()
    return ZoneInfo(str(hours.working.tz)) if hours else ZoneInfo("UTC")


def periods(by: str, *, at: datetime) -> list[Month]:
    """This month and the five before it, or this quarter and the three before it; newest first."""
    zone = zone_of_months()
    if by == "quarter":
        return quarters(at, zone=zone, count=QUARTERS)
    return months(at, zone=zone, count=MONTHS)


def scorecard(every: list[Month], *, at: datetime) -> Scorecard:
    """The card of these periods, newest first."""
    stamp = configuration.stamp()
    terms = _terms(_promised(every, at=at, stamp=stamp), every, at=at)
    found = agreement.in_force(at, stamp=stamp)
    return Scorecard(at, found, every, _monthly(every, at=at), terms, returned(every))


def _monthly(every: list[Month], *, at: datetime) -> list[MonthlyLine]:
    of: dict[str, dict[Month, list[Measured]]] = {}
    for each in measured_over(every, at=at):
        of.setdefault(each.promise.key, {}).setdefault(each.month, []).append(each)
    lines = []
    for key, by_month in of.items():
        newest = next(iter(by_month.values()))[-1]
        now = by_month.get(every[0], [])
        past = [(month, by_month.get(month, [])) for month in every[1:]]
        # One that ended before this month is told of while it is among the last ones.
        stretches = [each for month in every for each in by_month.get(month, [])]
        mine = now[-1] if now else None
        lines.append(MonthlyLine(key, newest.promise.name, mine, past, stretches))
    return lines


def _terms(
    promised: list[Promised], every: list[Month], *, at: datetime
) -> dict[str, list[TermLine]]:
    dimension = DIMENSIONS["term"]
    rows = [
        list(counted(dimension.cutting, Whose(), month.start, month.end, at=at)) for month in every
    ]
    names = dimension.names({value for each in rows for value, *_ in each})
    by_month: list[dict[str | None, Figures]] = []
    for each in rows:
        figures: dict[str | None, Figures] = {}
        for value, *counts in each:
            key, name = names.get(value, (None, ""))
            figures.setdefault(key, Figures(key=key, name=name)).add(*counts)
        by_month.append(figures)
    lines: dict[str, list[TermLine]] = {side.value: [] for side in Side}
    for term, until in promised:
        mine = [f.get(term.key, Figures(key=term.key, name=term.name)) for f in by_month]
        target = f"within {reading.working_words(term.target_seconds, term)}"
        past = list(zip(every[1:], mine[1:], strict=True))
        lines[term.side].append(TermLine(term, target, until, mine[0], past))
    return lines


def _promised(every: list[Month], *, at: datetime, stamp: UUID) -> list[Promised]:
    """What is promised with a clock, and then what was within these periods, until when: dropped by
    a newer version, or ended by both sides."""
    end = max(every[0].start, min(every[0].end, at))
    found = agreement.between(every[-1].start, end, stamp=stamp)
    now = agreement.in_force(at, stamp=stamp)
    if now is not None and now not in found:
        found.insert(0, now)
    lines: dict[str, Promised] = {}
    for each in found:
        for term in each.terms:
            lines.setdefault(term.key, (term, None if each.covers(at) else each.in_force_to))
    return list(lines.values())
