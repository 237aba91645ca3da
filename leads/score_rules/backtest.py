"""What these rules would have said of handoffs whose end is known.

Each lead is scored as it stood at its handoff: by the facts of the frozen receipt and the
touchpoints of before. Only leads that were handed over have an end, so that what the rules would
have made of the others stays unknown; the page says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leads import scoring
from leads.capture import REMEMBERED, signs_of
from leads.models import TOUCHPOINTS, Activity, Handoff
from leads.prediction.history import ripe_handoffs
from personas.definitions import in_force

NEWEST = 3000
# What a receipt says of the person, as it stood.
FROZEN = ("job_title", "company", "country")
BAND = 20


@dataclass(frozen=True, slots=True)
class Band:
    """Handoffs of these scores: how many, and the share of them that became customers."""

    first: int
    last: int
    handoffs: int
    won: int

    @property
    def rate(self) -> float | None:
        return self.won / self.handoffs if self.handoffs else None


@dataclass(frozen=True, slots=True)
class Backtest:
    """How well scores told later customers apart.

    `auc`: how often a customer has the higher score of two (ties count half; Mann-Whitney).
    `precision`: the share of customers among those at or above the threshold. `kept`: the share of
    all customers among those. `lift`: customers among the fifth with the best scores, against
    their usual share.
    """

    handoffs: int
    won: int
    threshold: int
    above: int
    precision: float | None
    kept: float | None
    lift: float | None
    auc: float | None
    bands: tuple[Band, ...]


def backtest(rules: Mapping[str, Any], *, at: datetime) -> tuple[Backtest, Backtest]:
    """By the rules in force, and by these."""
    handoffs = list(
        ripe_handoffs(at=at).select_related("lead").order_by("-handed_over_at", "-id")[:NEWEST]
    )
    agreed = in_force("mql", at)
    threshold = agreed.rule.get("min_score", 0) if agreed else 0
    won = [handoff.is_won for handoff in handoffs]  # type: ignore[attr-defined]
    signs = _signs_then(handoffs)
    both = []
    for each in (scoring.current_rules(at)[1], scoring.counting(rules)):
        scores = [_score_then(each, handoff, signs[handoff.pk]) for handoff in handoffs]
        both.append(_measured(scores, won, threshold))
    return both[0], both[1]


def _score_then(rules: Mapping[str, Any], handoff: Handoff, signs: Sequence[scoring.Sign]) -> int:
    person = handoff.receipt.get("person") or {}
    values = {**handoff.lead.values(), "source": handoff.receipt.get("source")}
    values |= {name: person.get(name) for name in FROZEN}
    then = handoff.handed_over_at
    return scoring.score_by(rules, values, signs, at=then, personas=scoring.personas()).total


def _signs_then(handoffs: Sequence[Handoff]) -> dict[int, list[scoring.Sign]]:
    by_lead: dict[int, list[Activity]] = {handoff.lead_id: [] for handoff in handoffs}
    touchpoints = Activity.objects.filter(lead__in=list(by_lead), kind__in=TOUCHPOINTS)
    for activity in touchpoints:
        by_lead[activity.lead_id].append(activity)
    return {
        handoff.pk: signs_of(
            activity
            for activity in by_lead[handoff.lead_id]
            if handoff.handed_over_at - REMEMBERED <= activity.occurred_at <= handoff.handed_over_at
        )
        for handoff in handoffs
    }


def _measured(scores: Sequence[int], won: Sequence[bool], threshold: int) -> Backtest:
    total, above = sum(won), [w for s, w in zip(scores, won, strict=True) if s >= threshold]
    best = sorted(range(len(scores)), key=lambda n: -scores[n])[: max(1, len(scores) // 5)]
    usual = total / len(won) if won else 0
    return Backtest(
        handoffs=len(won),
        won=total,
        threshold=threshold,
        above=len(above),
        precision=sum(above) / len(above) if above else None,
        kept=sum(above) / total if total else None,
        lift=sum(won[n] for n in best) / len(best) / usual if usual else None,
        auc=_auc(scores, won),
        bands=tuple(_band(first, scores, won) for first in range(0, scoring.LIMIT, BAND)),
    )


def _band(first: int, scores: Sequence[int], won: Sequence[bool]) -> Band:
    last = scoring.LIMIT if first + BAND >= scoring.LIMIT else first + BAND - 1
    inside = [w for s, w in zip(scores, won, strict=True) if first <= s <= last]
    return Band(first, last, len(inside), sum(inside))


def _auc(scores: Sequence[int], won: Sequence[bool]) -> float | None:
    """From the counts at each score, so that it takes one pass."""
    total, others = sum(won), len(won) - sum(won)
    if not total or not others:
        return None
    here = {score: [0, 0] for score in scores}
    for score, is_won in zip(scores, won, strict=True):
        here[score][is_won] += 1
    below, sooner = 0, 0.0
    for score in sorted(here):
        lost, customers = here[score]
        sooner += customers * (below + lost / 2)
        below += lost
    return sooner / (total * others)
