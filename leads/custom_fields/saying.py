"""The value of a field of one's own as people read it."""

from datetime import date

from accounts.words import money_words
from leads.custom_fields.registry import FieldRules
from leads.models import CustomField

Kind = CustomField.Kind


def said(rules: FieldRules, value: object) -> str:
    """Such as "$1,200.50", "31 Jan 2027", "Yes"; what is not of the kind is said as it is."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        if rules.kind == Kind.MONEY:
            return money_words(value, rules.currency or "USD")
        return f"{value:,}" if rules.kind == Kind.NUMBER else str(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if rules.kind == Kind.DATE and (day := _day(value)):
        return f"{day.day} {day:%b} {day.year}"
    return str(value)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def cell(value: object) -> str:
    """The value in one text that is read as the same value again, whatever its kind."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):  # no choice has a semicolon in it
        return "; ".join(map(str, value))
    return str(value)
