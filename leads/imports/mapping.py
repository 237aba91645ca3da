"""Which column of a file goes where: guessed from headers and values, remembered, written down.

A column's target is a name of TARGETS, "extra.<name>" (a field of one's own), KEEP (further field
of the lead), or "" (left out).
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from itertools import count, islice

from accounts.models import User
from leads import normalise
from leads.csv_cells import plain
from leads.csv_headers import FULL_NAME, field_of, key
from leads.custom_fields import FieldRules
from leads.importing import Record
from leads.imports import own_fields
from leads.imports.dates import order_of
from leads.intake import EXTRA_LIMIT, ORIGIN_FIELDS
from leads.models import Import

KEEP = "extra"
TARGETS = {
    "email": "E-mail",
    "phone": "Phone",
    "first_name": "First name",
    "last_name": "Last name",
    FULL_NAME: "Full name",
    "company": "Company",
    "job_title": "Job title",
    "country": "Country",
    "website": "Website",
    "source": "Source",
    "tags": "Tags",
    "campaign": "Campaign",
    "touchpoint": "What happened",
    "occurred_at": "When it happened",
    "message": "Note",
    "consent": "Consent",
    "consent_at": "When they consented",
    **{name: name.replace("utm", "UTM").replace("_", " ").capitalize().replace("Utm", "UTM")
       for name in ORIGIN_FIELDS if name != "path"},
}  # fmt: skip
DATES = ("occurred_at", "consent_at")
# Headers that mean something to the wizard alone.
WORDS = {
    "campaign": "campaign", "campaign name": "campaign", "touchpoint": "touchpoint",
    "what happened": "touchpoint", "occurred at": "occurred_at", "when it happened": "occurred_at",
    "created at": "occurred_at", "create date": "occurred_at", "created date": "occurred_at",
    "date created": "occurred_at", "date added": "occurred_at", "timestamp": "occurred_at",
    "submitted at": "occurred_at", "date": "occurred_at", "consent": "consent",
    "marketing consent": "consent", "consent text": "consent", "consent at": "consent_at",
    "opt in time": "consent_at", "optin time": "consent_at", "confirm time": "consent_at",
}  # fmt: skip
# Of our own export: what follows from the lead's history is not taken from a file.
OWN = {"stage", "aida", "score", "tier", "sourced_by"}
FOLLOWS = OWN | {"persona", "owner", "handed_over_at"}
EXTRA = "extra."
# So many of them among nothing but our headers: our own export, with fewer columns.
SEVERAL = 2
# From this share of a column's values on they say what the column is.
CLEAR = 0.8
_URL = re.compile(r"(https?://|www\.)\S+\.[a-z]{2,}(/\S*)?", re.IGNORECASE)
_PHONE = re.compile(r"(?=.*[+()\-\s./])[+(\d][\d\s()./-]{6,20}")


def fingerprint(headers: Sequence[str]) -> str:
    """The same for every file with these columns in this order, however they are spelled."""
    words = json.dumps([key(header) for header in headers])
    return hashlib.sha256(words.encode()).hexdigest()


def remembered(importing: Import, user: User) -> Import | None:
    """The last import of such a file that was started: one's own before one's team's."""
    alike = Import.objects.visible_to(user).filter(fingerprint=importing.fingerprint)
    alike = alike.exclude(state=Import.State.UPLOADED).exclude(pk=importing.pk)
    own = alike.filter(by=user).order_by("-created_at").first()
    return own or alike.order_by("-created_at").first()


def values_of(records: Sequence[Record], index: int) -> list[str]:
    """What a column holds in the sample, blanks left out."""
    cells = (plain(record.cells[index].strip()) for record in records if index < len(record.cells))
    return [cell for cell in cells if cell]


def guess(
    headers: Sequence[str], records: Sequence[Record], fields: Sequence[FieldRules] = ()
) -> list[str]:
    """A target for each column: by its header, else by its values; kept as it is otherwise.

    `fields` are fields of one's own that a column may go to.
    """
    own = _is_own({header.strip() for header in headers})
    targets = [_by_header(header, fields, own=own) for header in headers]
    values = [values_of(records, index) for index in range(len(headers))]
    for index, target in enumerate(targets):
        if target in DATES and not order_of(values[index]):
            targets[index] = KEEP
    for name, fits in _BY_VALUE.items():
        if name in targets:
            continue
        found = (
            i for i, target in enumerate(targets) if target == KEEP and _clear(values[i], fits)
        )
        for first in islice(found, 1):
            targets[first] = name
    return _room_for_extra(targets, values)


def _is_own(names: set[str]) -> bool:
    """Whether the file is an export of ours, whichever columns were chosen for it."""
    ours = all(name.startswith(EXTRA) or name in {*TARGETS, *FOLLOWS, "created_at"}
               for name in names)  # fmt: skip
    return names >= OWN or (ours and len(names & FOLLOWS) >= SEVERAL)


def _by_header(header: str, fields: Sequence[FieldRules], *, own: bool) -> str | None:
    name = header.strip()
    if own and name in FOLLOWS:
        return ""
    if mine := own_fields.target_of(header, fields):
        return mine
    if name.startswith(EXTRA):
        return KEEP
    return field_of(header) or WORDS.get(key(header), KEEP)


def _room_for_extra(targets: Sequence[str | None], values: Sequence[list[str]]) -> list[str]:
    """Columns without a value are left out, and so are those that a lead has no room for."""
    numbers = count(1)
    return [
        "" if target == KEEP and (not found or next(numbers) > EXTRA_LIMIT) else target or ""
        for target, found in zip(targets, values, strict=True)
    ]


def _clear(values: Sequence[str], fits: Callable[[str], bool]) -> bool:
    return bool(values) and sum(map(fits, values)) >= CLEAR * len(values)


def _is_email(value: str) -> bool:
    if "@" not in value:
        return False
    try:
        return bool(normalise.email(value))
    except ValueError:
        return False


def _is_country(value: str) -> bool:
    if len(value) > 60 or value.isdigit():
        return False
    try:
        return bool(normalise.country(value))
    except ValueError:
        return False


_BY_VALUE: dict[str, Callable[[str], bool]] = {
    "email": _is_email,
    "phone": lambda value: bool(_PHONE.fullmatch(value)) and not order_of([value]),
    "country": _is_country,
    "website": lambda value: bool(_URL.fullmatch(value)),
}
