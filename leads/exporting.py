"""A list of leads as a file: the columns somebody chose, row by row, never all of it in memory.

What an import needs to make the same lead again is among the columns, under headers that the
import knows by themselves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Func, QuerySet, TextField

from leads import tagging
from leads.custom_fields import by_name
from leads.custom_fields.changing import MOST_FIELDS
from leads.custom_fields.saying import cell
from leads.imports.mapping import EXTRA, TARGETS
from leads.models import CustomField, Lead

# Our header, and where its value is.
COLUMNS = {
    "email": "email",
    "phone": "phone",
    "first_name": "first_name",
    "last_name": "last_name",
    "company": "company",
    "website": "company_domain",
    "job_title": "job_title",
    "country": "country",
    "source": "source",
    "sourced_by": "sourced_by",
    "campaign": "campaign__slug",
    "consent": "consent_text",
    "consent_at": "consent_at",
    "created_at": "created_at",
    "stage": "stage",
    "aida": "aida",
    "score": "score",
    "tier": "tier",
    "persona": "persona__name",
    "owner": "owner__email",
    "handed_over_at": "handed_over_at",
    "tags": "tags",
}
LABELS = {**TARGETS, "aida": "AIDA stage", "sourced_by": "Found by"}
# What the database hands over at a time.
CHUNK = 2000
MOST_EXTRA = 200


@dataclass(frozen=True, slots=True)
class Export:
    """What goes into a file: headers, and the leads in their order."""

    headers: list[str]
    leads: QuerySet[Lead]

    def rows(self) -> Iterator[list[str]]:
        """The cells of each lead, through a server-side cursor."""
        paths = [COLUMNS[name] for name in self.headers if name in COLUMNS]
        extras = [name.removeprefix(EXTRA) for name in self.headers if name not in COLUMNS]
        wanted = [*paths, "extra"] if extras else paths
        tags = tagging.words() if "tags" in paths else tagging.Words()
        for values in self.leads.values_list(*wanted).iterator(chunk_size=CHUNK):
            cells = [
                text([name for _, name in tags.said(value)] if path == "tags" else value)
                for path, value in zip(paths, values, strict=False)
            ]
            if extras:
                further = values[-1]
                cells += [text(further.get(name)) for name in extras]
            yield cells


def text(value: Any) -> str:
    """A value as a cell, such that an import reads the same from it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds" if value.microsecond else "seconds")
    return cell(value)


def further_fields(leads: QuerySet[Lead]) -> list[str]:
    """The fields of one's own that these leads have, in their order, then the further ones; not
    what was removed."""
    names = Func("extra", function="jsonb_object_keys", output_field=TextField())
    found = leads.order_by().exclude(extra={}).values_list(names, flat=True).distinct()
    there, fields = set(found[: MOST_EXTRA + MOST_FIELDS]), by_name(CustomField.About.LEAD)
    own = [rules.name for rules in fields.values() if rules.name in there and not rules.removed]
    return [*own, *sorted(there - fields.keys())[:MOST_EXTRA]]


def label(name: str) -> str:
    """A column as the page calls it."""
    if name.startswith(EXTRA):
        short = name.removeprefix(EXTRA)
        rules = by_name(CustomField.About.LEAD).get(short)
        return rules.label if rules else short
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def export(leads: QuerySet[Lead], chosen: Sequence[str]) -> Export:
    """The chosen columns in our order; all of them when none was chosen."""
    extras = (
        [f"{EXTRA}{name}" for name in further_fields(leads)]
        if (not chosen or any(name.startswith(EXTRA) for name in chosen))
        else []
    )
    known = [*COLUMNS, *extras]
    wanted = set(chosen) & set(known) or set(known)
    return Export([name for name in known if name in wanted], leads)
