"""What the newest version of a thing says, and how a draft becomes the next one.

Facts are plain values, the same for a version and for a draft of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max

from personas.models import Definition, Draft, Persona, PersonaVersion

Facts = Mapping[str, Any]
PERSONA_FACTS = (
    "name", "description", "motives", "influences", "pains", "goals", "channels", "market_size",
    "market_note", "min_points", "is_active", "objections", "sources", "criteria",
)  # fmt: skip


def newest(kind: str, key: str) -> tuple[int, Facts]:
    """Number and facts of the newest version; (0, {}) for something new."""
    if kind == Draft.Kind.PERSONA:
        persona = Persona.objects.filter(slug=key).first()
        return (persona.version, persona_facts(persona)) if persona else (0, {})
    found = Definition.objects.filter(key=key).order_by("-version").first()
    return (found.version, definition_facts(found)) if found else (0, {})


def publish(draft: Draft, *, at: datetime) -> Definition | PersonaVersion:
    """Make the draft the next version, in force from this instant."""
    number, before = newest(draft.kind, draft.key)
    if draft.kind == Draft.Kind.PERSONA:
        return _publish_persona(draft, number, before, at=at)
    return Definition.objects.create(
        key=draft.key,
        version=number + 1,
        in_force_from=at,
        signed_for_marketing_by=draft.signed_for_marketing_by,
        signed_for_sales_by=draft.signed_for_sales_by,
        **draft.facts,
    )


def _publish_persona(draft: Draft, number: int, before: Facts, *, at: datetime) -> PersonaVersion:
    persona = Persona.objects.filter(slug=draft.key).first()
    if persona is None:
        last = Persona.objects.aggregate(last=Max("order"))["last"]
        persona = Persona(slug=draft.key, order=0 if last is None else last + 1)
    elif not persona.versions.filter(version=number).exists():
        persona.versions.create(version=number, facts=before)
    for name in PERSONA_FACTS:
        setattr(persona, name, draft.facts[name])
    persona.version = number + 1
    persona.save()
    return persona.versions.create(
        version=persona.version,
        facts=draft.facts,
        in_force_from=at,
        signed_for_marketing_by=draft.signed_for_marketing_by,
        signed_for_sales_by=draft.signed_for_sales_by,
    )


def definition_facts(definition: Definition) -> dict[str, Any]:
    """What a definition says."""
    return {"name": definition.name, "words": definition.words, "rule": definition.rule}


def persona_facts(persona: Persona) -> dict[str, Any]:
    """What a persona says."""
    return {name: getattr(persona, name) for name in PERSONA_FACTS}
