"""What other rules would do to the leads that are here, and how many more sales would get."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from leads import scoring
from leads.models import Lead, Stage
from leads.rescoring import scored_leads, signs_by_lead
from leads.scoring import Score
from personas.definitions import Agreed, in_force

# The newest so many open leads are looked at; the page says so when there are more.
LOOKED_AT = 5000
SHOWN = 15
# "A week" is a quarter of what the last four weeks brought.
LATELY = timedelta(weeks=4)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A lead that would meet the definition and does not, or the other way round."""

    lead: Lead
    before: Score
    after: Score


@dataclass(slots=True)
class Preview:
    """What changes. Tiers count leads before and after; `weekly` is MQLs a week, more or less."""

    of: int = 0
    looked_at: int = 0
    up: int = 0
    down: int = 0
    entering: list[Crossing] = field(default_factory=list)
    leaving: list[Crossing] = field(default_factory=list)
    tiers: dict[str, list[int]] = field(
        default_factory=lambda: {"hot": [0, 0], "warm": [0, 0], "cold": [0, 0]}
    )
    weekly_before: float = 0.0
    weekly_after: float = 0.0

    @property
    def same(self) -> int:
        return self.looked_at - self.up - self.down


def preview(rules: Mapping[str, Any], *, at: datetime) -> Preview:
    """Score the open leads by the rules in force and by these, both as of now."""
    _, current = scoring.current_rules(at)
    agreed = in_force("mql", at)
    personas, rules = scoring.personas(), scoring.counting(rules)
    found = Preview(of=scored_leads().count())
    leads = list(scored_leads().order_by("-created_at", "-pk")[:LOOKED_AT])
    signs = signs_by_lead([lead.pk for lead in leads], at=at)
    for lead in leads:
        values = lead.values()
        before = scoring.score_by(current, values, signs[lead.pk], at=at, personas=personas)
        after = scoring.score_by(rules, values, signs[lead.pk], at=at, personas=personas)
        _count(found, lead, before, after, agreed, at=at)
    found.looked_at = len(leads)
    found.entering.sort(key=lambda crossing: -crossing.after.total)
    found.leaving.sort(key=lambda crossing: -crossing.before.total)
    weeks = LATELY / timedelta(weeks=1)
    found.weekly_before /= weeks
    found.weekly_after /= weeks
    return found


def _count(
    found: Preview,
    lead: Lead,
    before: Score,
    after: Score,
    agreed: Agreed | None,
    *,
    at: datetime,
) -> None:
    found.up += after.total > before.total
    found.down += after.total < before.total
    found.tiers[before.tier][0] += 1
    found.tiers[after.tier][1] += 1
    was, is_now = _meets(lead, before, agreed), _meets(lead, after, agreed)
    if lead.created_at > at - LATELY:
        found.weekly_before += was
        found.weekly_after += is_now
    if was != is_now and _is_marketings(lead):
        (found.entering if is_now else found.leaving).append(Crossing(lead, before, after))


def _is_marketings(lead: Lead) -> bool:
    """Whether the lead is not with sales: then the definition still decides about it."""
    if lead.stage == Stage.MQL:
        return lead.handed_over_at is None
    return lead.stage in (Stage.INQUIRY, Stage.RECYCLED)


def _meets(lead: Lead, score: Score, agreed: Agreed | None) -> bool:
    persona = score.persona.slug if score.persona else None
    facts = {**lead.values(), "score": score.total, "fit": score.fit, "persona": persona}
    return agreed is not None and not agreed.missing(facts)
