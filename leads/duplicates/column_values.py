"""What a column holds, judged by its values alone."""

import re
from collections.abc import Callable, Sequence

from leads.csv_headers import FULL_NAME
from leads.duplicates.nicknames import is_given
from leads.duplicates.records import LEGAL_FORMS, STREET_WORDS, plain

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"[+(]?\d[\d\s().\-/+]{4,24}(?:\s*(?:x|ext\.?)\s*\d+)?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_UK_POSTCODE = re.compile(r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORD = re.compile(r"[^\W\d_][^\W\d_'’.\- ]*(?:[ '’.\-][^\W\d_]+)*\.?")
_STREETS = frozenset(STREET_WORDS.values()) | frozenset(STREET_WORDS) - set("nsew")
ENOUGH = 5


def _share(values: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(1 for value in values if test(value)) / len(values) if values else 0.0


def looks_right(name: str, values: Sequence[str], *, sure: bool) -> bool:
    """Whether the values may be what the header says they are."""
    if name == "email":
        return _share(values, _EMAIL.search) >= (0.2 if sure else 0.5)
    if name == "phone":
        return _share(values, _phone_like) >= (0.3 if sure else 0.6)
    return sure or _share(values, _DATE.fullmatch) < 0.5


def _phone_like(value: str) -> bool:
    digits = sum(c.isdigit() for c in value)
    return 6 <= digits <= 20 and not _DATE.fullmatch(value)


def _dialled(value: str) -> bool:
    """Written as phone numbers are, so that no identifier is taken for one."""
    if not _PHONE.fullmatch(value) or _DATE.fullmatch(value) or _ADDRESS.fullmatch(value):
        return False
    digits = sum(c.isdigit() for c in value)
    written = value[0] in "+(" or any(c in " ()-./" for c in value)
    return 7 <= digits <= 15 and (written or (value[0] == "0" and digits >= 9))


def holds_emails(values: Sequence[str]) -> bool:
    """Whether these are e-mail addresses, whatever the column is called."""
    return len(values) >= ENOUGH and _share(values, _EMAIL.fullmatch) >= 0.6


def names_companies(values: Sequence[str]) -> bool:
    """Whether a column “name” is about companies: hardly a given name in it, and not always the two
    or three words that people's names are."""
    if len(values) < ENOUGH:
        return False
    people = _share(values, lambda v: any(is_given(word) for word in plain(v).split()))
    return people < 0.04 and _share(values, lambda v: 2 <= len(plain(v).split()) <= 3) < 0.9


def guess(values: Sequence[str], taken: set[str], *, after: str) -> str:
    """The field that a column without a telling header holds; empty when nothing is clear."""
    if len(values) < ENOUGH:
        return ""
    if holds_emails(values):
        return "email"
    if _share(values, _dialled) >= 0.7:
        return "phone"
    if "company" not in taken and _share(values, _legal) >= 0.15:
        return "company"
    if not taken & {"street"} and _share(values, _street) >= 0.4:
        return "street"
    if "postcode" not in taken and _postcodes(values):
        return "postcode"
    return _name(values, taken, after=after) if _share(values, _WORD.fullmatch) >= 0.8 else ""


def _name(values: Sequence[str], taken: set[str], *, after: str) -> str:
    if not taken & {"first", FULL_NAME}:
        parted = [plain(value).split() for value in values]
        given = sum(1 for words in parted if words and is_given(words[0])) / len(parted)
        if given >= 0.12:
            return FULL_NAME if _share(values, lambda v: " " in v.strip()) >= 0.6 else "first"
    many = len(set(values)) / len(values) >= 0.2
    return "last" if after == "first" and "last" not in taken and many else ""


def _legal(value: str) -> bool:
    words = plain(value).split()
    return len(words) > 1 and words[-1] in LEGAL_FORMS


def _street(value: str) -> bool:
    words = plain(value).split()
    return len(words) > 1 and (
        not _STREETS.isdisjoint(words[1:]) or any(word.endswith("strasse") for word in words)
    )


def _postcodes(values: Sequence[str]) -> bool:
    if _share(values, _UK_POSTCODE.fullmatch) >= 0.6:
        return True
    codes = _share(values, lambda v: v.isdigit() and len(v) in (4, 5)) >= 0.9
    return codes and _share(values, _YEAR.fullmatch) < 0.6 and len(set(values)) < len(values)
