"""Rules over plain values: which persona fits, which points a fact earns.

A rule is `{"field", "op", "value", "points", "label"}`. Text is compared without case; of several
values (a list) any may satisfy it; yes is also true, no also false; days ("2027-01-31") have an
order as numbers have.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

OPERATORS = ("equals", "in", "contains", "starts_with", "at_least", "at_most", "present")

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Rule = Mapping[str, Any]
Values = Mapping[str, Any]


def matches(rule: Rule, values: Values) -> bool:
    """Whether the values satisfy one rule; an absent value satisfies none."""
    value = values.get(rule["field"])
    if value in (None, "", []):
        return False
    wanted = rule.get("value")
    op = rule["op"]
    if op == "present":
        return True
    if op in ("at_least", "at_most"):
        return _compare(op, value, wanted)
    texts = _texts(value)
    options = [str(w).casefold() for w in (wanted if isinstance(wanted, list) else [wanted])]
    if op in ("equals", "in"):
        return any(text in options for text in texts)
    if op == "contains":
        return any(option in text for option in options for text in texts)
    if op == "starts_with":
        return any(text.startswith(option) for option in options for text in texts)
    raise ValueError(f"Rule operator “{op}” is unknown; use one of {', '.join(OPERATORS)}.")


def _texts(value: object) -> list[str]:
    if isinstance(value, bool):
        return ["yes", "true"] if value else ["no", "false"]
    values = value if isinstance(value, list) else [value]
    return [str(each).casefold() for each in values]


def _compare(op: str, value: object, wanted: object) -> bool:
    left, right = str(value), str(wanted)
    if DAY.fullmatch(left) and DAY.fullmatch(right):
        return left >= right if op == "at_least" else left <= right
    try:
        size, least = float(left), float(right)
    except ValueError:
        return False
    return size >= least if op == "at_least" else size <= least


@dataclass(frozen=True, slots=True)
class PersonaRules:
    """A persona as the matcher sees it: no ORM, so that it can be kept in memory."""

    id: int
    slug: str
    name: str
    criteria: tuple[Rule, ...]
    min_points: int


def best_persona(personas: Iterable[PersonaRules], values: Values) -> PersonaRules | None:
    """The persona with the most points that reaches its minimum; the first wins a tie."""
    best: PersonaRules | None = None
    best_points = 0
    for persona in personas:
        points = sum(rule["points"] for rule in persona.criteria if matches(rule, values))
        if points >= persona.min_points and points > best_points:
            best, best_points = persona, points
    return best
