"""Which column of somebody's file is which of our fields, by the names other products give them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from leads.csv_cells import plain
from leads.intake import EXTRA_LIMIT, ORIGIN_FIELDS

# Words that only say whose e-mail or phone it is, before or after the word that counts.
QUALIFIERS = {
    "person", "contact", "lead", "property", "primary", "main", "your", "work", "business",
    "office", "home", "private", "other", "1", "2", "3", "c",
}  # fmt: skip
FULL_NAME = "full_name"
NAMES = {
    "email": "email, e mail, mail, email address, e mail address, mail address, emailaddress, "
             "correo, correo electronico, adresse mail, courriel, email adresse, e mail adresse",
    "phone": "phone, phone number, telephone, telephone number, tel, mobile, mobile phone, "
             "mobile number, mobile phone number, cell, cell phone, phonenumber, telefon, "
             "telefonnummer, telefono, handy",
    "first_name": "first name, firstname, given name, forename, vorname, prenom, nombre",
    "last_name": "last name, lastname, surname, family name, nachname, apellido, apellidos",
    FULL_NAME: "name, full name, fullname, person name, contact name, lead name",
    "company": "company, company name, organization, organisation, organization name, "
               "organisation name, account, account name, associated company, employer, firma, "
               "business name, unternehmen, empresa, societe",
    "job_title": "job title, jobtitle, title, position, role, job function, funktion, cargo, "
                 "jobtitel, stellenbezeichnung, berufsbezeichnung, puesto, poste, fonction",
    "country": "country, country region, country code, country name, cc, mailing country, "
               "billing country, land, pais, pays",
    "website": "website, web site, url, homepage, company domain name, company domain, domain, "
               "company website, webseite",
    "source": "source, lead source, original source, leadsource",
    "tags": "tags, tag, label, labels",
    "message": "message, note, notes, note content, comment, comments, nachricht",
    "referrer": "referrer, referer, referring url",
    "landing_page": "landing page, landing page url",
}  # fmt: skip
ALIASES = {alias.strip(): name for name, words in NAMES.items() for alias in words.split(",")} | {
    name.replace("_", " "): name for name in ORIGIN_FIELDS
}
# What our own file of refused rows adds; it comes back when somebody mended the rows.
OURS = ["line", "reason"]


@dataclass(slots=True)
class Columns:
    """What each column is: (index, our field or "", the name it has in `extra`)."""

    plan: list[tuple[int, str, str]] = field(default_factory=list)
    # How many further fields a row has room for.
    room: int = EXTRA_LIMIT
    # Headers of values that did not fit into some row's `extra` any more, in order (a set).
    dropped: dict[str, None] = field(default_factory=dict)

    @property
    def fields(self) -> set[str]:
        """Our fields that some column gives."""
        return {name for _, name, _ in self.plan if name}

    @property
    def reachable(self) -> bool:
        """Whether a row could say how to reach anybody."""
        return not self.fields.isdisjoint({"email", "phone"})

    def row(self, cells: Sequence[str]) -> dict[str, Any]:
        """One record as capture takes it.

        Of several columns for one field the first that is filled counts; the others are extra.
        """
        row: dict[str, Any] = {}
        extra: dict[str, str] = {}
        for index, name, header in self.plan:
            value = plain(cells[index].strip())
            if not value:
                continue
            if name and name not in row:
                row[name] = value
            elif row.get(name) == value:
                continue
            elif len(extra) < self.room:
                extra.setdefault(header, value)
            else:
                self.dropped[header] = None
        full = row.pop(FULL_NAME, "")
        if full and not (row.get("first_name") or row.get("last_name")):
            row["first_name"], row["last_name"] = split_name(full)
        if extra:
            row["extra"] = extra
        return row


def map_columns(headers: Sequence[str]) -> Columns:
    """Recognise what can be; every column keeps a name of its own for `extra`."""
    count = len(headers) - len(OURS) if list(headers[-2:]) == OURS else len(headers)
    names = free_names(headers[:count])
    plan = [(i, field_of(headers[i]), called) for i, called in enumerate(names)]
    return Columns(plan)


def free_names(headers: Sequence[str], numbers: Sequence[int] | None = None) -> list[str]:
    """What each column is called: its header, with its number where another one has it.

    `numbers` are the columns' own, counted from 1, where they are not in the order of the file.
    """
    names: list[str] = []
    for header, number in zip(headers, numbers or range(1, len(headers) + 1), strict=True):
        name = header[:60].strip() or f"column {number}"
        short, further = name[:50], number
        while name in names:
            name, further = f"{short} ({further})", further + 1
        names.append(name)
    return names


def field_of(header: str) -> str:
    """Our field for a header as typed, or nothing: "Person - Email (Work)*" is `email`."""
    words = key(header).split()
    while words:
        found = ALIASES.get(" ".join(words))
        if found:
            return found
        if words[-1] in QUALIFIERS:
            words.pop()
        elif words[0] in QUALIFIERS:
            words.pop(0)
        else:
            break
    return ""


def key(header: str) -> str:
    """A header as it is compared: no case, no accents, no signs."""
    bare = unicodedata.normalize("NFKD", header.casefold().lstrip("\ufeff"))
    return re.sub(r"[^a-z0-9]+", " ", bare.encode("ascii", "ignore").decode()).strip()


def split_name(full: str) -> tuple[str, str]:
    """First and last name of "Pat Lee" or "Lee, Pat"; a single word is the first name."""
    if "," in full:
        last, _, first = full.partition(",")
        return first.strip(), last.strip()
    first, _, last = full.partition(" ")
    return first, last.strip()
