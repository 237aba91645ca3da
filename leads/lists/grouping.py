"""Rows of a queue under headings: by how soon they are due, by promise, persona, campaign …

Whatever the heading, the group with the nearest deadline comes first, and within it the row with
the nearest: the next thing to do stays on top.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from leads import deadlines
from leads.countries import names
from leads.models import Handoff

NONE = "none"
GROUPS = {
    NONE: "Next deadline",
    "due": "How soon",
    "term": "Promise",
    "state": "Offered or accepted",
    "tier": "Tier",
    "persona": "Persona",
    "campaign": "Campaign",
    "country": "Country",
}


class Line(Protocol):
    """What is grouped: a handoff with the clock that runs out first."""

    @property
    def handoff(self) -> Handoff: ...
    @property
    def clock(self) -> Any: ...
    @property
    def at_risk(self) -> bool: ...


T = TypeVar("T")
AnyLine = TypeVar("AnyLine", bound=Line)


@dataclass(frozen=True, slots=True)
class Group(Generic[T]):
    """Rows under one heading; without a heading where nothing is grouped."""

    title: str
    rows: list[T]


def grouped(
    rows: Iterable[AnyLine], by: str, *, at: datetime, zone: ZoneInfo
) -> list[Group[AnyLine]]:
    """The rows, next deadline first, under the headings of `by`."""
    rows = list(rows)
    if by == "due":
        return _under(rows, lambda row: _how_soon(row, at=at, zone=zone))
    if by not in _TITLES:
        return [Group("", rows)] if rows else []
    return _under(rows, _TITLES[by])


def _under(rows: list[AnyLine], title: Callable[[AnyLine], str]) -> list[Group[AnyLine]]:
    found: dict[str, list[AnyLine]] = {}
    for row in rows:
        found.setdefault(title(row), []).append(row)
    return [Group(name, some) for name, some in found.items()]


def _how_soon(row: Line, *, at: datetime, zone: ZoneInfo) -> str:
    """In the words of the reader's own days."""
    if row.clock is None:
        return "No deadline"
    due: datetime = row.clock.due_at
    if row.clock.state == deadlines.MISSED or due < at:
        return "Missed"
    if row.at_risk:
        return "At risk"
    if due - at < timedelta(hours=1):
        return "Within the hour"
    days = (due.astimezone(zone).date() - at.astimezone(zone).date()).days
    return {0: "Later today", 1: "Tomorrow"}.get(days, "Later")


_TITLES: dict[str, Callable[[Line], str]] = {
    "term": lambda row: deadlines.label(row.clock) if row.clock else "No deadline",
    "state": lambda row: str(row.handoff.get_state_display()),
    "tier": lambda row: str(row.handoff.lead.get_tier_display()),
    "persona": lambda row: str(row.handoff.lead.persona or "No persona"),
    "campaign": lambda row: str(row.handoff.lead.campaign or "No campaign"),
    "country": lambda row: names().get(row.handoff.lead.country, "No country"),
}
