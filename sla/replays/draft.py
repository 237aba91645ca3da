"""A draft of the agreement: what would be different, read from what somebody wrote.

Whatever a draft doesn't name stays as it was for each clock: the target and the hours it ran
under, whichever version of the contract that was.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from accounts.models import Team
from accounts.refusals import Refused
from leads.models import Pool
from personas import definitions
from sla import agreement
from sla.agreement import Agreement
from sla.business_time import WorkingCalendar
from sla.models import Calendar, CalendarVersion
from sla.reading import day_of, working_words
from sla.replays import draft_contract
from sla.spans import span_written

MOST_REPS = 1000
HIGHEST_SCORE = 100
ROUND_THE_CLOCK = "24/7"
WORKDAYS, WEEK = range(5), range(7)
HOURS_REMEDY = f"write hours such as 08:00-18:00, {ROUND_THE_CLOCK}, or the name of a calendar"
_WINDOW = re.compile(r"(\d\d:\d\d)\s*[-–]\s*(\d\d:\d\d)")
# Of all pools together, where the number of reps is not given pool by pool.
ALL_POOLS, ALL_OF_SALES = 0, ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be different; all of it empty is history as it was."""

    # Working seconds by the key of a term; working hours by team; reps by pool, or ALL_POOLS.
    targets: Mapping[str, int] = field(default_factory=dict)
    hours: Mapping[int, WorkingCalendar] = field(default_factory=dict)
    threshold: int | None = None
    reps: Mapping[int, int] = field(default_factory=dict)
    # The promises of a draft contract, in the place of those each clock ran under.
    contract: Agreement | None = None
    # The same in words, a line a change.
    said: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    """What was read so far, and what was wrong with the rest, by field."""

    said: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def each(
        self, name: str, written: Mapping[str, str], known: Iterable[str], what: str
    ) -> Iterable[tuple[str, str]]:
        """The named and known ones; an unknown name is an error that tells those there are."""
        known = list(known)
        told = ", ".join(filter(None, known)) or "none"
        for key, text in written.items():
            if key not in known:
                self.errors[f"{name}.{key[:60]}"] = (
                    f"There is no {what} “{key[:60]}”; there are: {told}."
                )
            elif str(text).strip():
                yield key, str(text).strip()

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """What is wrong in here is the error of that field."""
        try:
            yield
        except ValueError as problem:
            self.errors[where] = str(problem)


def draft_of(
    *,
    targets: Mapping[str, str] | None = None,
    hours: Mapping[str, str] | None = None,
    threshold: str = "",
    reps: str = "",
    pools: Mapping[str, str] | None = None,
    contract: bool = False,
    at: datetime,
) -> Draft:
    """Read a draft: targets by term key ("30 min"), hours by team slug ("08:00-18:00", a
    calendar's slug, "24/7"), the score of an MQL, reps of all of sales and by pool slug.

    With `contract` the promises are those of the draft contract. An empty text names nothing.
    Raises Refused with a sentence a field, such as `targets.accept`, when something can't be read.
    """
    reading = _Reading()
    promised = _contract(reading, at) if contract else None
    draft = Draft(
        targets=_targets(reading, targets or {}, promised or agreement.in_force(at)),
        hours=_hours(reading, hours or {}),
        threshold=_threshold(reading, threshold, at),
        reps=_reps(reading, {ALL_OF_SALES: reps, **(pools or {})}),
    )
    if reading.errors:
        raise Refused(" ".join(reading.errors.values()), fields=reading.errors)
    promised = draft_contract.within(promised, draft.targets) if promised else None
    return replace(draft, contract=promised, said=tuple(reading.said))


def _contract(reading: _Reading, at: datetime) -> Agreement | None:
    with reading.at("contract"):
        found = draft_contract.drafted()
        if found is None:
            raise ValueError(draft_contract.NONE)
        reading.said += draft_contract.said(*found, at=at)
        return found[1]
    return None


def _targets(
    reading: _Reading, written: Mapping[str, str], found: Agreement | None
) -> dict[str, int]:
    terms = {term.key: term for term in found.terms} if found else {}
    # On a command line a term may be written with hyphens.
    named = {k if k in terms else k.replace("-", "_"): text for k, text in written.items()}
    targets: dict[str, int] = {}
    for key, text in reading.each("targets", named, terms, "promise"):
        with reading.at(f"targets.{key}"):
            term = terms[key]
            targets[key] = span_written(text, day=day_of(term))
            now, new = term.target_seconds, targets[key]
            instead = "" if now == new else f" instead of {working_words(now, term)}"
            reading.said.append(f"{term.name} within {working_words(new, term)}{instead}")
    return targets


def _threshold(reading: _Reading, text: str, at: datetime) -> int | None:
    text = text.strip()
    if not text:
        return None
    with reading.at("threshold"):
        if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or int(text) > HIGHEST_SCORE:
            raise ValueError(
                f"“{text[:20]}” is not a score; give a whole number from 0 to {HIGHEST_SCORE}."
            )
        agreed = definitions.in_force("mql", at)
        if agreed is None:
            raise ValueError("The teams have not agreed what an MQL is; agree that first.")
        now = agreed.rule.get("min_score", 0)
        instead = "" if now == int(text) else f" instead of {now}"
        reading.said.append(f"An MQL scores at least {int(text)}{instead}")
        return int(text)
    return None


def _reps(reading: _Reading, written: Mapping[str, str]) -> dict[int, int]:
    reps: dict[int, int] = {}
    if not any(str(text).strip() for text in written.values()):
        return reps
    pools = {pool.slug: (pool.pk, pool.name) for pool in Pool.objects.filter(is_active=True)}
    known = {ALL_OF_SALES: (ALL_POOLS, "All of sales"), **pools}
    for slug, text in reading.each("pools", written, known, "pool"):
        with reading.at(f"pools.{slug}" if slug else "reps"):
            if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or not 1 <= int(text) <= MOST_REPS:
                raise ValueError(f"“{text[:20]}” is not a number of reps; give 1 to {MOST_REPS:,}.")
            pool_id, name = known[slug]
            reps[pool_id] = int(text)
            reading.said.append(f"{name}: {int(text)} rep{'' if int(text) == 1 else 's'}")
    return reps


def _hours(reading: _Reading, written: Mapping[str, str]) -> dict[int, WorkingCalendar]:
    hours: dict[int, WorkingCalendar] = {}
    if not any(str(text).strip() for text in written.values()):
        return hours
    teams = {team.slug: team for team in Team.objects.all()}
    for slug, text in reading.each("hours", written, teams, "team"):
        with reading.at(f"hours.{slug}"):
            hours[teams[slug].pk] = _working(text, teams[slug])
            reading.said.append(f"{teams[slug]} works {text}")
    return hours


def _working(text: str, team: Team) -> WorkingCalendar:
    """Hours of the workdays in the team's own zone, less its holidays; or another calendar's."""
    named = CalendarVersion.objects.select_related("calendar").order_by("-number")
    other = named.filter(
        calendar__in=Calendar.objects.of_teams(), calendar__slug=text.lower()
    ).first()
    if other is not None:
        return agreement.working_calendar(other)
    now = agreement.hours_of_team(team.pk)
    windows = [list(pair) for pair in _WINDOW.findall(text)]
    if text != ROUND_THE_CLOCK and (not windows or _WINDOW.sub("", text).strip(" ,")):
        calendars = ", ".join(Calendar.objects.of_teams().values_list("slug", flat=True))
        raise ValueError(
            f"“{text[:40]}” can't be read; {HOURS_REMEDY} ({calendars or 'none yet'})."
        )
    if now is None:
        raise ValueError(f"{team} has no calendar to take the time zone from; name a calendar.")
    version = named.get(pk=now.version_id)
    if text == ROUND_THE_CLOCK:
        version.weekly = {str(day): [["00:00", "24:00"]] for day in WEEK}
        version.country, version.closed, version.opened = "", [], {}
    else:
        version.weekly = {str(day): windows for day in WORKDAYS}
    return agreement.working_calendar(version)
