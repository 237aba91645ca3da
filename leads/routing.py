"""Who gets a lead: the first pool that fits, then smooth weighted turns among who is free.

Race-free: every place of every rep concerned is locked, and only then are open handoffs
counted, so two leads at once can't both take a rep's last free place. The turn of somebody
away or full is not spent: their credit stays as it was.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.configuration import remembered
from accounts.models import Absence, User
from leads.custom_fields.rules import counting
from leads.models import Assignment, Lead, Pool, PoolMember
from personas.matching import Rule, matches


@dataclass(frozen=True, slots=True)
class PoolRules:
    """A pool as routing sees it."""

    id: int
    name: str
    team_id: int
    mode: str
    countries: frozenset[str]
    personas: frozenset[int]
    conditions: tuple[Rule, ...] = ()

    def fits(self, lead: Lead) -> bool:
        if self.countries and lead.country not in self.countries:
            return False
        if self.personas and lead.persona_id not in self.personas:
            return False
        if not self.conditions:
            return True
        values = lead.values()
        return all(matches(condition, values) for condition in self.conditions)


@dataclass(slots=True)
class Route:
    """Where a lead goes and why: one line of the ledger to be."""

    how: str
    reason: str
    pool: PoolRules | None = None
    rep_id: int | None = None
    skipped: list[dict[str, str]] = field(default_factory=list)

    def ledger_line(self, handoff_id: int, *, at: datetime, by: User | None) -> Assignment:
        return Assignment(
            handoff_id=handoff_id,
            at=at,
            how=self.how,
            rep_id=self.rep_id,
            pool_id=self.pool.id if self.pool else None,
            by=by,
            reason=self.reason,
            skipped=self.skipped,
        )


def pools(*, stamp: UUID | None = None) -> list[PoolRules]:
    """The active pools in the order in which they are tried."""
    return remembered("pools", _load_pools, under=stamp)


def _load_pools() -> list[PoolRules]:
    return [
        PoolRules(
            pool.pk,
            pool.name,
            pool.team_id,
            pool.mode,
            frozenset(pool.countries),
            frozenset(persona.pk for persona in pool.personas.all()),
            tuple(counting(pool.conditions)),
        )
        for pool in Pool.objects.filter(is_active=True).prefetch_related("personas")
    ]


def pool_team(pool_id: int | None, *, stamp: UUID | None = None) -> int | None:
    """The sales team a pool belongs to."""
    return next((p.team_id for p in pools(stamp=stamp) if p.id == pool_id), None)


def route(
    leads: Sequence[Lead],
    *,
    at: datetime,
    without: Collection[int] = (),
    stamp: UUID | None = None,
) -> list[Route]:
    """Choose a rep for each lead, in order; call inside a transaction.

    `without` are user ids that must not get it (those who had it already).
    """
    known = pools(stamp=stamp)
    chosen = [next((p for p in known if p.fits(lead)), None) for lead in leads]
    turns = {p.id for p in chosen if p and p.mode == Pool.Mode.TURNS}
    table = _Turns(turns, at=at, without=without) if turns else None
    routes = []
    for pool in chosen:
        if pool is None:
            routes.append(Route(Assignment.How.NOBODY, "No pool takes this region and persona"))
        elif pool.mode == Pool.Mode.OPEN:
            routes.append(
                Route(Assignment.How.POOLED, f"{pool.name}: any member may take it", pool)
            )
        else:
            assert table is not None
            routes.append(table.next_in(pool))
    if table is not None:
        table.save()
    return routes


def pool_for(lead: Lead, pool_id: int | None, *, stamp: UUID | None = None) -> PoolRules | None:
    """The active pool of this id, else the first that fits the lead."""
    known = pools(stamp=stamp)
    own = next((p for p in known if p.id == pool_id), None)
    return own or next((p for p in known if p.fits(lead)), None)


def at_hand(
    pool: PoolRules, *, at: datetime, without: Collection[int] = ()
) -> tuple[list[int], list[dict[str, str]]]:
    """Ids of the members who can be asked to take a lead, and who was passed over and why.

    Asking takes no turn and no place: whoever is full may still take one.
    """
    members = PoolMember.objects.filter(pool=pool.id).select_related("user").order_by("id")
    away = set(
        Absence.objects.covering(at).filter(user__pool_places__pool=pool.id).values_list(
            "user", flat=True
        )
    )  # fmt: skip
    asked, skipped = [], []
    for user in (member.user for member in members):
        why = "had it before" if user.pk in without else "away" if user.pk in away else ""
        why = why if user.is_active else "no longer here"
        if why:
            skipped.append({"rep": str(user), "why": why})
        else:
            asked.append(user.pk)
    return asked, skipped


# First every place of every rep who has one in these pools is locked, other pools' places too.
# What they hold is read by a statement of its own, which sees what others committed meanwhile;
# both travel together.
LOCK_AND_READ = """
SELECT id FROM leads_poolmember WHERE user_id IN (
    SELECT user_id FROM leads_poolmember WHERE pool_id = ANY(%(pools)s)
) ORDER BY id FOR UPDATE;
SELECT p.id, p.pool_id, p.user_id, coalesce(nullif(u.name, ''), u.email), p.weight, p.capacity,
    p.credit, CASE WHEN NOT u.is_active THEN 'no longer here' WHEN EXISTS (
        SELECT FROM accounts_absence a
        WHERE a.user_id = u.id AND a.starts_at <= %(at)s AND a.ends_at > %(at)s
    ) THEN 'away' ELSE '' END,
    (SELECT count(*) FROM leads_handoff h WHERE h.owner_id = u.id AND h.closed_at IS NULL)
FROM leads_poolmember p JOIN accounts_user u ON u.id = p.user_id
WHERE p.pool_id = ANY(%(pools)s) ORDER BY p.id
"""
KEEP = """
UPDATE leads_poolmember p SET credit = turn.credit
FROM unnest(%(places)s::bigint[], %(credits)s::int[]) AS turn (id, credit) WHERE p.id = turn.id
"""


@dataclass(slots=True)
class _Place:
    """A rep's place in a pool, as it stands under its lock."""

    id: int
    pool_id: int
    user_id: int
    name: str
    weight: int
    capacity: int
    credit: int
    absent: str


class _Turns:
    """The locked places of some pools, and the turns taken in this batch."""

    def __init__(self, pool_ids: set[int], *, at: datetime, without: Collection[int]) -> None:
        self.places: dict[int, list[_Place]] = defaultdict(list)
        self.open_now: dict[int, int] = {}
        self.without = without
        self.moved: dict[int, _Place] = {}
        with connection.cursor() as cursor:
            cursor.execute(LOCK_AND_READ, {"pools": list(pool_ids), "at": at})
            for *facts, open_now in cursor.fetchall():
                place = _Place(*facts)
                self.places[place.pool_id].append(place)
                self.open_now[place.user_id] = open_now

    def next_in(self, pool: PoolRules) -> Route:
        """The next turn in a pool: each free place gains its weight, the highest one pays."""
        skipped, free = [], []
        for place in self.places[pool.id]:
            why = self._why_not(place)
            if why:
                skipped.append({"rep": place.name, "why": why})
            else:
                free.append(place)
        if not free:
            reason = f"{pool.name}: nobody is available" if skipped else f"{pool.name} is empty"
            return Route(Assignment.How.NOBODY, reason, pool, None, skipped)
        for place in free:
            place.credit += place.weight
            self.moved[place.id] = place
        winner = max(free, key=lambda place: (place.credit, -place.id))
        winner.credit -= sum(place.weight for place in free)
        self.open_now[winner.user_id] += 1
        reason = f"{pool.name}: {winner.name}'s turn ({len(free)} available)"
        return Route(Assignment.How.ROUTED, reason, pool, winner.user_id, skipped)

    def _why_not(self, place: _Place) -> str:
        if place.user_id in self.without:
            return "had it before"
        busy = self.open_now[place.user_id]
        full = f"full ({busy} of {place.capacity})" if busy >= place.capacity else ""
        return place.absent or full

    def save(self) -> None:
        if self.moved:
            credits = [place.credit for place in self.moved.values()]
            with connection.cursor() as cursor:
                cursor.execute(KEEP, {"places": list(self.moved), "credits": credits})
