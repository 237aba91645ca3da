"""The records of handoffs from which their waiting is split (sla.figures.whose_time).

Six queries however many handoffs there are. Working time is that of the calendar versions which
the handoff's clocks have frozen, so the past stays what it was when hours change.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery

from accounts import configuration
from accounts.models import Role, Team, User
from leads.models import Activity, Assignment, Handoff, Kind, Lead, Sourced
from leads.routing import pool_team
from sla import agreement
from sla.agreement import Hours
from sla.figures.whose_time import Amount, Part, Record, Split, Stretch, split
from sla.models import Clock, CountedIn, Side

# What each part is called; the page's order is that of `Part`.
WORDS = {
    Part.SYSTEM: "Ready, not handed over",
    Part.QUEUE: "With sales, nobody’s",
    Part.REP: "With a rep, no contact yet",
    Part.PROSPECT: "Paused for the prospect",
    Part.MARKETING: "Returned, not answered",
}


# Of a handoff, what its split needs.
COUNTED = ("lead", "cycle", "state", "pool", "handed_over_at", "first_touch_at", "closed_at")


@dataclass(slots=True)
class Told:
    """One handoff's split, and in whose hours it was counted."""

    handoff: Handoff
    split: Split
    sales: Hours | None
    marketing: Hours | None
    # The sales team of its pool.
    team_id: int | None = None

    @property
    def open(self) -> bool:
        """Whether its waiting goes on."""
        returned = getattr(self.handoff, "returned", None)
        if returned is not None:
            return returned.answered_at is None
        return self.handoff.first_touch_at is None and self.handoff.is_open


def visible_to(user: User) -> QuerySet[Handoff]:
    """Handoffs of the leads this person may see."""
    return Handoff.objects.filter(lead__in=Lead.objects.visible_to(user))


def of(handoffs: QuerySet[Handoff], *, at: datetime) -> list[Told]:
    """The splits of some handoffs, in their order."""
    before = Handoff.objects.filter(lead=OuterRef("lead"), cycle=OuterRef("cycle") - 1)
    clocks = Clock.objects.order_by("pk").only("handoff", "term", "calendar_version")
    ledger = Assignment.objects.order_by("at", "pk").only("handoff", "at", "rep")
    found = list(
        # Only what is counted: a period has many.
        handoffs.only(*COUNTED, "returned__returned_at", "returned__answered_at")
        .select_related("returned")
        .annotate(
            before_closed_at=Subquery(before.values("closed_at")[:1]), of_team=F("lead__team")
        )
        .prefetch_related(
            Prefetch("assignments", queryset=ledger),
            Prefetch("clocks", queryset=clocks.prefetch_related("pauses")),
        )
    )
    ready, stamp = _ready(found), configuration.stamp()
    return [_told(handoff, ready.get(handoff.lead_id, ()), at=at, stamp=stamp) for handoff in found]


def _ready(handoffs: Sequence[Handoff]) -> Mapping[int, Sequence[datetime]]:
    """When each lead met the definition."""
    leads = {handoff.lead_id for handoff in handoffs}
    found: dict[int, list[datetime]] = defaultdict(list)
    rows = Activity.objects.filter(lead__in=leads, kind=Kind.MQL)
    for lead, instant in rows.values_list("lead", "occurred_at"):
        found[lead].append(instant)
    return found


def _told(handoff: Handoff, ready: Sequence[datetime], *, at: datetime, stamp: UUID) -> Told:
    clocks: list[Clock] = list(handoff.clocks.all())  # type: ignore[attr-defined]
    of_team: int = handoff.of_team  # type: ignore[attr-defined]
    team_id = pool_team(handoff.pool_id, stamp=stamp)
    sales = _hours(clocks, Side.SALES, stamp=stamp) or agreement.hours_of_team(team_id, stamp=stamp)
    marketing = _hours(clocks, Side.MARKETING, stamp=stamp) or agreement.hours_of_team(
        of_team, stamp=stamp
    )
    record = _record(handoff, clocks, ready)
    parts = split(
        record, at=at,
        sales=sales.working if sales else None,
        marketing=marketing.working if marketing else None,
    )  # fmt: skip
    return Told(handoff, parts, sales, marketing, team_id)


def _hours(clocks: Iterable[Clock], side: str, *, stamp: UUID) -> Hours | None:
    """Those of the team, as the first clock counted in them has frozen them."""
    for clock in clocks:
        term = agreement.term(clock.term_id, stamp=stamp)
        counted = term.side == side and term.calendar_of == CountedIn.TEAM
        if counted and clock.calendar_version_id is not None:
            return agreement.hours(clock.calendar_version_id)
    return None


def _record(handoff: Handoff, clocks: Iterable[Clock], ready: Sequence[datetime]) -> Record:
    handed_over_at = handoff.handed_over_at
    pauses: list[Any] = [
        (pause.started_at, pause.ended_at or pause.until)
        for clock in clocks
        for pause in clock.pauses.all()  # type: ignore[attr-defined]
    ]
    returned = getattr(handoff, "returned", None)
    before: datetime | None = handoff.before_closed_at  # type: ignore[attr-defined]
    return Record(
        # Ready when it met the definition, after its last time with sales; one that never did was
        # ready when somebody said so by handing it over.
        ready_at=max(
            (r for r in ready if r <= handed_over_at and (before is None or before <= r)),
            default=handed_over_at,
        ),
        handed_over_at=handed_over_at,
        owners=[(line.at, line.rep_id) for line in handoff.assignments.all()],
        pauses=pauses,
        first_touch_at=handoff.first_touch_at,
        closed_at=handoff.closed_at,
        returned=(returned.returned_at, returned.answered_at) if returned is not None else None,
    )


@dataclass(slots=True)
class Average:
    """The mean waiting of some handoffs by part; of a rep, what was theirs alone."""

    name: str
    handoffs: int = 0
    parts: dict[Part, Amount] = field(default_factory=lambda: {part: Amount() for part in Part})

    def mean(self, part: Part) -> int:
        """Working seconds a handoff."""
        return self.parts[part].working // self.handoffs if self.handoffs else 0


# Beyond this many the newest stand for all: a page must not take a minute.
MOST = 1000


@dataclass(slots=True)
class Averages:
    """The means of a period's handoffs: of all, of each rep's own part, of each sales team."""

    whole: Average
    reps: list[Average] = field(default_factory=list)
    teams: list[Average] = field(default_factory=list)
    # There were more than are counted.
    more: bool = False


def averages(user: User, start: datetime, end: datetime, *, at: datetime) -> Averages:
    """Of the handoffs handed over in [start, end) that this person may see.

    A rep sees their own part, a marketer no rep's and no team's.
    """
    wanted = visible_to(user).filter(
        handed_over_at__gte=start, handed_over_at__lt=end, sourced_by=Sourced.MARKETING
    )
    found = of(wanted.order_by("-handed_over_at", "-pk")[: MOST + 1], at=at)
    counted = found[:MOST]
    whole, reps, teams = Average("All"), _by_key(), _by_key()
    for told in counted:
        _add(whole, told.split.stretches)
        for owner_id in {s.owner_id for s in told.split.stretches if s.owner_id is not None}:
            _add(reps[owner_id], [s for s in told.split.stretches if s.owner_id == owner_id])
        if told.team_id is not None:
            _add(teams[told.team_id], told.split.stretches)
    mine = {user.pk} if user.role == Role.SALES_REP else set(reps) if user.is_manager else set()
    shown = Team.objects.filter(pk__in=set(teams) if user.is_manager else set())
    return Averages(
        whole,
        _named(reps, User.objects.filter(pk__in=mine & set(reps))),
        _named(teams, shown),
        more=len(found) > MOST,
    )


def _by_key() -> dict[int, Average]:
    return defaultdict(lambda: Average(""))


def _add(average: Average, stretches: Iterable[Stretch]) -> None:
    average.handoffs += 1
    for stretch in stretches:
        average.parts[stretch.part].add(stretch)


def _named(found: Mapping[int, Average], rows: Iterable[User | Team]) -> list[Average]:
    for row in rows:
        found[row.pk].name = str(row)
    return sorted((each for each in found.values() if each.name), key=lambda each: each.name)
