"""What was typed for a field of one's own, turned into the one form its kind has in `extra`.

Everything that takes values reads them here: capture at each entrance, edits, API, import.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from accounts.words import SIGNS
from leads import normalise
from leads.custom_fields.registry import FieldRules
from leads.models import CustomField

Value = str | int | float | bool | list[str]
Kind = CustomField.Kind

TEXT_LIMIT = 2000
SHORT = 60
SHOWN = 40
# Below these a JSON number is the same number in Python, PostgreSQL and a browser.
MOST_DIGITS = 15
MOST = 10**MOST_DIGITS
YES = {"yes", "y", "true", "1", "on", "ja", "oui", "si", "sí"}
NO = {"no", "n", "false", "0", "off", "nein", "non"}

# Thousands are parted all by the same sign, or by none.
_NUMBER = re.compile(
    r"(?P<whole>[0-9]{1,3}(?:(?P<by>[ ,'])[0-9]{3})(?:(?P=by)[0-9]{3})*|[0-9]+)?"
    r"(?P<part>\.[0-9]+)?(?P<power>[eE][+-]?[0-9]{1,3})?"
)
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?")
_CURRENCY = re.compile(
    r"(?P<before>[A-Za-z]{3}\b|[$€£])?\s*(?P<amount>.*?)\s*(?P<after>[A-Za-z]{3}|[$€£])?"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\d)")
_is_address = URLValidator(schemes=["http", "https"])


def read(rules: FieldRules, typed: object, *, standing: object = None) -> Value | None:
    """The value in its kind's form (see leads.custom_fields); None for an empty one.

    `standing` is what the lead has now: it may stay, even where its choice is gone. Raises
    ValueError naming the value and what to write instead.
    """
    if typed is None or typed == "" or typed == []:
        return None
    if isinstance(typed, dict):
        raise ValueError("must be one value, not an object")
    return _READERS[rules.kind](rules, typed, standing)


def _line(typed: object, *, limit: int = SHORT) -> str:
    if isinstance(typed, bool | list | tuple):
        raise ValueError("must be a text")
    if isinstance(typed, int | float) and not abs(typed) < MOST:
        raise ValueError(f"is not a number we can keep; write one below {MOST:,}")
    return normalise.text(typed, limit=limit)


def _text(rules: FieldRules, typed: object, standing: object) -> str | None:
    return _line(typed, limit=TEXT_LIMIT) or None


def _number(rules: FieldRules, typed: object, standing: object) -> int | float | None:
    if isinstance(typed, bool):
        raise ValueError("must be a number, such as 1200.5")
    return _figure(_line(typed), "number", "1200.5")


def _figure(text: str, what: str, such_as: str, *, decimals: int = 6) -> int | float | None:
    """A number as people and programs write it; a decimal comma is refused, not misread."""
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS:
        return int(text)  # most are
    bare = text.replace("−", "-").replace("’", "'")
    sign = bare[:1] if bare[:1] in "+-" else ""
    found = _NUMBER.fullmatch(bare.removeprefix(sign).strip())
    if found is None or not (found["whole"] or found["part"]):
        raise ValueError(f"“{text[:SHOWN]}” is not a {what}; write it as {such_as}")
    whole = re.sub(r"[^0-9]", "", found["whole"] or "0")
    amount = Decimal(f"{sign}{whole}{found['part'] or ''}{found['power'] or ''}")
    if abs(amount) >= MOST:
        raise ValueError(f"“{text[:SHOWN]}” is too large; write a number below {MOST:,}")
    digits, power = amount.normalize().as_tuple()[1:]
    if isinstance(power, int) and (-power > decimals or len(digits) > MOST_DIGITS):
        raise ValueError(
            f"“{text[:SHOWN]}” is more exact than we can keep; write at most {decimals} decimals "
            f"and {MOST_DIGITS} digits"
        )
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _money(rules: FieldRules, typed: object, standing: object) -> int | float | None:
    if isinstance(typed, bool):
        raise ValueError("must be an amount, such as 1200.50")
    text = _line(typed)
    amount, ours = text.replace("−", "-"), rules.currency or "USD"
    parts = _CURRENCY.fullmatch(amount.removeprefix("-"))
    if parts is not None and any(sign in "0123456789" for sign in parts["amount"]):
        minus = "-" if amount.startswith("-") else ""
        for named in filter(None, (parts["before"], parts["after"])):
            if named.upper() not in (ours, SIGNS.get(ours)):
                raise ValueError(f"“{text[:SHOWN]}” is not in {ours}; write the amount in {ours}")
        amount = f"{minus}{parts['amount']}"
    return _figure(amount, "sum of money", "1200.50", decimals=2)


def _date(rules: FieldRules, typed: object, standing: object) -> str | None:
    if isinstance(typed, datetime) and typed.time() == time.min:
        typed = typed.date()
    if isinstance(typed, date) and not isinstance(typed, datetime):
        return typed.isoformat()
    text = _line(typed)
    if not text:
        return None
    found = _DAY.fullmatch(text)
    try:
        return date.fromisoformat(found[1] if found else "").isoformat()
    except ValueError:
        raise ValueError(f"“{text[:SHOWN]}” is not a day; write it as 2027-01-31") from None


def _choice(rules: FieldRules, typed: object, standing: object) -> str | None:
    text = _line(typed, limit=TEXT_LIMIT)
    known = [*rules.choices, *([standing] if isinstance(standing, str) else [])]
    return _one_of(known, text, rules) if text else None


def _one_of(known: list[str], text: str, rules: FieldRules) -> str:
    found = next((choice for choice in known if choice.casefold() == text.casefold()), None)
    if found is None:
        offered = ", ".join(rules.choices[:8]) + (", …" if len(rules.choices) > 8 else "")
        raise ValueError(f"“{text[:SHOWN]}” is none of the choices: {offered}")
    return found


def _choices(rules: FieldRules, typed: object, standing: object) -> list[str] | None:
    stays = [one for one in standing if isinstance(one, str)] if isinstance(standing, list) else []
    known = list(dict.fromkeys([*rules.choices, *stays]))
    if isinstance(typed, list | tuple):
        words = [_line(one, limit=TEXT_LIMIT) for one in typed[: len(known) + 1000]]
    else:
        words = _parted(_line(typed, limit=TEXT_LIMIT), known)
    chosen = {_one_of(known, word, rules) for word in words if word}
    return [choice for choice in known if choice in chosen] or None


def _parted(text: str, known: list[str]) -> list[str]:
    """Several choices in one text, between semicolons or commas; one with commas is found whole."""
    names = {_bare(choice): choice for choice in known}
    longest = max((choice.count(",") for choice in known), default=0) + 1
    words = []
    for part in text.split(";"):
        pieces = part.split(",")
        while pieces:
            ends = range(min(longest, len(pieces)), 0, -1)
            end = next((e for e in ends if _bare(",".join(pieces[:e])) in names), 1)
            word = ",".join(pieces[:end])
            words.append(names.get(_bare(word), word.strip()))
            pieces = pieces[end:]
    return words


def _bare(choice: str) -> str:
    return ",".join(piece.strip() for piece in choice.casefold().split(","))


def _yes_no(rules: FieldRules, typed: object, standing: object) -> bool | None:
    if isinstance(typed, bool):
        return typed
    text = _line(typed, limit=TEXT_LIMIT)
    word = text.casefold()
    if word in YES or word in NO:
        return word in YES
    if not text:
        return None
    raise ValueError(f"“{text[:SHOWN]}” is neither yes nor no; write yes or no")


def _url(rules: FieldRules, typed: object, standing: object) -> str | None:
    text = _line(typed, limit=TEXT_LIMIT)
    if not text:
        return None
    address = text if _SCHEME.match(text) else f"https://{text}"
    try:
        _is_address(address)
        # A name before the host would make a link look like another one.
        if "@" in urlsplit(address).netloc:
            raise ValidationError("")
    except (ValidationError, ValueError):
        raise ValueError(
            f"“{text[:SHOWN]}” is not a web address; write it as https://example.com/page"
        ) from None
    return address


_READERS: dict[str, Callable[[FieldRules, object, object], Value | None]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.DATE: _date,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.YES_NO: _yes_no,
    Kind.URL: _url,
}
