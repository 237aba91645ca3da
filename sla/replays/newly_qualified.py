"""Leads that marketing kept and would have handed over, had an MQL needed another score."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from leads import routing, scoring
from leads.capture import REMEMBERED, signs_of
from leads.handover import definition_values
from leads.models import TOUCHPOINTS, Activity, Campaign, Handoff, Lead, Sourced, Stage
from personas import definitions

# What the rules can speak of (Lead.values).
FACTS = (
    "email", "phone", "first_name", "last_name", "company", "company_domain", "job_title",
    "country", "source", "extra",
)  # fmt: skip
SIGNS = ("lead_id", "kind", "occurred_at", "recorded_at", "data", "campaign_id")


@dataclass(slots=True)
class NewlyQualified:
    """How many, by the pool they would have gone to (None: no pool takes them)."""

    by_pool: Counter[int | None] = field(default_factory=Counter)
    # Their campaign leaves the handing over to marketing: no load for sales by itself.
    waiting: int = 0


def newly_qualified(
    threshold: int | None, *, start: datetime, at: datetime, stamp: UUID
) -> NewlyQualified:
    """Leads with a touchpoint in [start, at) that no handoff followed, and that meet the
    definition of that moment only with this score in it.

    Each is scored as it stood at its touchpoints, by the score everything else uses. Four queries
    however many there are; none without a threshold.
    """
    found = NewlyQualified()
    if threshold is None:
        return found
    pools = routing.pools(stamp=stamp)
    held_back = set(Campaign.objects.filter(hand_over_at_once=False).values_list("pk", flat=True))
    for lead, signs in _close(threshold, start=start, at=at, stamp=stamp):
        sign = _qualifies(lead, signs, threshold, start=start, stamp=stamp)
        if sign is None:
            continue
        if sign.campaign_id in held_back:
            found.waiting += 1
        else:
            found.by_pool[next((pool.id for pool in pools if pool.fits(lead)), None)] += 1
    return found


def _close(
    threshold: int, *, start: datetime, at: datetime, stamp: UUID
) -> Iterable[tuple[Lead, Sequence[Activity]]]:
    """Leads that stayed with marketing, each with its touchpoints as they became known; only those
    whose fit, with all their touchpoints unfaded, makes that score: most need no closer look."""
    handed_over = Handoff.objects.filter(lead=OuterRef("pk"), handed_over_at__gte=start)
    kept = Lead.objects.filter(
        ~Exists(handed_over),
        sourced_by=Sourced.MARKETING,
        stage__in=[Stage.INQUIRY, Stage.RECYCLED],
        last_touchpoint_at__gte=start,
    ).order_by()
    signs = Activity.objects.filter(
        kind__in=TOUCHPOINTS, occurred_at__gte=start - REMEMBERED, recorded_at__lt=at
    )
    best = _most_engagement(signs.filter(lead__in=kept.values("pk")), start, at, stamp)
    # Asked for by their fit alone, and sorted out here: a list of thousands is slow to send.
    near = kept.filter(fit__gte=threshold - max(best.values(), default=0))
    known: dict[int, list[Activity]] = defaultdict(list)
    rows = signs.filter(lead__in=near.values("pk")).order_by("recorded_at", "pk")
    for sign in rows.only(*SIGNS):
        known[sign.lead_id].append(sign)
    for lead in near.only("fit", *FACTS):
        if lead.fit + best.get(lead.pk, 0) >= threshold:
            yield lead, known[lead.pk]


def _most_engagement(
    signs: QuerySet[Activity], start: datetime, at: datetime, stamp: UUID
) -> Mapping[int, int]:
    """Lead → the most points its touchpoints can have made."""
    kinds: dict[int, list[tuple[str, int]]] = defaultdict(list)
    rows = signs.order_by("lead_id", "kind").values_list("lead_id", "kind")
    for lead, kind, n in rows.annotate(n=Count("pk")):
        kinds[lead].append((kind, n))
    most: dict[tuple[tuple[str, int], ...], int] = {}
    for said in {tuple(each) for each in kinds.values()}:
        most[said] = scoring.most_engagement(dict(said), since=start, at=at, stamp=stamp)
    return {lead: most[tuple(each)] for lead, each in kinds.items()}


def _qualifies(
    lead: Lead, signs: Sequence[Activity], threshold: int, *, start: datetime, stamp: UUID
) -> Activity | None:
    """The touchpoint that would have made it an MQL; None too when it was one as things are."""
    for sign in signs:
        then = sign.recorded_at
        agreed = definitions.in_force("mql", then, stamp=stamp)
        if then < start or agreed is None:
            continue
        known = signs_of(each for each in signs if each.recorded_at <= then)
        scoring.apply(lead, scoring.score(lead.values(), known, at=then, stamp=stamp), at=then)
        values = definition_values(lead, stamp=stamp)
        if not agreed.missing(values):
            return None
        if not replace(agreed, rule={**agreed.rule, "min_score": threshold}).missing(values):
            return sign
    return None
