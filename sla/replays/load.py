"""What a draft makes of the work itself: handoffs more or fewer a week, and for each rep."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from leads.models import Handoff, Pool, PoolMember, Sourced
from sla.replays.draft import ALL_POOLS, Draft
from sla.replays.newly_qualified import newly_qualified

WEEK = timedelta(days=7)


@dataclass(slots=True)
class Share:
    """The handoffs of one pool, or of all, and the reps who share them; before and after."""

    name: str
    # Of the pool; "" for all of them.
    slug: str = ""
    reps: int = 0
    reps_after: int = 0
    handoffs: int = 0
    removed: int = 0
    added: int = 0
    weeks: float = 1

    @property
    def after(self) -> int:
        """Handoffs there would have been."""
        return self.handoffs - self.removed + self.added

    @property
    def a_week(self) -> tuple[float, float]:
        """Handoffs a week, before and after."""
        return self.handoffs / self.weeks, self.after / self.weeks

    @property
    def each(self) -> tuple[float | None, float | None]:
        """Handoffs a week for each rep, before and after; None without reps."""
        before, after = self.a_week
        return (
            before / self.reps if self.reps else None,
            after / self.reps_after if self.reps_after else None,
        )


@dataclass(slots=True)
class Load:
    """The handoffs of the period, together and by pool."""

    total: Share
    pools: list[Share] = field(default_factory=list)
    # Leads more that marketing would have had to hand over itself.
    waiting: int = 0
    # Handoffs there would not have been.
    gone: frozenset[int] = frozenset()


def load(draft: Draft, also: Iterable[int], *, start: datetime, at: datetime, stamp: UUID) -> Load:
    """The handoffs of [start, at) under a draft; `also` are older ones, judged but not counted.

    A handoff is gone when the score on its receipt is below the draft's, unless somebody
    overrode the definition then: they would do it again. Writes nothing; the number of queries
    does not grow with the handoffs.
    """
    passed = Handoff.objects.filter(
        handed_over_at__gte=start, handed_over_at__lt=at, sourced_by=Sourced.MARKETING
    )
    counted = dict(passed.values_list("pk", "pool_id"))
    gone: set[int] = set()
    if draft.threshold is not None:
        older = Handoff.objects.filter(pk__in=set(also) - set(counted))
        gone = _below(draft.threshold, passed) | _below(draft.threshold, older)
    new = newly_qualified(draft.threshold, start=start, at=at, stamp=stamp)
    before, added = Counter(counted.values()), new.by_pool
    removed = Counter(counted[pk] for pk in gone if pk in counted)
    total, pools = _shares(draft, weeks=(at - start) / WEEK)
    for pool_id, share in pools.items():
        share.handoffs, share.removed, share.added = (
            before[pool_id], removed[pool_id], added[pool_id],
        )  # fmt: skip
    total.handoffs, total.removed, total.added = before.total(), removed.total(), added.total()
    return Load(total, list(pools.values()), new.waiting, frozenset(gone))


def _below(threshold: int, handoffs: QuerySet[Handoff]) -> set[int]:
    short = handoffs.filter(override_reason="", receipt__score__lt=threshold)
    return set(short.values_list("pk", flat=True))


def _shares(draft: Draft, *, weeks: float) -> tuple[Share, dict[int, Share]]:
    """Of all and of each pool in use; who is in several is one person in all."""
    people: dict[int, set[int]] = {}
    pools = {
        pool.pk: Share(pool.name, pool.slug, weeks=weeks)
        for pool in Pool.objects.filter(is_active=True)
    }
    rows = PoolMember.objects.filter(pool__in=pools, user__is_active=True)
    for pool_id, user_id in rows.values_list("pool_id", "user_id"):
        people.setdefault(pool_id, set()).add(user_id)
    total = Share("All of sales", weeks=weeks, reps=len(set().union(*people.values())))
    more = 0
    for pool_id, share in pools.items():
        share.reps = len(people.get(pool_id, ()))
        share.reps_after = draft.reps.get(pool_id, share.reps)
        more += share.reps_after - share.reps
    total.reps_after = draft.reps.get(ALL_POOLS, max(0, total.reps + more))
    return total, pools
