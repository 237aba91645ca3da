"""The scoring rules in words, and what is different between two of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leads.custom_fields import FieldRules
from leads.custom_fields.rules import EXTRA, called, labels, tested
from leads.models import Kind
from leads.score_rules.form import FACTS, OPERATORS


@dataclass(frozen=True, slots=True)
class Line:
    """One rule as people read it; `part` groups them."""

    part: str
    name: str
    test: str
    points: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A rule that is new, gone, or has become another one of the same name."""

    before: Line | None
    after: Line | None


def lines(rules: Mapping[str, Any]) -> list[Line]:
    """Every rule, in the order in which people think of them."""
    fit = rules.get("fit", [])
    own = labels(fit)
    found = [Line("Fit", r["label"], fit_words(r, own), r["points"]) for r in fit]
    if points := rules.get("persona"):
        found.append(Line("Fit", "Persona", "fits any agreed persona", points))
    found += [
        Line("Engagement", rule["label"], engagement_words(rule), rule["points"])
        for rule in rules.get("engagement", [])
    ]
    if quiet := rules.get("quiet"):
        days = f"nothing heard for {quiet['after_days']} days"
        found.append(Line("Engagement", "Quiet", days, quiet["points"]))
    for tier, least in rules.get("tiers", {}).items():
        found.append(Line("Tiers", tier.capitalize(), f"from {least} points", least))
    return found


def fit_words(rule: Mapping[str, Any], own: Mapping[str, FieldRules]) -> str:
    """Such as "job title contains one of director, owner"; `own` are fields of one's own."""
    name, usual = rule["field"], "is" if rule["op"] == "equals" else OPERATORS[rule["op"]]
    if name in own:
        field = own[name]
        return f"{called(field)} {tested(field, rule['op'], rule.get('value', ''), usual)}"
    fact = FACTS.get(name, name.removeprefix(EXTRA)).lower()
    value = rule.get("value", "")
    words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{fact} {usual} {words}".strip()


def engagement_words(rule: Mapping[str, Any]) -> str:
    """Such as "page visited with “pric”, at most 20, half of it fades in 14 days"."""
    contains = f" with “{rule['contains']}”" if rule.get("contains") else ""
    most = f", at most {rule['most']}" if "most" in rule else ""
    sign = Kind(rule["kind"]).label.lower()
    return f"{sign}{contains}{most}, half of it fades in {rule['half_life_days']} days"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What a draft changes, rule by rule; the same name is the same rule."""
    old, new = lines(before), lines(after)
    gone, come = [x for x in old if x not in new], [x for x in new if x not in old]
    found = []
    for line in gone:
        other = next((x for x in come if (x.part, x.name) == (line.part, line.name)), None)
        if other is not None:
            come.remove(other)
        found.append(Difference(line, other))
    return found + [Difference(None, line) for line in come]
