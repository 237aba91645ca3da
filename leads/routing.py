"""Who gets a lead: its company's owner, else the first pool that fits, then smooth weighted turns.

Race-free: every place of every rep concerned is locked, and only then are open handoffs
counted, so two leads at once can't both take a rep's last free place. The turn of somebody
away or full is not spent: their credit stays as it was. A lead that goes to its company's owner
is a turn of theirs.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.configuration import remembered
from accounts.models import Absence, User
from leads.companies.owning import Owner, owners_of
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
    owner_first: bool = True

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

    def pass_over(self, first: list[dict[str, str]]) -> None:
        """Say who was passed over before all others, once."""
        names = {each["rep"] for each in first}
        self.skipped = [*first, *(each for each in self.skipped if each["rep"] not in names)]

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
            pool.owner_first,
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
    owners = owners_of({lead.of_company_id for lead in leads if lead.of_company_id})
    owned = [owners.get(lead.of_company_id or 0) for lead in leads]
    keeping = [_owners_pool(lead, owner, known) for lead, owner in zip(leads, owned, strict=True)]
    turns = {p.id for p in chosen if p and p.mode == Pool.Mode.TURNS}
    turns |= {p.id for p in keeping if p}
    table = _Turns(turns, at=at, without=without) if turns else None
    routes = []
    for pool, owner, own_pool in zip(chosen, owned, keeping, strict=True):
        passed_over = []
        if owner and pool and pool.owner_first:
            kept = table.to_owner(own_pool, owner) if table and own_pool else NO_PLACE
            if isinstance(kept, Route):
                routes.append(kept)
                continue
            passed_over = [{"rep": owner.name, "why": f"owns {owner.company}, {kept}"}]
        routes.append(_usual(pool, table))
        routes[-1].pass_over(passed_over)
    if table is not None:
        table.save()
    return routes


def _owners_pool(lead: Lead, owner: Owner | None, known: Sequence[PoolRules]) -> PoolRules | None:
    """The first pool that takes the lead and has its company's owner in it."""
    theirs = [p for p in known if owner and p.owner_first and p.id in owner.pools]
    return next((pool for pool in theirs if pool.fits(lead)), None)


def _usual(pool: PoolRules | None, table: "_Turns | None") -> Route:
    """Where a lead goes whose company is nobody's."""
    if pool is None:
        return Route(Assignment.How.NOBODY, "No pool takes this region and persona")
    if pool.mode == Pool.Mode.OPEN:
        return Route(Assignment.How.POOLED, f"{pool.name}: any member may take it", pool)
    assert table is not None
    return table.next_in(pool)


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


NO_PLACE = "not in a pool that takes this lead"
LONGEST_REASON = 300
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
        winner = max(free, key=lambda place: (place.credit, -place.id))
        self._pay(winner, free)
        reason = f"{pool.name}: {winner.name}'s turn ({len(free)} available)"
        return Route(Assignment.How.ROUTED, reason, pool, winner.user_id, skipped)

    def to_owner(self, pool: PoolRules, owner: Owner) -> Route | str:
        """To a company's owner, by a turn of theirs in this pool; else why not."""
        own = next((p for p in self.places[pool.id] if p.user_id == owner.user_id), None)
        why = self._why_not(own) if own else NO_PLACE
        if own is None or why:
            return why
        free = [place for place in self.places[pool.id] if not self._why_not(place)]
        for place in free:
            place.credit += place.weight
        self._pay(own, free)
        reason = f"{pool.name}: {owner.name} owns {owner.company}"
        return Route(Assignment.How.OWNER, reason[:LONGEST_REASON], pool, owner.user_id)

    def _pay(self, winner: _Place, free: Sequence[_Place]) -> None:
        self.moved |= {place.id: place for place in free}
        winner.credit -= sum(place.weight for place in free)
        self.open_now[winner.user_id] += 1

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
