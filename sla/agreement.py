"""The agreement as the engine reads it: which contract, which term, which working hours.

Everything here is kept in memory until the configuration changes (accounts.configuration).
"""

from collections import defaultdict
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import holidays

from accounts import configuration
from accounts.configuration import remembered
from accounts.models import Absence, Membership, User
from leads.models import Handoff
from sla.business_time import WorkingCalendar
from sla.hours import leave, round_the_clock
from sla.models import Calendar, CalendarVersion, Contract, CountedIn, Side, TeamCalendar, Term

# Public holidays are looked up for these years around a calendar version's making.
YEARS_BACK, YEARS_AHEAD = 3, 7
# Calendar versions are never edited, so what was built stays true.
_built: dict[int, "Hours"] = {}


@dataclass(frozen=True, slots=True)
class Hours:
    """One calendar version with its arithmetic."""

    version_id: int
    name: str
    working: WorkingCalendar


@dataclass(frozen=True, slots=True)
class Agreement:
    """One contract version with its terms, measures in order."""

    id: int
    version: int
    in_force_from: datetime
    in_force_to: datetime | None
    hop_limit: int
    terms: tuple[Term, ...]

    def covers(self, at: datetime) -> bool:
        return self.in_force_from <= at and (self.in_force_to is None or at < self.in_force_to)

    def started_by(self, kind: str, facts: Mapping[str, Any]) -> list[Term]:
        """The terms an activity starts: of each measure the first whose filters fit the lead."""
        found: dict[str, Term] = {}
        for term in self.terms:
            if term.starts_on == kind and term.measure not in found and _fits(term, facts):
                found[term.measure] = term
        return list(found.values())


def facts_of(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """What terms ask of a lead, as it was at the handoff (its receipt)."""
    return {
        "tier": receipt.get("tier"),
        "persona": (receipt.get("persona") or {}).get("slug"),
        "source": receipt.get("source"),
    }


def _fits(term: Term, facts: Mapping[str, Any]) -> bool:
    return (
        (not term.tiers or facts.get("tier") in term.tiers)
        and (not term.personas or facts.get("persona") in term.personas)
        and (not term.sources or facts.get("source") in term.sources)
    )


def in_force(at: datetime, *, stamp: UUID | None = None) -> Agreement | None:
    """The contract in force at an instant, or None; the newest wins where two overlap."""
    covering = [a for a in _agreements(stamp) if a.covers(at)]
    return max(covering, key=lambda a: a.version, default=None)


def newest(*, stamp: UUID | None = None) -> Agreement | None:
    """The last version that was agreed, whether in force or not."""
    return max(_agreements(stamp), key=lambda a: a.version, default=None)


def between(start: datetime, end: datetime, *, stamp: UUID | None = None) -> list[Agreement]:
    """Those in force at some instant from start until before end, newest first."""
    found = [
        each for each in _agreements(stamp)
        if each.in_force_from < end and (each.in_force_to is None or each.in_force_to > start)
    ]  # fmt: skip
    return sorted(found, key=lambda each: each.version, reverse=True)


def of_handoff(handoff: Handoff, *, stamp: UUID | None = None) -> Agreement | None:
    """The contract a handoff runs under: what it was bound to, else what was in force then."""
    bound = (a for a in _agreements(stamp) if a.version == handoff.contract_version)
    return next(bound, None) or in_force(handoff.handed_over_at, stamp=stamp)


def hop_limit(contract_id: int, *, stamp: UUID | None = None) -> int:
    """How often escalation may pass a handoff on under this contract."""
    return next(a.hop_limit for a in _agreements(stamp) if a.id == contract_id)


def term(term_id: int, *, stamp: UUID | None = None) -> Term:
    """One term of any version, from memory."""
    terms = remembered(
        "terms", lambda: {t.pk: t for a in _agreements(None) for t in a.terms}, under=stamp
    )
    return terms[term_id]


def kinds_watched(*, stamp: UUID | None = None) -> frozenset[str]:
    """Activity kinds that start or stop a term of any version."""
    return remembered(
        "kinds-watched",
        lambda: frozenset(
            kind for a in _agreements(None) for t in a.terms for kind in (t.starts_on, *t.stops_on)
        ),
        under=stamp,
    )


def _agreements(stamp: UUID | None) -> list[Agreement]:
    return remembered("contracts", _load_agreements, under=stamp)


def _load_agreements() -> list[Agreement]:
    return [
        Agreement(
            c.pk, c.version, c.in_force_from, c.in_force_to, c.hop_limit,
            tuple(sorted(c.terms.all(), key=lambda term: (term.order, term.pk))),
        )
        for c in Contract.objects.agreed().prefetch_related("terms")
        if c.in_force_from is not None
    ]  # fmt: skip


def hours_for(
    term: Term, owner_id: int | None, team_id: int | None, *, stamp: UUID | None = None
) -> Hours | None:
    """The hours a promise is counted in now: the team's, its owner's own, or all there are."""
    if term.calendar_of == CountedIn.OWNER:
        return hours_of_person(owner_id, team_id, stamp=stamp)
    if term.calendar_of == CountedIn.WALL:
        kept = remembered("round-the-clock", round_the_clock.saved, under=stamp)
        return hours(kept or round_the_clock.keep())
    return hours_of_team(team_id, stamp=stamp)


def hours_of_team(team_id: int | None, *, stamp: UUID | None = None) -> Hours | None:
    """A team's working hours; without a calendar of its own the first one there is."""
    by_team, first = remembered("team-hours", _load_team_hours, under=stamp)
    return by_team.get(team_id or 0, first)


def _load_team_hours() -> tuple[dict[int, Hours], Hours | None]:
    versions = CalendarVersion.objects.filter(calendar__in=Calendar.objects.of_teams())
    versions = versions.order_by("calendar_id", "number")
    newest = {v.calendar_id: v.pk for v in versions}
    by_calendar = {calendar: hours(version) for calendar, version in newest.items()}
    first = by_calendar[min(by_calendar)] if by_calendar else None
    pairs = TeamCalendar.objects.values_list("team_id", "calendar_id")
    return {team: by_calendar[cal] for team, cal in pairs if cal in by_calendar}, first


def hours_of_person(
    user_id: int | None, team_id: int | None, *, stamp: UUID | None = None
) -> Hours | None:
    """The hours somebody works: their own, else their team's, less the days they are on leave.

    Nobody's hours are the team's. Leave makes a calendar version of its own (sla.hours.leave), so
    that a clock can freeze it as it freezes any other.
    """
    stamp = stamp or configuration.stamp()
    base = _own_or_teams(user_id, team_id, stamp=stamp)
    if base is None:
        return None
    return less_leave(_version(base.version_id), base.working, user_id, stamp=stamp)


def working_of_person(
    user_id: int | None, team_id: int | None, *, stamp: UUID
) -> WorkingCalendar | None:
    """The same, for who only asks: nothing is written down for a clock to freeze."""
    base = _own_or_teams(user_id, team_id, stamp=stamp)
    if base is None:
        return None
    unsaved = copy(_version(base.version_id))
    unsaved.pk = None
    return less_leave(unsaved, base.working, user_id, stamp=stamp).working


def working_of_somebody(user: User) -> WorkingCalendar | None:
    """The hours somebody in sales works, as leads.working_time asks for them."""
    stamp = configuration.stamp()
    return working_of_person(user.pk, team_of(user.pk, Side.SALES, stamp=stamp), stamp=stamp)


def _own_or_teams(user_id: int | None, team_id: int | None, *, stamp: UUID) -> Hours | None:
    own, _ = remembered("person-hours", _load_person_hours, under=stamp)
    return own.get(user_id or 0) or hours_of_team(team_id, stamp=stamp)


def less_leave(
    version: CalendarVersion,
    working: WorkingCalendar,
    user_id: int | None,
    *,
    stamp: UUID | None = None,
) -> Hours:
    """A calendar version less the days this person is on leave; itself when there are none.

    Of a draft that is not saved, the answer is none either: its `version_id` is 0.
    """
    stamp = stamp or configuration.stamp()
    _, away = remembered("person-hours", _load_person_hours, under=stamp)
    days = leave.days_off(working, away.get(user_id or 0, ()))
    if user_id is None or not days:
        return hours(version.pk) if version.pk else Hours(0, "", working)
    draft = leave.less_leave(version, days)
    if not version.pk:
        return Hours(0, "", working_calendar(draft))
    known = remembered("hours-less-leave", leave.saved_versions, under=stamp)
    return hours(known.get((user_id, leave.fingerprint(draft))) or leave.keep(draft, user_id))


@lru_cache(maxsize=512)
def _version(pk: int) -> CalendarVersion:
    """A version never changes, so it is read once."""
    return CalendarVersion.objects.get(pk=pk)


def _load_person_hours() -> tuple[dict[int, Hours], dict[int, tuple[leave.Spell, ...]]]:
    versions = CalendarVersion.objects.exclude(calendar__person=None).order_by("number")
    newest = dict(versions.values_list("calendar__person__user", "pk"))
    away: dict[int, list[leave.Spell]] = defaultdict(list)
    for user, start, end in Absence.objects.values_list("user", "starts_at", "ends_at"):
        away[user].append((start, end))
    return (
        {user: hours(pk) for user, pk in newest.items()},
        {user: tuple(spells) for user, spells in away.items()},
    )


def hours(version_id: int) -> Hours:
    """The hours of one calendar version. A version never changes, so it is built once."""
    if version_id not in _built:
        version = CalendarVersion.objects.select_related("calendar").get(pk=version_id)
        _built[version_id] = Hours(version_id, version.calendar.name, working_calendar(version))
    return _built[version_id]


def working_calendar(version: CalendarVersion) -> WorkingCalendar:
    """The arithmetic of a calendar version: weekly windows, public holidays, extra days."""
    closed = {date.fromisoformat(day) for day in version.closed}
    made = version.created_at.year
    for year in range(made - YEARS_BACK, made + YEARS_AHEAD + 1):
        closed |= public_holidays(version.country, version.subdivision, year).keys()
    return WorkingCalendar(
        tz=version.tz,
        weekly={int(day): [(a, b) for a, b in windows] for day, windows in version.weekly.items()},
        closed=closed,
        opened={
            date.fromisoformat(day): [(a, b) for a, b in windows]
            for day, windows in version.opened.items()
        },
    )


@lru_cache(maxsize=512)
def public_holidays(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """The public holidays of a country or its region in one year, by their English names."""
    if not country:
        return {}
    found = holidays.country_holidays(
        country, subdiv=subdivision or None, years=year, language="en_US"
    )
    # An observed day of January's may lie in the year before.
    return {day: name for day, name in sorted(found.items()) if day.year == year}


def team_of(user_id: int | None, side: str, *, stamp: UUID | None = None) -> int | None:
    """The team somebody works in on one side of the handoff."""
    teams = remembered("team-of-person", _load_team_of_person, under=stamp)
    return teams.get((user_id or 0, side))


def _load_team_of_person() -> dict[tuple[int, str], int]:
    rows = Membership.objects.order_by("-is_manager", "-id")
    return {
        (user, kind): team for user, kind, team in rows.values_list("user", "team__kind", "team")
    }
