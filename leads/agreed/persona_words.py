"""A persona in words: its criteria, and what one version changes of another."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from leads.custom_fields import FieldRules
from leads.custom_fields.rules import called, labels, tested
from personas.changes import Change, lines_change, text_change

WORDS = {
    "equals": "is",
    "in": "is one of",
    "contains": "contains",
    "starts_with": "starts with",
    "at_least": "is at least",
    "at_most": "is at most",
    "present": "is known",
}
NONE: Mapping[str, FieldRules] = MappingProxyType({})
TEXTS = {
    "name": "Called", "description": "Who they are", "motives": "Motives",
    "influences": "Influences", "pains": "Pains", "goals": "Goals", "channels": "Reached by",
}  # fmt: skip

Facts = Mapping[str, Any]


def in_words(rule: Facts, own: Mapping[str, FieldRules] = NONE) -> str:
    """A criterion as a person says it: "job title contains director or head of"; `own` are fields
    of one's own."""
    if rules := own.get(rule["field"]):
        test = tested(rules, rule["op"], rule.get("value", ""), WORDS[rule["op"]])
        return f"{called(rules)} {test}"
    field = str(rule["field"]).removeprefix("extra.").replace("_", " ")
    said = f"{field} {WORDS[rule['op']]}"
    if rule["op"] == "present":
        return said
    values = rule.get("value")
    listed = [str(value) for value in (values if isinstance(values, list) else [values])]
    return f"{said} {' or '.join(f'“{value}”' for value in listed)}"


def changes(before: Facts, after: Facts) -> list[Change]:
    """What a version says that the one before did not; everything, for one that is new."""
    found = [
        change
        for name, what in TEXTS.items()
        for change in text_change(what, before.get(name) or "", after.get(name) or "")
    ]
    old, new = (_market(facts) for facts in (before, after))
    found += text_change("Market", old, new)
    for what, lines in (
        ("Sources", _sources), ("Objections", _objections), ("Criteria", _criteria),
    ):  # fmt: skip
        found += lines_change(what, lines(before), lines(after))
    if before:
        points = (f"from {facts['min_points']} points" for facts in (before, after))
        found += text_change("Fits", *points)
        use = ("in use" if facts["is_active"] else "retired" for facts in (before, after))
        found += text_change("Is", *use)
    return found


def _market(facts: Facts) -> str:
    size, note = facts.get("market_size"), facts.get("market_note") or ""
    return " · ".join(filter(None, ["" if size is None else f"about {size:,}", note]))


def _sources(facts: Facts) -> Sequence[str]:
    return [
        ": ".join(filter(None, [each["title"], each["says"]]))
        + (f" ({each['url']})" if each["url"] else "")
        for each in facts.get("sources", [])
    ]


def _objections(facts: Facts) -> Sequence[str]:
    return [
        f"“{each['objection']}” – {each['answer'] or 'no answer yet'}"
        + (f" ({each['heard']})" if each.get("heard") else "")
        if isinstance(each, Mapping)
        else str(each)
        for each in facts.get("objections", [])
    ]


def _criteria(facts: Facts) -> Sequence[str]:
    criteria = facts.get("criteria", [])
    own = labels(criteria)
    return [
        f"{rule['points']:+} {rule.get('label') or 'Sign'}: {in_words(rule, own)}"
        for rule in criteria
    ]
