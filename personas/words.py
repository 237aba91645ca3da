"""Definitions in words: the machine's rule, and what one version changes of another.

How fields and personas are called is passed in: this room does not know the fields of a lead.
"""

from collections.abc import Mapping
from typing import Any

from personas.changes import Change, lines_change, text_change

Names = Mapping[str, str]


def rule_lines(rule: Mapping[str, Any], *, fields: Names, personas: Names) -> list[str]:
    """What the machine asks, a line each: "A score of at least 50"."""
    said = []
    if least := rule.get("min_score"):
        said.append(f"A score of at least {least}")
    if least := rule.get("min_fit"):
        said.append(f"At least {least} points for fit: who they are")
    said += [
        f"{fields.get(name, name.removeprefix('extra.').replace('_', ' '))} is known"
        for name in rule.get("require", [])
    ]
    if slugs := rule.get("personas"):
        said.append(f"Fits {' or '.join(personas.get(slug, slug) for slug in slugs)}")
    return said


def definition_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], *, fields: Names, personas: Names
) -> list[Change]:
    """What a version says that the one before did not; everything, for a word that is new."""
    old, new = (
        rule_lines(facts.get("rule", {}), fields=fields, personas=personas)
        for facts in (before, after)
    )
    return [
        *text_change("Called", before.get("name", ""), after["name"]),
        *text_change("Means", before.get("words", ""), after["words"]),
        *lines_change("Rule", old, new),
    ]
