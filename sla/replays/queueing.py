"""How another number of reps might change the first contact: a model of one queue a pool.

It is a model, not a replay, and says what it assumes:

- The leads of a pool wait in one line and are taken first come, first served, at the instants at
  which they were handed over. Its reps do nothing else, work the hours of the pool's team, are
  never away, and begin with the next lead as soon as they are free.
- A first contact takes so many working seconds, the same for each: the mean time between two first
  contacts of one rep while the second lead was waiting already, as recorded in the period. Calls
  with others, breaks and lapses are in it, as far as they happened between two such contacts.
- A contact is made when that time is over: lead i of a line of c reps is begun at
  max(handed over, the earliest instant one of the c is free), counted in working time.

The model with the reps there are stands beside what was recorded: as far as those two differ, the
waiting had other reasons than the line, and more reps would not mend it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heappush
from itertools import pairwise
from uuid import UUID

from leads.models import TOUCHES, Handoff, Kind, Pool
from leads.routing import pool_team
from sla import agreement
from sla.business_time import WorkingCalendar
from sla.replays.draft import Draft
from sla.replays.load import Load
from sla.replays.recorded import Replayed

# From fewer than so many pairs of contacts no time is told.
ENOUGH = 20


@dataclass(slots=True)
class Line:
    """One pool's first contacts: the share in time as recorded, and by the model."""

    name: str
    slug: str
    reps: int
    reps_after: int
    # Working seconds of one contact, and from how many it is the mean; None: from too few.
    handling: int | None
    seen: int
    # Promises of a first contact that are met or missed, and of those the shares kept.
    judged: int = 0
    recorded: float | None = None
    now: float | None = None
    after: float | None = None

    @property
    def takes(self) -> str:
        """One contact in words: "1 h 12 min"."""
        hours, minutes = divmod(round((self.handling or 0) / 60), 60)
        return f"{hours} h {minutes} min" if hours else f"{minutes} min"


@dataclass(slots=True)
class Passed:
    """One handoff of the period, as the line sees it."""

    id: int
    owner_id: int | None
    came: datetime
    assigned: datetime | None
    contact: datetime | None


def lines(
    draft: Draft, replayed: Iterable[Replayed], work: Load, *, start: datetime, at: datetime,
    stamp: UUID,
) -> list[Line]:  # fmt: skip
    """The pools for which the draft names a number of reps; one query."""
    pools = {pool.pk: pool for pool in Pool.objects.filter(pk__in=draft.reps)}
    if not pools:
        return []
    shares = {share.slug: share for share in work.pools}
    passed = _passed(pools, work.gone, start=start, at=at)
    promises = _promises(replayed)
    found = []
    for pk, pool in pools.items():
        hours = agreement.hours_of_team(pool_team(pk, stamp=stamp), stamp=stamp)
        working = draft.hours.get(pool.team_id) or (hours.working if hours else None)
        share = shares[pool.slug]
        gaps = _gaps(passed[pk], working) if working else []
        handling = round(sum(gaps) / len(gaps)) if len(gaps) >= ENOUGH else None
        line = Line(pool.name, pool.slug, share.reps, share.reps_after, handling, len(gaps))
        if working is not None and handling is not None:
            _judge(line, passed[pk], promises, handling, working)
        found.append(line)
    return found


def contacts(
    came: Sequence[datetime], *, reps: int, handling: int, working: WorkingCalendar
) -> list[datetime | None]:
    """When each lead of a line gets its first contact; `came` in order. None: never open."""
    free = [came[0]] * reps if came else []
    heapify(free)
    found: list[datetime | None] = []
    for instant in came:
        done = working.add(max(instant, heappop(free)), handling)
        found.append(done)
        if done is None:
            return [None] * len(came)
        heappush(free, done)
    return found


def _passed(
    pools: Iterable[int], gone: frozenset[int], *, start: datetime, at: datetime
) -> Mapping[int, list[Passed]]:
    """Pool → its handoffs in the order in which they came."""
    found: dict[int, list[Passed]] = defaultdict(list)
    rows = Handoff.objects.filter(pool__in=pools, handed_over_at__gte=start, handed_over_at__lt=at)
    names = ("pool_id", "pk", "owner_id", "handed_over_at", "assigned_at", "first_touch_at")
    for pool, *row in rows.order_by("handed_over_at", "pk").values_list(*names):
        if row[0] not in gone:
            found[pool].append(Passed(*row))
    return found


def _promises(replayed: Iterable[Replayed]) -> Mapping[int, list[Replayed]]:
    """Handoff → its judged promises of one first contact from the handing over on."""
    found: dict[int, list[Replayed]] = defaultdict(list)
    for each in replayed:
        term = each.under or each.term
        first = term.starts_on == Kind.HANDED_OVER and term.stops_after == 1
        judged = each.after is not None and each.after.outcome in ("met", "missed")
        if first and judged and not each.clock.round and set(term.stops_on) <= TOUCHES:
            found[each.clock.handoff_id or 0].append(each)
    return found


def _gaps(passed: Iterable[Passed], working: WorkingCalendar) -> list[int]:
    """Working seconds between two first contacts of one rep while the second lead waited."""
    by_rep: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for each in passed:
        if each.owner_id and each.contact and each.assigned:
            by_rep[each.owner_id].append((each.contact, each.assigned))
    found = []
    for pairs in by_rep.values():
        pairs.sort()
        for (before, _), (contact, assigned) in pairwise(pairs):
            if assigned <= before:
                found.append(working.elapsed(before, contact))
    return found


def _judge(
    line: Line, passed: Sequence[Passed], promises: Mapping[int, list[Replayed]], handling: int,
    working: WorkingCalendar,
) -> None:  # fmt: skip
    came = [each.came for each in passed]
    kept = [0, 0, 0]
    told = [
        contacts(came, reps=reps, handling=handling, working=working)
        for reps in (line.reps, line.reps_after)
        if reps
    ]
    if len(told) < 2:
        return  # nobody was in the pool: nothing to hold the model against
    for each, *instants in zip(passed, *told, strict=True):
        for promise in promises.get(each.id, ()):
            assert promise.after is not None
            due_at = promise.after.due_at
            line.judged += 1
            kept[0] += promise.after.outcome == "met"
            for n, instant in enumerate(instants, start=1):
                kept[n] += due_at is None or (instant is not None and instant <= due_at)
    if line.judged:
        line.recorded, line.now, line.after = (n / line.judged for n in kept)
