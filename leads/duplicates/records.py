"""What is compared: one person's names, reach, company and address, each as a plain text.

A record is a tuple in the order of FIELDS; an empty text says nothing. E-mails and phones may be
several, with spaces between.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

FIELDS = (
    "first", "last", "email", "phone", "company",
    "street", "place", "number", "city", "postcode", "state", "country",
)  # fmt: skip
(FIRST, LAST, EMAIL, PHONE, COMPANY, STREET, PLACE, NUMBER, CITY, POSTCODE, STATE, COUNTRY) = range(
    len(FIELDS)
)
Texts = tuple[str, ...]
LONGEST = 120
# Digits of a phone that tell two apart; what stands before is prefix, written or not.
PHONE_DIGITS, SHORTEST_PHONE = 9, 6
# Written where nothing is known.
NOTHING = frozenset(
    {"", "na", "n a", "nan", "none", "null", "unknown", "nil", "undefined", "not available", "tbd"}
)
_TITLES = """
mr mrs ms miss dr prof professor sir herr frau jr sr mme mlle
"""
TITLES = frozenset(_TITLES.split())
_LEGAL_FORMS = """
inc incorporated ltd limited llc llp plc corp corporation co company gmbh ag kg ohg ug se sa sas
sarl srl spa bv nv oy ab as aps pty
"""
LEGAL_FORMS = frozenset(_LEGAL_FORMS.split())
STREET_WORDS = {
    "st": "street", "str": "street", "strasse": "street", "rd": "road", "ave": "avenue",
    "av": "avenue", "dr": "drive", "drv": "drive", "ln": "lane", "ct": "court", "crt": "court",
    "pl": "place", "cres": "crescent", "cr": "crescent", "cct": "circuit", "blvd": "boulevard",
    "hwy": "highway", "pde": "parade", "tce": "terrace", "ter": "terrace", "sq": "square",
    "cl": "close", "apt": "apartment", "n": "north", "s": "south", "e": "east", "w": "west",
}  # fmt: skip
_APART = "\x1f"
_SIGNS = re.compile(r"[^0-9a-z]+")
_NUMBER = re.compile(r"^(?:no |unit |flat )?(\d+[a-z]?(?: \d+[a-z]?)?)\b")
_FOREIGN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ð": "d"})


def plain(text: str) -> str:
    """Lower case letters and digits with single spaces, accents off; other scripts as they are."""
    text = text[: LONGEST * 2].casefold()
    if not text.isascii():
        kept = unicodedata.normalize("NFKD", text.translate(_FOREIGN))
        text = "".join(c for c in kept if not unicodedata.combining(c))
        text = "".join(c if c.isalnum() else " " for c in text.replace("'", "").replace("’", ""))
        return " ".join(text.split())[:LONGEST]
    return _SIGNS.sub(" ", text.replace("'", "")).strip()[:LONGEST]


@lru_cache(maxsize=50_000)
def words(text: str) -> str:
    """As `plain`, and empty where it only says that nothing is known."""
    said = plain(text)
    return "" if said in NOTHING else said


def name(text: str) -> str:
    """A name without titles."""
    said = words(text)
    if " " not in said:
        return said
    return " ".join(word for word in said.split() if word not in TITLES) or said


def email(text: str) -> str:
    """Addresses in lower case; what has no @ is none."""
    found = [part.strip("<>()[]\"'.,") for part in text.casefold().split()]
    return " ".join(part for part in found if part.count("@") == 1 and len(part) > 3)[:LONGEST]


def phone(text: str) -> str:
    """The last digits of a number: country and trunk prefixes are written or not."""
    digits = "".join(c for c in text.split(" x", 1)[0] if c.isdecimal() and c.isascii())
    if len(digits) < SHORTEST_PHONE or len(set(digits)) == 1:
        return ""
    return digits.lstrip("0")[-PHONE_DIGITS:]


def company(text: str) -> str:
    """A company without its legal form at the end and its article in front."""
    said = words(text).split()
    if len(said) > 1 and said[0] == "the":
        del said[0]
    while len(said) > 1 and said[-1] in LEGAL_FORMS:
        said.pop()
    return " ".join(said)


@lru_cache(maxsize=50_000)
def street(text: str) -> str:
    """A street with its usual words spelt out."""
    return " ".join(STREET_WORDS.get(word, word) for word in words(text).split())


def split_number(text: str) -> tuple[str, str]:
    """The house number before a street, and the rest."""
    found = _NUMBER.match(text)
    return (found[1], text[found.end() :].strip()) if found else ("", text)


def compact(text: str) -> str:
    """Codes such as a postcode: no spaces, no leading zeros that a spreadsheet would lose."""
    said = words(text).replace(" ", "")
    if said.endswith("00") and said[:-1].endswith(".0"):
        said = said[:-2]
    return said.lstrip("0")


def mailbox(record: Texts) -> str:
    """What stands before the @."""
    return record[EMAIL].partition("@")[0]


def made_of_names(first: str, last: str, address: str) -> bool:
    """Whether the address has its owner's first or last name in it."""
    box = _letters(address.partition("@")[0])
    return any(len(name) > 2 and _letters(name) in box for name in (first, last))


@lru_cache(maxsize=50_000)
def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalpha())


@lru_cache(maxsize=50_000)
def names_in_mailbox(first: str, last: str, address: str) -> tuple[str, str]:
    """First and last name that an address tells and the record does not: "pat.lee@…", or "patlee@…"
    of a Lee. Empty where it tells nothing."""
    box = address.partition("@")[0].rstrip("0123456789")
    if not box or (first and last):
        return "", ""
    if not first and not last:
        one, _, two = box.replace("_", ".").partition(".")
        return (one, two) if one.isalpha() and two.isalpha() and len(two) > 1 else ("", "")
    known = last or first
    letters = "".join(c for c in box if c.isalpha())
    if len(known) < 3 or known not in letters:
        return "", ""
    rest = letters.replace(known, "", 1)
    if len(rest) < 2 and not (last and rest):
        return "", ""
    return (rest, "") if last else ("", rest)


def texts(values: Mapping[str, str]) -> Texts:
    """What is to be compared, of raw values by the names in FIELDS."""
    number, road = words(values.get("number", "")), street(values.get("street", ""))
    if road and not number:
        number, road = split_number(road)
    return (
        name(values.get("first", "")),
        name(values.get("last", "")),
        email(values.get("email", "")),
        " ".join(filter(None, map(phone, values.get("phone", "").split("|")))),
        company(values.get("company", "")),
        road,
        street(values.get("place", "")),
        number,
        words(values.get("city", "")),
        compact(values.get("postcode", "")),
        words(values.get("state", "")),
        words(values.get("country", "")),
    )


class Records:
    """Many records in little room: each one text, taken apart when it is looked at."""

    def __init__(self, records: Iterable[Texts] = ()) -> None:
        self._rows = [_APART.join(record) for record in records]

    def append(self, record: Texts) -> None:
        self._rows.append(_APART.join(record))

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: int) -> Texts:
        return tuple(self._rows[row].split(_APART))

    def __iter__(self) -> Iterator[Texts]:
        return (tuple(row.split(_APART)) for row in self._rows)
