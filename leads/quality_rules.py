"""Ratings rolled up by the scoring rule that let the lead in.

A rule lifted a lead over the threshold when, without its points, the lead would have missed the
definition it was handed over under; both are read off the receipt, so nothing learnt later counts.
Several rules may have lifted one lead: each was needed. A lead that had points to spare was lifted
by none of them, and one that was handed over all the same counts for no rule.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTransform

from accounts.configuration import remembered
from leads.models import Feedback, ScoreRules
from leads.models.feedback import POOR
from leads.quality_figures import WEIGHT, Standing
from personas.models import Definition

PERSONA = "Persona"
# The newest so many are read: what was said before says little of today's rules.
READ = 5000
TIMES = re.compile(r" (twice|[0-9]+ times)$")
# Labels of rules there ever were, and what each version of the definition asks for.
Known = tuple[frozenset[str], Mapping[int, Mapping[str, Any]]]


def known(*, stamp: UUID | None = None) -> Known:
    """Kept in memory."""
    return remembered("rules-and-thresholds", _load, under=stamp)


def _load() -> Known:
    labels = {
        str(rule["label"])
        for rules in ScoreRules.objects.values_list("rules", flat=True)
        for part in ("fit", "engagement")
        for rule in rules.get(part, [])
    }
    asked = Definition.objects.filter(key="mql").values_list("version", "rule")
    return frozenset(labels), dict(asked)


def lifted_by(receipt: Mapping[str, Any], about: Known) -> list[str]:
    """The rules without whose points the lead would not have been handed over, by name; none for
    one that did not meet its definition, or had points to spare."""
    labels, thresholds = about
    definition = receipt.get("definition") or {}
    rule = thresholds.get(definition.get("version") or 0)
    if not rule:
        return []
    fit = receipt.get("fit") or 0
    total = fit + (receipt.get("engagement") or 0)
    least, least_fit = rule.get("min_score", 0), rule.get("min_fit", 0)
    if total < least or fit < least_fit:
        return []
    found = []
    for reason in receipt.get("reasons") or []:
        points = reason["points"]
        short = total - points < least
        short |= reason.get("part") == "fit" and fit - points < least_fit
        if points > 0 and short:
            found.append(name_of(reason, labels))
    return list(dict.fromkeys(found))


def name_of(reason: Mapping[str, Any], labels: Iterable[str]) -> str:
    """The rule a reason comes from: "Sent a form twice" is of "Sent a form"."""
    label = str(reason["label"])
    once = TIMES.sub("", label)
    if label in labels or once not in labels:
        fits = label.startswith("Fits ") and reason.get("part") == "fit"
        return PERSONA if fits and label not in labels else label
    return once


def by_rule(feedback: QuerySet[Feedback], *, prior: float) -> list[Standing]:
    """Ratings by the rule that lifted the lead over the threshold, best estimate first; few are
    drawn to `prior`, the mean of all, as everywhere (leads.quality_figures). One query."""
    facts = ("reasons", "fit", "engagement", "definition")
    rows = feedback.filter(handoff__override_reason="").values_list(
        "rating", *(KeyTransform(name, "handoff__receipt") for name in facts)
    )
    given: dict[str, list[int]] = defaultdict(list)
    about = known()
    for rating, *values in rows[:READ]:
        for name in lifted_by(dict(zip(facts, values, strict=True)), about):
            given[name].append(rating)
    found = [_standing(name, ratings, prior) for name, ratings in given.items()]
    return sorted(found, key=lambda each: (-each.estimate, each.name))


def _standing(name: str, ratings: list[int], prior: float) -> Standing:
    count = len(ratings)
    estimate = (sum(ratings) + WEIGHT * prior) / (count + WEIGHT)
    poor = sum(rating <= POOR for rating in ratings)
    return Standing(name, count, sum(ratings) / count, estimate, poor)
