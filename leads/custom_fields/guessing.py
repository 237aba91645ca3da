"""Of which kind the values of a column are, so that a field can be made of it. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from leads.custom_fields.reading import NO, YES, read
from leads.custom_fields.registry import FieldRules
from leads.models import CustomField

Kind = CustomField.Kind
SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
# A choice is one of a few short texts, each of them used more than once on average.
MOST_CHOICES = 30
LONGEST_CHOICE = 60
USED = 2


@dataclass(frozen=True, slots=True)
class Guess:
    """A kind, with what such a field needs."""

    kind: str
    choices: tuple[str, ...] = ()
    currency: str = ""

    @property
    def facts(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "choices": list(self.choices),
            "currency": self.currency or "USD",
        }


def guess(values: Sequence[str], *, is_day: Callable[[Sequence[str]], bool]) -> Guess:
    """The kind that every one of these texts is of; text when there is none.

    `is_day` says whether all are days, in whichever order they are written.
    """
    if not values:
        return Guess(Kind.TEXT)
    words = {value.casefold() for value in values}
    # One and nought alone may be a count as well.
    if words <= YES | NO and not words <= {"0", "1"}:
        return Guess(Kind.YES_NO)
    if _all(values, Kind.NUMBER):
        return Guess(Kind.NUMBER)
    currency = next((code for sign, code in SIGNS.items() if sign in values[0]), "")
    if currency and _all(values, Kind.MONEY, currency=currency):
        return Guess(Kind.MONEY, currency=currency)
    if is_day(values):
        return Guess(Kind.DATE)
    if all("." in value and "://" in value for value in values) and _all(values, Kind.URL):
        return Guess(Kind.URL)
    parted = [part.strip() for value in values for part in value.split(";")]
    if len(parted) > len(values) and (choices := choices_of(parted)):
        return Guess(Kind.CHOICES, choices)
    if choices := choices_of(values):
        return Guess(Kind.CHOICE, choices)
    return Guess(Kind.TEXT)


def choices_of(values: Sequence[str], *, used: int = USED) -> tuple[str, ...]:
    """The few texts that these are, in their order; none when they are no choices."""
    once: dict[str, str] = {}
    for value in filter(None, values):
        once.setdefault(value.casefold(), value)
    few = len(once) <= MOST_CHOICES and len(once) * used <= len(values)
    plain = all(len(value) <= LONGEST_CHOICE and ";" not in value for value in once.values())
    return tuple(once.values()) if once and few and plain else ()


def _all(values: Sequence[str], kind: str, *, currency: str = "") -> bool:
    rules = FieldRules("", "", kind, currency=currency)
    try:
        return all(read(rules, value) is not None for value in values)
    except ValueError:
        return False
