"""Which columns a list of leads has, and what stands in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from leads import countries, custom_fields
from leads.lists.fields import Field
from leads.lists.kinds import Kind
from leads.models import Lead
from leads.tagging import Words

USUAL = ("stage", "score", "persona", "campaign", "owner", "created_at")
MOST = 20
# Read along with the leads where a column shows it.
JOINED = ("campaign", "persona", "owner", "captured_by", "of_company")
# What a template draws in a way of its own; the rest is text.
DRAWN = {"stage", "score", "persona", "owner", "captured_by", "tags"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the field it shows and how it is drawn."""

    field: Field
    draw: str

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def label(self) -> str:
        return self.field.label

    @property
    def is_number(self) -> bool:
        return self.draw == "number"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one lead has in one column."""

    column: Column
    value: Any


@dataclass(frozen=True, slots=True)
class Line:
    """One lead and its cells."""

    lead: Lead
    cells: list[Cell]
    # Whether the reader may change it.
    editable: bool = False


def chosen(names: Sequence[str], fields: Mapping[str, Field]) -> list[Column]:
    """The columns of these names that there are; the usual ones when nothing was chosen."""
    there = [fields[name] for name in dict.fromkeys(names) if name in fields]
    known = [field for field in there if field.is_offered][:MOST]
    return [Column(field, _draw(field)) for field in known or [fields[name] for name in USUAL]]


def gone(names: Sequence[str], fields: Mapping[str, Field]) -> list[str]:
    """Columns that were chosen once and are no more."""
    return [name for name in names if name not in fields]


def joined(columns: Sequence[Column]) -> list[str]:
    """What is read along with the leads, so that no cell asks for it."""
    named = {column.field.column.removesuffix("_id").partition("__")[0] for column in columns}
    return [name for name in JOINED if name in named]


def _draw(field: Field) -> str:
    if field.name in DRAWN:
        return "person" if field.kind == Kind.PERSON else field.name
    if field.kind == Kind.INSTANT:
        return "due" if field.name == "respond_by" else "instant"
    if field.rules is not None and field.rules.kind == "url":
        return "link"
    return "number" if field.kind == Kind.NUMBER else "text"


def lines(
    leads: Sequence[Lead],
    columns: Sequence[Column],
    tags: Words,
    *,
    editable: Collection[int] = (),
) -> list[Line]:
    """The leads of one page with what stands in their cells; asks the database nothing."""
    return [
        Line(
            lead,
            [Cell(column, _value(lead, column.field, tags)) for column in columns],
            lead.pk in editable,
        )
        for lead in leads
    ]


def editable(leads: Sequence[Lead], columns: Sequence[Column], *, by: User) -> set[int]:
    """Which of these leads somebody may change in the list: one query, where a column can be."""
    numbers = [lead.pk for lead in leads]
    if not numbers or not any(column.field.is_editable for column in columns):
        return set()
    mine = Lead.objects.editable_by(by).filter(pk__in=numbers)
    return set(mine.values_list("pk", flat=True))


def _value(lead: Lead, field: Field, tags: Words) -> Any:
    if field.name == "tags":
        return [name for _, name in tags.said(lead.tags)]
    if field.rules is not None:
        value = lead.extra.get(field.rules.name)
        is_link = field.rules.kind == "url" and str(value).startswith(("http://", "https://"))
        return value if is_link else custom_fields.said(field.rules, value)
    if field.name == "of_company":
        return str(lead.of_company or "")
    if field.name == "country":
        return countries.names().get(lead.country, lead.country)
    if field.name in ("aida", "tier", "sourced_by"):
        return getattr(lead, f"get_{field.name}_display")()
    return getattr(lead, field.column.removesuffix("_id"))
