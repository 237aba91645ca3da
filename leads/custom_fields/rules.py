"""Fields of one's own in rules: which tests fit a kind, what they compare with, how they read."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from leads.custom_fields.reading import read
from leads.custom_fields.registry import FieldRules, by_name
from leads.custom_fields.saying import said
from leads.models import CustomField

Kind = CustomField.Kind
R = TypeVar("R", bound=Mapping[str, Any])
EXTRA = "extra."
ONE_OF = ("in", "present")
TEXT = ("contains", "in", "starts_with", "present")
SIZE = ("at_least", "at_most", *ONE_OF)
# The operators of personas.matching that say something about a kind.
FITTING: Mapping[str, tuple[str, ...]] = {
    Kind.TEXT: TEXT,
    Kind.URL: TEXT,
    Kind.NUMBER: SIZE,
    Kind.MONEY: SIZE,
    Kind.DATE: SIZE,
    Kind.CHOICE: ("in", "contains", "present"),
    Kind.CHOICES: ("in", "contains", "present"),
    Kind.YES_NO: ONE_OF,
}
DAY_WORDS = {"at_least": "is on or after", "at_most": "is on or before"}


def compared(rules: FieldRules, op: str, typed: str, words: list[str]) -> Any:
    """What a rule about this field compares with, from the text and its words between commas.

    Raises ValueError for an operator that does not fit the kind, or a value that is none.
    """
    if rules.kind in (Kind.TEXT, Kind.URL) or op == "contains":
        return words
    if op in ("at_least", "at_most"):
        return read(rules, typed)
    if rules.kind in (Kind.NUMBER, Kind.MONEY):
        # A comma parts values here, so that none can part thousands.
        return [_text(read(rules, word)) for word in words]
    if rules.kind == Kind.YES_NO:
        return ["yes" if read(rules, word) else "no" for word in words]
    if rules.kind == Kind.CHOICES:
        return read(rules, typed)
    if rules.kind == Kind.CHOICE:
        several = FieldRules(rules.name, rules.label, Kind.CHOICES, choices=rules.choices)
        return read(several, typed)
    return [_text(read(rules, word)) for word in words]


def _text(value: object) -> str:
    return str(value)


def counting(rules: Iterable[R], *, stamp: UUID | None = None) -> list[R]:
    """The rules that count: one that goes by a removed field does not, as if it were not there.

    Brought back, the field counts again. Asks for fields only where a rule goes by one.
    """
    given = list(rules)
    if not any(str(rule["field"]).startswith(EXTRA) for rule in given):
        return given
    known = by_name(CustomField.About.LEAD, stamp=stamp).values()
    gone = {field.key for field in known if field.removed}
    return [rule for rule in given if rule["field"] not in gone]


def called(field: FieldRules) -> str:
    """The field's name in a rule, and that the rule does not count where that is so."""
    return f"{field.label} (removed, does not count)" if field.removed else field.label


def labels(
    rules: Iterable[Mapping[str, Any]], *, stamp: UUID | None = None
) -> Mapping[str, FieldRules]:
    """The fields of one's own that some rules go by, by `extra.<name>`; asked only where any is."""
    if not any(str(rule["field"]).startswith(EXTRA) for rule in rules):
        return {}
    return {field.key: field for field in by_name(CustomField.About.LEAD, stamp=stamp).values()}


def tested(field: FieldRules, op: str, value: Any, usual: str) -> str:
    """The test and what it compares with, as its kind is said: "is on or after 31 Jan 2027"."""
    test = DAY_WORDS.get(op, usual) if field.kind == Kind.DATE else usual
    several = value if isinstance(value, list) else [value]
    words = ", ".join(said(field, each) for each in several if each != "")
    return f"{test} {words}".strip()
