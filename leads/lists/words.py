"""A filter in words, as a person would say it."""

from collections.abc import Mapping

from leads.lists.choices import Choices
from leads.lists.conditions import Condition, Group
from leads.lists.fields import Field
from leads.lists.kinds import Takes, op_of
from leads.lists.periods import PERIODS

MOST_NAMED = 4


def said(group: Group, fields: Mapping[str, Field], choices: Choices) -> list[str]:
    """Each part of a group in words."""
    return [
        _group(part, fields, choices)
        if isinstance(part, Group)
        else condition(part, fields, choices)
        for part in group.parts
    ]


def _group(group: Group, fields: Mapping[str, Field], choices: Choices) -> str:
    parts, joiner = said(group, fields, choices), " and " if group.join == "all" else " or "
    return parts[0] if len(parts) == 1 else f"({joiner.join(parts)})"


def condition(asked: Condition, fields: Mapping[str, Field], choices: Choices) -> str:
    """“Score is at least 50”."""
    field = fields.get(asked.field)
    op = op_of(field.kind, asked.op) if field else None
    if field is None or op is None:
        return f"“{asked.field}” (no field any more)"
    values = list(asked.values)
    if op.takes == Takes.PERIOD:
        values = [PERIODS.get(value, value) for value in values]
    if op.takes == Takes.DAYS:
        count = values[0] if values else "?"
        return f"{field.label} {op.label.replace('…', count)}".replace(" 1 days", " 1 day")
    if op.takes == Takes.SOME:
        named = [choices.name(field, value) or f"“{value}”" for value in values[:MOST_NAMED]]
        more = len(values) - MOST_NAMED
        values = [", ".join(named) + (f" and {more} more" if more > 0 else "")]
        label = op.label if len(asked.values) > 1 or "any" in op.label else _SINGLE[op.name]
        return f"{field.label} {label} {values[0]}"
    return " ".join([field.label, op.label, " and ".join(values)]).strip()


_SINGLE = {"in": "is", "not_in": "is not", "all_of": "has"}
