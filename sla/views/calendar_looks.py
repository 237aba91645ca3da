"""What a calendar's page shows of one version, saved or not: its year, and what would be due."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from sla import agreement, reading
from sla.hours.year import KINDS, year_of
from sla.models import Calendar, CalendarVersion
from sla.spans import read_instant

YEARS = range(-1, 4)  # the years on offer, counted from the present one


def looked_at(
    query: QueryDict, version: CalendarVersion, found: Calendar | None,
    *, was: CalendarVersion | None, at: datetime,
) -> dict[str, Any]:  # fmt: skip
    """A version's year and deadlines, as the page shows them; times by its own clock."""
    zone = ZoneInfo(version.tz)
    this_year = at.astimezone(zone).year
    years = [this_year + n for n in YEARS]
    year = number_in(query.get("year", ""))
    text, problem = query.get("start", ""), ""
    try:
        start = read_instant(text, zone) if text else at
    except ValueError as error:
        start, problem = at, str(error)
    return {
        "version": version,
        "year": year_of(version, year if year in years else this_year),
        "years": years,
        "kinds": KINDS,
        "start": text or f"{start.astimezone(zone):%Y-%m-%dT%H:%M}",
        "start_error": problem,
        "due": _due(version, found, was=was, start=start, at=at),
    }


def _due(
    version: CalendarVersion, found: Calendar | None, *, was: CalendarVersion | None,
    start: datetime, at: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    """When each term in force would be due, of the sides whose teams work by it."""
    contract = agreement.in_force(at)
    sides = set(found.teams.values_list("kind", flat=True)) if found else set()
    now, zone = agreement.working_calendar(version), ZoneInfo(version.tz)
    before = agreement.working_calendar(was) if was else None
    rows = []
    for term in contract.terms if contract else ():
        if reading.is_wall(term) or (sides and term.side not in sides):
            continue
        due_at = now.add(start, term.target_seconds)
        old = before.add(start, term.target_seconds) if before else due_at
        rows.append(
            {
                "term": term,
                "target": reading.working_words(term.target_seconds),
                "due_at": due_at.astimezone(zone) if due_at else None,
                "was": old.astimezone(zone) if old and old != due_at else None,
            }
        )
    return rows


def number_in(text: str) -> int:
    """A whole number an address or a form may hold; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
