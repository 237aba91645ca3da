"""The score: fit (who they are) plus engagement (what they did, fading), with its reasons.

Rules are data (ScoreRules.rules):
  fit         [{field, op, value, points, label}]        one hit each
  persona     points for fitting any agreed persona
  engagement  [{kind, contains?, points, half_life_days, most, label}]
  quiet       {after_days, points}                       nothing heard for so long
  tiers       {hot: 80, warm: 50}
Engagement decays: points × 0.5 ** (age in days / half-life), the usual half-life formula.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.configuration import remembered
from leads.custom_fields import rules as custom_rules
from leads.models import Lead, ScoreRules, Tier
from personas.definitions import persona_rules
from personas.matching import PersonaRules, best_persona, matches

SECONDS_A_DAY = 86_400
LIMIT = 100
TIMES = {1: "once", 2: "twice"}


@dataclass(frozen=True, slots=True)
class Sign:
    """One touchpoint as the score sees it."""

    kind: str
    occurred_at: datetime
    text: str = ""


@dataclass(slots=True)
class Score:
    """A score with its reasons: [{"label", "points", "part"}], strongest first."""

    fit: int = 0
    engagement: int = 0
    version: int = 0
    tier: str = Tier.COLD
    persona: PersonaRules | None = None
    reasons: list[dict[str, Any]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """0 to 100."""
        return max(0, min(LIMIT, self.fit + self.engagement))


def current_rules(at: datetime, *, stamp: UUID | None = None) -> tuple[int, Mapping[str, Any]]:
    """Version and rules in force at an instant; (0, {}) before any were published."""
    in_force = [v for v in _versions(stamp) if v[0] <= at]
    if not in_force:
        return 0, {}
    _, version, rules = max(in_force, key=lambda v: (v[0], v[1]))
    return version, rules


def _versions(stamp: UUID | None) -> list[tuple[datetime, int, Mapping[str, Any]]]:
    return remembered(
        "score-rules",
        lambda: [
            (since, version, counting(rules))
            for since, version, rules in ScoreRules.objects.values_list(
                "in_force_from", "version", "rules"
            )
        ],
        under=stamp,
    )


def counting(rules: Mapping[str, Any]) -> Mapping[str, Any]:
    """These rules less those about fields of one's own that were removed."""
    return {**rules, "fit": custom_rules.counting(rules.get("fit", []))} if rules else rules


def personas(*, stamp: UUID | None = None) -> list[PersonaRules]:
    """The personas as leads are held against them: without criteria about removed fields."""

    def load() -> list[PersonaRules]:
        return [
            replace(each, criteria=tuple(custom_rules.counting(each.criteria, stamp=stamp)))
            for each in persona_rules(stamp=stamp)
        ]

    return remembered("personas-of-leads", load, under=stamp)


def score(
    values: Mapping[str, Any], signs: Iterable[Sign], *, at: datetime, stamp: UUID | None = None
) -> Score:
    """Score one lead's facts and touchpoints as of an instant, by the rules then in force."""
    version, rules = current_rules(at, stamp=stamp)
    return score_by(rules, values, signs, at=at, personas=personas(stamp=stamp), version=version)


def score_by(
    rules: Mapping[str, Any],
    values: Mapping[str, Any],
    signs: Iterable[Sign],
    *,
    at: datetime,
    personas: Iterable[PersonaRules],
    version: int = 0,
) -> Score:
    """Score by these rules, whichever are in force."""
    result = Score(version=version)
    result.persona = best_persona(personas, values)
    _add_fit(result, rules, values)
    _add_engagement(result, rules, list(signs), at)
    tiers = rules.get("tiers", {})
    for tier in (Tier.HOT, Tier.WARM):
        if tier in tiers and result.total >= tiers[tier]:
            result.tier = tier
            break
    result.reasons.sort(key=lambda reason: -abs(reason["points"]))
    return result


def most_engagement(
    counts: Mapping[str, int], *, since: datetime, at: datetime, stamp: UUID | None = None
) -> int:
    """No score between two instants can have had more points than this for so many signs of each
    kind: unfaded, whatever they said, under the most generous of the rules in force then."""
    versions = _versions(stamp)
    first = max((v for v in versions if v[0] <= since), default=None, key=lambda v: (v[0], v[1]))
    known = [v for v in versions if since < v[0] <= at] + ([first] if first else [])
    return max((_unfaded(rules, counts) for _, _, rules in known), default=0)


def _unfaded(rules: Mapping[str, Any], counts: Mapping[str, int]) -> int:
    most = max(0, rules.get("quiet", {}).get("points", 0))
    for rule in rules.get("engagement", []):
        points = rule["points"] * counts.get(rule["kind"], 0)
        most += max(0, min(points, rule.get("most", LIMIT)))
    return most


def _add_fit(result: Score, rules: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    for rule in rules.get("fit", []):
        if matches(rule, values):
            result.fit += rule["points"]
            _reason(result, rule["label"], rule["points"], "fit")
    if result.persona is not None and (points := rules.get("persona", 0)):
        result.fit += points
        _reason(result, f"Fits {result.persona.name}", points, "fit")


def _add_engagement(
    result: Score, rules: Mapping[str, Any], signs: list[Sign], at: datetime
) -> None:
    for rule in rules.get("engagement", []):
        wanted = rule.get("contains", "").casefold()
        ages = [
            max(0.0, (at - sign.occurred_at).total_seconds()) / SECONDS_A_DAY
            for sign in signs
            if sign.kind == rule["kind"] and wanted in sign.text.casefold()
        ]
        if not ages:
            continue
        half_life = rule["half_life_days"]
        decayed = sum(rule["points"] * 0.5 ** (age / half_life) for age in ages)
        points = round(min(decayed, rule.get("most", LIMIT)))
        if points:
            result.engagement += points
            times = TIMES.get(len(ages), f"{len(ages)} times")
            label = rule["label"] if len(ages) == 1 else f"{rule['label']} {times}"
            _reason(result, label, points, "engagement")
    quiet = rules.get("quiet")
    if quiet and signs:
        days = (at - max(sign.occurred_at for sign in signs)).total_seconds() / SECONDS_A_DAY
        if days >= quiet["after_days"]:
            result.engagement += quiet["points"]
            _reason(result, f"{int(days)} days quiet", quiet["points"], "engagement")


def _reason(result: Score, label: str, points: int, part: str) -> None:
    result.reasons.append({"label": label, "points": points, "part": part})


def apply(lead: Lead, result: Score, *, at: datetime) -> None:
    """Write a score onto the lead object (the caller saves it)."""
    lead.score = result.total
    lead.fit = result.fit
    lead.engagement = result.engagement
    lead.score_reasons = result.reasons
    lead.score_version = result.version
    lead.tier = result.tier
    lead.persona_id = result.persona.id if result.persona else None
    lead.scored_at = at
