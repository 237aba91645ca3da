"""The agreed words as the machine reads them: does this lead meet the definition?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.configuration import remembered
from personas.matching import PersonaRules
from personas.models import Definition, Persona


@dataclass(frozen=True, slots=True)
class Agreed:
    """One version of a definition, kept in memory."""

    id: int
    key: str
    version: int
    name: str
    words: str
    rule: Mapping[str, Any]
    in_force_from: datetime

    def missing(self, values: Mapping[str, Any]) -> list[str]:
        """What still keeps these values from meeting the definition, in words; empty = met.

        `values` holds the lead's fields plus `score`, `fit` and `persona` (slug).
        """
        return gaps(self.rule, values)


def gaps(
    rule: Mapping[str, Any], values: Mapping[str, Any], *, names: Mapping[str, str] | None = None
) -> list[str]:
    """What keeps values from a rule, in words; `names` are what people call the fields."""
    found = []
    score, fit = values.get("score") or 0, values.get("fit") or 0
    if score < rule.get("min_score", 0):
        found.append(f"score {score} is below the agreed {rule['min_score']}")
    if fit < rule.get("min_fit", 0):
        found.append(f"fit {fit} is below the agreed {rule['min_fit']}")
    for field in rule.get("require", []):
        # 0 and “no” are answers.
        if values.get(field) in (None, "", []):
            plain = field.removeprefix("extra.").replace("_", " ")
            found.append(f"{(names or {}).get(field, plain)} is not known")
    wanted = rule.get("personas")
    if wanted and values.get("persona") not in wanted:
        found.append("it fits none of the agreed personas")
    return found


def glossary(at: datetime, *, stamp: UUID | None = None) -> list[Agreed]:
    """The versions in force at an instant, one of each key, by name."""
    agreed = remembered("definitions", _load_definitions, under=stamp)
    newest: dict[str, Agreed] = {}
    for one in sorted(agreed, key=lambda d: (d.in_force_from, d.version)):
        if one.in_force_from <= at:
            newest[one.key] = one
    return sorted(newest.values(), key=lambda one: one.name.casefold())


def in_force(key: str, at: datetime, *, stamp: UUID | None = None) -> Agreed | None:
    """The version of a definition in force at an instant, or None if none was agreed."""
    agreed = remembered("definitions", _load_definitions, under=stamp)
    versions = [d for d in agreed if d.key == key and d.in_force_from <= at]
    return max(versions, key=lambda d: (d.in_force_from, d.version), default=None)


def latest(key: str, *, stamp: UUID | None = None) -> Agreed | None:
    """The newest version of a definition: agreeing puts it in force at once."""
    agreed = remembered("definitions", _load_definitions, under=stamp)
    versions = [d for d in agreed if d.key == key]
    return max(versions, key=lambda d: d.version, default=None)


def persona_rules(*, stamp: UUID | None = None) -> list[PersonaRules]:
    """Every persona in use, ready for matching."""
    return remembered("personas", _load_personas, under=stamp)


def _load_definitions() -> list[Agreed]:
    return [
        Agreed(d.pk, d.key, d.version, d.name, d.words, d.rule, d.in_force_from)
        for d in Definition.objects.all()
    ]


def _load_personas() -> list[PersonaRules]:
    return [
        PersonaRules(p.pk, p.slug, p.name, tuple(p.criteria), p.min_points)
        for p in Persona.objects.in_use()
    ]
