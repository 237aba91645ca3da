"""The agreement in words: what was promised, in working hours, by whom, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from accounts.models import Team
from accounts.words import span_words
from leads.models import Kind, Tier
from sla import agreement
from sla.agreement import Agreement
from sla.clocks.alarms import alarms_of
from sla.hours import opening_hours
from sla.models import (
    ACKNOWLEDGED,
    PUBLISHED,
    Action,
    CalendarVersion,
    Clock,
    CountedIn,
    Side,
    TeamCalendar,
    Term,
)

MINUTE, HOUR = 60, 3600
# A business day of the agreement is eight working hours.
WORKING_DAY, DAY = 8 * HOUR, 24 * HOUR
COUNTED_IN = {
    CountedIn.TEAM.value: "",
    CountedIn.OWNER.value: "Counted in the owner’s own hours, less their leave.",
    CountedIn.WALL.value: "Counted around the clock, nights and weekends too.",
}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# "Starts when …"; "kept by …". A kind without words of its own is called by its label.
STARTS: dict[str, str] = {
    Kind.HANDED_OVER: "it is handed over",
    Kind.REJECTED: "sales rejects it",
    Kind.ACCEPTED: "it is accepted",
    Kind.QUALIFIED: "sales qualifies it",
    Kind.DISQUALIFIED: "sales disqualifies it",
    Kind.DISPUTED: "marketing disputes a return",
    PUBLISHED: "a change of an offer is published",
}
STOPS: dict[str, str] = {
    Kind.ACCEPTED: "accepting it",
    Kind.REJECTED: "rejecting it",
    Kind.CALL: "a call",
    Kind.EMAIL: "an e-mail",
    Kind.MEETING: "a meeting",
    Kind.RETURN_ANSWERED: "answering it",
    Kind.RULED: "ruling on it with the other side",
    Kind.QUALIFIED: "qualifying it",
    Kind.DISQUALIFIED: "disqualifying it",
    Kind.RECYCLED: "recycling it",
    Kind.FEEDBACK: "saying how good it was",
    ACKNOWLEDGED: "acknowledging it",
}
STEPS = {
    Action.WARN.value: "the owner is warned",
    Action.BREACH.value: "it is missed",
    Action.TELL_OWNER.value: "the owner is reminded",
    Action.TELL_MANAGER.value: "the manager is told",
    Action.REASSIGN.value: "it goes to another rep",
    Action.BACK_TO_POOL.value: "it goes back to its pool",
    Action.WEBHOOK.value: "other programs are told",
}


def working_words(seconds: int, term: Term | None = None) -> str:
    """A target as it was agreed: "15 working minutes", "4 working hours", "5 working days"; of a
    term that is counted around the clock "15 minutes", "2 days"."""
    day, kind = day_of(term), "" if is_wall(term) else "working "
    for length, unit in ((day, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= length and seconds % length == 0:
            n = seconds // length
            return f"{n} {kind}{unit}{'' if n == 1 else 's'}"
    return f"{seconds / MINUTE:g} {kind}minutes"


def is_wall(term: Term | None) -> bool:
    """Whether a term is counted around the clock."""
    return term is not None and term.calendar_of == CountedIn.WALL


def day_of(term: Term | None) -> int:
    """The seconds of what a term means by a day."""
    return DAY if is_wall(term) else WORKING_DAY


def working_span(seconds: int) -> str:
    """A length of working time, rounded down: "41 min", "3 h", "2 working days"."""
    if seconds < MINUTE:
        return "under a minute"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < 2 * WORKING_DAY:
        return f"{seconds // HOUR} h"
    return f"{seconds // WORKING_DAY} working days"


@dataclass(slots=True)
class Promise:
    """One term, in words."""

    term: Term
    target: str
    # Whose hours count; nothing where it is the team's, as usual.
    hours: str
    applies_to: str
    starts: str
    stops: str
    # For what the prospect asks, the clock stands still: in words, or nothing.
    pauses: str
    alarms: list[str] = field(default_factory=list)


def promises(terms: tuple[Term, ...], side: str) -> list[Promise]:
    """What one side promised, in the order of the contract."""
    return [
        Promise(
            term,
            working_words(term.target_seconds, term),
            COUNTED_IN[term.calendar_of],
            _applies_to(term, terms),
            STARTS.get(term.starts_on) or Kind(term.starts_on).label.lower(),
            _stops(term),
            _listed([reason["label"].lower() for reason in term.pause_reasons]),
            [_alarm(step, term) for step in term.steps],
        )
        for term in terms
        if term.side == side
    ]


def promise_facts(promise: Promise) -> dict[str, str]:
    """All that was promised, a fact each; two versions are compared by these."""
    term = promise.term
    return {
        "Name": term.name,
        "Owed by": Side(term.side).label,
        "Within": promise.target,
        "Hours": CountedIn(term.calendar_of).label,
        "Kind": term.measure.replace("_", " "),
        "For": _filters(term) or ("any change" if term.of_changes else "any lead"),
        "Starts when": promise.starts,
        "Kept by": promise.stops,
        "With the next owner": "starts afresh" if term.per_owner else "goes on",
        "May be paused when": promise.pauses or "never",
        "Then": "; ".join(promise.alarms) or "nothing",
    }


def _stops(term: Term) -> str:
    what = _listed([STOPS.get(k) or Kind(k).label.lower() for k in term.stops_on])
    if term.stops_after == 1:
        return what
    apart = f" at least {span_words(term.spacing_seconds)} apart" if term.spacing_seconds else ""
    return f"{term.stops_after} attempts{apart} ({what})"


def _applies_to(term: Term, terms: tuple[Term, ...]) -> str:
    if term.of_changes:
        return "every change, each member of sales"
    first = next(t for t in terms if t.measure == term.measure)
    return _filters(term) or ("every lead" if first is term else "every other lead")


def _filters(term: Term) -> str:
    said = []
    if term.tiers:
        said.append(f"{_listed([Tier(tier).label.lower() for tier in term.tiers])} leads")
    if term.personas:
        said.append(f"persona {_listed(term.personas)}")
    if term.sources:
        said.append(f"from {_listed(term.sources)}")
    return ", ".join(said)


def _alarm(step: Mapping[str, Any], term: Term) -> str:
    what = STEPS.get(step["action"], step["action"])
    if step["action"] == Action.BREACH:
        return f"at the deadline {what}"
    if "share" in step:
        return f"after {step['share']:.0%} of the time {what}"
    return f"{working_words(step['after'], term)} later {what}"


def _listed(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


@dataclass(slots=True)
class TeamHours:
    """When a team works, by its calendar in force, and when it does not this year."""

    team: Team
    calendar: str
    tz: str
    week: list[tuple[str, str]]
    holidays: list[tuple[date, str]]
    opened: list[tuple[date, str]]


def team_hours(year: int) -> list[TeamHours]:
    """Every team's calendar with its holidays of a year; teams without one are left out."""
    newest = {
        version.calendar_id: version
        for version in CalendarVersion.objects.select_related("calendar").order_by("number")
    }
    rows = TeamCalendar.objects.select_related("team").order_by("team__kind", "team__name")
    return [
        _hours_of(row.team, newest[row.calendar_id], year)
        for row in rows
        if row.calendar_id in newest
    ]


def _hours_of(team: Team, version: CalendarVersion, year: int) -> TeamHours:
    days = {date.fromisoformat(day): "closed" for day in version.closed}
    days |= agreement.public_holidays(version.country, version.subdivision, year)
    opened = {date.fromisoformat(day): opening_hours.words(w) for day, w in version.opened.items()}
    return TeamHours(
        team,
        version.calendar.name,
        version.tz,
        week_words(version.weekly),
        sorted((d, name) for d, name in days.items() if d.year == year and d not in opened),
        sorted((d, hours) for d, hours in opened.items() if d.year == year),
    )


def week_words(weekly: Mapping[str, list[list[str]]]) -> list[tuple[str, str]]:
    """Neighbouring days with the same hours are said together: ("Mon–Fri", "09:00–17:00")."""
    said: list[tuple[str, str]] = []
    for hours, days in groupby(range(7), key=lambda n: opening_hours.words(weekly.get(str(n), []))):
        first, *rest = [WEEKDAYS[n] for n in days]
        said.append((f"{first}–{rest[-1]}" if rest else first, hours))
    return said


@dataclass(slots=True)
class Forecast:
    """One clock a lead would start: its deadline and its alarms."""

    term: Term
    due_at: datetime | None
    alarms: list[tuple[str, datetime]]


def forecast(found: Agreement, *, start: datetime, tier: str, team_id: int) -> list[Forecast]:
    """What sales would owe on a lead of this tier, handed to this team at `start`."""
    answers = []
    for term in found.started_by(Kind.HANDED_OVER, {"tier": tier}):
        if term.side != Side.SALES:
            continue
        hours = agreement.hours_for(term, None, team_id)
        due_at = hours.working.add(start, term.target_seconds) if hours else None
        clock = Clock(
            term=term, target_seconds=term.target_seconds, started_at=start, due_at=due_at,
            calendar_version_id=hours.version_id if hours else None,
        )  # fmt: skip
        alarms = [
            (STEPS[alarm.action], alarm.fire_at)
            for alarm in alarms_of(clock)
            if alarm.action != Action.BREACH
        ]
        answers.append(Forecast(term, due_at, alarms))
    return answers
