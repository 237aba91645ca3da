"""Which columns of somebody's file hold names, e-mail, phone, company and address.

By header where it says so, by the values where it doesn't. Columns of other things (identifiers,
birth dates, …) are left alone, whatever they look like.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from leads.csv_cells import plain
from leads.csv_headers import FULL_NAME, field_of, key, split_name
from leads.duplicates.column_values import guess, holds_emails, looks_right, names_companies
from leads.duplicates.records import Texts, texts

OURS = {
    "email": "email", "phone": "phone", "first_name": "first", "last_name": "last",
    FULL_NAME: FULL_NAME, "company": "company", "country": "country",
}  # fmt: skip
ALIASES = {
    alias.strip(): name
    for name, words in {
        "first": "fname, f name, givenname, given, first, christian name",
        "last": "lname, l name, last, sname, familyname, second name",
        FULL_NAME: "fullname, first and surname, customer, customer name, person, client name",
        "email": "mailbox, emails, e mails",
        "phone": "phones, fax number, landline, ph",
        "number": "street number, house number, house no, street no, streetnumber, housenumber, "
                  "hausnummer, number, str number, street num",
        "street": "street, address, addr, address 1, address1, addr1, addr 1, address line 1, "
                  "street address, street name, streetname, road, mailing street, billing street, "
                  "strasse, calle, rue, adresse, direccion",
        "place": "address 2, address2, addr2, addr 2, address line 2, street 2, building, unit, "
                 "apartment",
        "city": "city, town, suburb, locality, city town, municipality, ort, stadt, ville, ciudad, "
                "residence, place",
        "postcode": "postcode, post code, zip, zip code, zipcode, postal code, postalcode, postal, "
                    "plz, cp, code postal, pincode",
        "state": "state, province, county, region, state province, state code, bundesland",
    }.items()
    for alias in words.split(",")
}  # fmt: skip
# What a word of a longer header tells, the surest first.
WORDS = (
    ("email", "email"), ("mail", "email"), ("phone", "phone"), ("mobile", "phone"),
    ("telephone", "phone"), ("tel", "phone"), ("cell", "phone"), ("surname", "last"),
    ("lastname", "last"), ("firstname", "first"), ("forename", "first"), ("postcode", "postcode"),
    ("postal", "postcode"), ("zip", "postcode"), ("suburb", "city"), ("city", "city"),
    ("town", "city"), ("province", "state"), ("state", "state"), ("country", "country"),
    ("company", "company"), ("organisation", "company"), ("organization", "company"),
    ("employer", "company"), ("street", "street"), ("address", "street"), ("addr", "street"),
)  # fmt: skip
# A header with one of these is about something else.
_OTHER_THINGS = """
id uid uuid guid ref key birth dob born birthplace birthday date day month year age sex gender ssn
soc social sec security tax vat passport licence license cluster label truth match group score
status stage type source campaign opt consent created updated modified time timestamp occupation
job title role position industry website url domain ip lat lon latitude longitude middle initial
salutation prefix suffix count amount price revenue notes note comment owner rank index unnamed
row
"""
OTHER_THINGS = frozenset(_OTHER_THINGS.split())
SAMPLE = 2_000
# Some of these a record must have, or nothing can be said about who it is.
TELLING = frozenset({"first", "last", FULL_NAME, "email", "phone", "company", "street"})


@dataclass(slots=True)
class Plan:
    """Which columns make up which field, in the order of the file."""

    taken: dict[str, list[int]] = field(default_factory=dict)

    @property
    def tells(self) -> bool:
        """Whether there is something to know a person or company by."""
        return not TELLING.isdisjoint(self.taken)

    def record(self, cells: Sequence[str]) -> Texts:
        """One row as it is compared. Of several columns the first that is filled counts; phones
        and e-mails count all."""
        values = {}
        for name, columns in self.taken.items():
            said = [plain(cells[c].strip()) for c in columns if c < len(cells)]
            if name == "email":
                values[name] = " ".join(said)
            elif name == "phone":
                values[name] = "|".join(said)
            else:
                values[name] = next(filter(None, said), "")
        full = values.pop(FULL_NAME, "")
        if full and not values.get("first") and not values.get("last"):
            values["first"], values["last"] = split_name(full)
        return texts(values)


def plan(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Plan:
    """Choose the columns, looking at so many rows."""
    sample = list(rows)
    chosen = Plan()
    unnamed = []
    for column, header in enumerate(headers):
        name, sure = _by_header(header)
        values = [v for row in sample if column < len(row) and (v := row[column].strip())]
        if key(header) == "name" and "company" not in chosen.taken and names_companies(values):
            name = "company"
        if name and values and looks_right(name, values, sure=sure):
            _take(chosen, name, column)
        elif not name and not set(key(_parted(header)).split()) & OTHER_THINGS:
            unnamed.append((column, values))
        elif not name and holds_emails(values):
            _take(chosen, "email", column)
    for column, values in unnamed:
        if name := guess(values, set(chosen.taken), after=_field_before(chosen, column)):
            _take(chosen, name, column)
    return chosen


def _take(chosen: Plan, name: str, column: int) -> None:
    """A second street is the place within the first."""
    if name == "street" and name in chosen.taken:
        name = "place"
    chosen.taken.setdefault(name, []).append(column)


def _field_before(chosen: Plan, column: int) -> str:
    return next((name for name, columns in chosen.taken.items() if column - 1 in columns), "")


def _by_header(header: str) -> tuple[str, bool]:
    """The field that a header names, and whether it is the header's whole meaning."""
    said = key(_parted(header))
    if found := ALIASES.get(said):
        return found, True
    words = said.split()
    if set(words) & OTHER_THINGS:
        return "", False
    if found := OURS.get(field_of(said), ""):
        return found, True
    for word, name in WORDS:
        if word in words:
            return name, False
    return ("" if len(words) != 2 or "name" not in words else FULL_NAME), False


def _parted(header: str) -> str:
    """`givenName` as `given Name`."""
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", header)
