"""What the newest version of a thing says, and how a draft becomes the next one.

Facts are plain values, the same for a version and for a draft of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from personas.models import Definition, Draft

Facts = Mapping[str, Any]


def newest(kind: str, key: str) -> tuple[int, Facts]:
    """Number and facts of the newest version; (0, {}) for something new."""
    found = Definition.objects.filter(key=key).order_by("-version").first()
    return (found.version, definition_facts(found)) if found else (0, {})


def publish(draft: Draft, *, at: datetime) -> Definition:
    """Make the draft the next version, in force from this instant."""
    number, _ = newest(draft.kind, draft.key)
    return Definition.objects.create(
        key=draft.key,
        version=number + 1,
        in_force_from=at,
        signed_for_marketing_by=draft.signed_for_marketing_by,
        signed_for_sales_by=draft.signed_for_sales_by,
        **draft.facts,
    )


def definition_facts(definition: Definition) -> dict[str, Any]:
    """What a definition says."""
    return {"name": definition.name, "words": definition.words, "rule": definition.rule}
