"""Which periods of the scorecard are asked for: months, quarters, or from one month to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sla.figures.monthly import Month, month_of
from sla.figures.scorecard import periods, zone_of_months

# Of one's own period: so many months are the most.
MOST = 24
YEARS = (2000, 2100)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: "month", "quarter" or "own", its periods, and what is wrong with it."""

    by: str
    periods: list[Month]
    # As typed, for the form.
    first: str = ""
    last: str = ""
    wrong: str = ""


def spell_month(text: str) -> date | None:
    """The first day of a month written as 2026-11; None for anything else."""
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return day if YEARS[0] <= day.year <= YEARS[1] else None


def run_of(first: date, last: date, *, zone: ZoneInfo) -> Month:
    """The months from one to another, the later of two first if they are the wrong way round."""
    early, late = sorted((first, last))
    count = (late.year - early.year) * 12 + late.month - early.month + 1
    return month_of(early, zone=zone, count=count)


def read_periods(query: Mapping[str, str], *, at: datetime) -> Asked:
    """What an address asks for; what can't be read is told, and the months are shown."""
    by, first, last = (query.get(name, "")[:10] for name in ("by", "from", "to"))
    if not first and not last:
        by = by if by == "quarter" else "month"
        return Asked(by, periods(by, at=at))
    days = [spell_month(text) for text in (first or last, last or first)]
    if days[0] is None or days[1] is None:
        wrong = "Write the months as 2026-11."
    else:
        run = run_of(days[0], days[1], zone=zone_of_months())
        if run.count <= MOST:
            return Asked("own", [run], f"{run.first:%Y-%m}", f"{run.last:%Y-%m}")
        wrong = f"{run.count} months; {MOST} are the most."
    return Asked("month", periods("month", at=at), first, last, wrong)
