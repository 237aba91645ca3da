"""How many leads would a definition of MQL have let through?

Of the leads that came in lately, each is held against both rules once. Who was handed over is
judged as the receipt says it stood then. Who was not is judged at its best: by the scoring rules
in force now, as of each of its touchpoints, with the facts it has now. So a lead that a stricter
rule holds back might have come later, and facts that were learnt since count; the page says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts import configuration
from leads import scoring
from leads.agreed.stage_words import field_names
from leads.models import Handoff, Lead, Sourced
from leads.rescoring import READ, signs_by_lead
from personas.definitions import gaps, in_force
from personas.matching import PersonaRules

# In weeks.
PERIODS = (4, 13, 26)
# The newest so many are looked at; the page says so when there are more.
LOOKED_AT = 5000
SHOWN = 8
WEEK = timedelta(weeks=1)

Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """One lead as it is held against a rule; `why` is what keeps it out by the one of both."""

    lead: int
    came: datetime
    score: int
    handed_over: bool
    why: str = ""


@dataclass(slots=True)
class Week:
    """The leads that came in one week: how many pass by the rule in force, and by the other."""

    starts: datetime
    before: int = 0
    after: int = 0


@dataclass(slots=True)
class LetThrough:
    """How many pass by either rule, week by week (oldest first), and who changes sides."""

    weeks: list[Week]
    of: int
    looked_at: int
    entering: list[Judged] = field(default_factory=list)
    leaving: list[Judged] = field(default_factory=list)

    @property
    def before(self) -> int:
        return sum(week.before for week in self.weeks)

    @property
    def after(self) -> int:
        return sum(week.after for week in self.weeks)

    @property
    def weekly_before(self) -> float:
        return self.before / len(self.weeks)

    @property
    def weekly_after(self) -> float:
        return self.after / len(self.weeks)


def let_through(rule: Rule, *, weeks: int, at: datetime) -> LetThrough:
    """What this rule would have let through of the leads of so many weeks, beside the one in force.

    Four queries however many leads there are.
    """
    stamp = configuration.stamp()
    agreed = in_force("mql", at, stamp=stamp)
    names, start = field_names(stamp=stamp), at - weeks * WEEK
    came = Lead.objects.filter(
        created_at__gt=start, created_at__lte=at, sourced_by=Sourced.MARKETING
    )
    newest = came.order_by("-created_at", "-pk").only("created_at", *READ)
    leads = list(newest[:LOOKED_AT])
    of = came.count() if len(leads) == LOOKED_AT else len(leads)
    found = LetThrough([Week(start + n * WEEK) for n in range(weeks)], of, len(leads))
    for lead, values, handed_over in _judged(leads, at=at, stamp=stamp):
        before = ["nothing is agreed"] if agreed is None else gaps(agreed.rule, values, names=names)
        after = gaps(rule, values, names=names)
        week = found.weeks[min((lead.created_at - start) // WEEK, weeks - 1)]
        week.before += not before
        week.after += not after
        if bool(before) != bool(after):
            why = "; ".join(before or after)
            judged = Judged(lead.pk, lead.created_at, values["score"], handed_over, why)
            (found.entering if before else found.leaving).append(judged)
    return found


def _judged(
    leads: Sequence[Lead], *, at: datetime, stamp: UUID
) -> Iterable[tuple[Lead, dict[str, Any], bool]]:
    """Each lead with what rules are held against, and whether that is of its handoff."""
    # By the period, not by their numbers: a list of thousands is slow to send.
    since = leads[-1].created_at if leads else at
    handoffs = Handoff.objects.filter(cycle=1, lead__created_at__gte=since, handed_over_at__lte=at)
    receipts = {
        lead: {"score": score or 0, "fit": fit or 0, "persona": (persona or {}).get("slug")}
        for lead, score, fit, persona in handoffs.values_list(
            "lead_id", "receipt__score", "receipt__fit", "receipt__persona"
        )
    }
    kept = [lead.pk for lead in leads if lead.pk not in receipts]
    signs = signs_by_lead(kept, at=at)
    _, rules = scoring.current_rules(at, stamp=stamp)
    personas = scoring.personas(stamp=stamp)
    for lead in leads:
        receipt = receipts.get(lead.pk)
        said = receipt or _at_its_best(lead, signs.get(lead.pk, []), rules, personas)
        yield lead, {**lead.values(), **said}, receipt is not None


def _at_its_best(
    lead: Lead, signs: Sequence[scoring.Sign], rules: Rule, personas: Sequence[PersonaRules]
) -> dict[str, Any]:
    """Score, fit and persona at the touchpoint of the best score: between them it only fades."""
    values = lead.values()
    known = sorted(signs, key=lambda sign: sign.occurred_at)
    moments = [(sign.occurred_at, known[: n + 1]) for n, sign in enumerate(known)]
    best = max(
        (
            scoring.score_by(rules, values, upto, at=then, personas=personas)
            for then, upto in moments or [(lead.created_at, [])]
        ),
        key=lambda score: score.total,
    )
    persona = best.persona.slug if best.persona else None
    return {"score": best.total, "fit": best.fit, "persona": persona}
