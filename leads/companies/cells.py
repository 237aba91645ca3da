"""One fact of a company, changed where it stands; two people's changes are held against each
other by what each of them saw."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from accounts.refusals import Conflict
from leads import countries, custom_fields
from leads.companies import editing, showing
from leads.custom_fields import FieldRules
from leads.custom_fields.saying import cell as text_of_value
from leads.lists.cells import YES_NO
from leads.models import Company, CustomField

Kind = CustomField.Kind
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """A fact as it stands: its words on the page, and its text in a form."""

    company: Company
    fact: dict[str, Any]
    text: str
    rules: FieldRules | None = None

    @property
    def name(self) -> str:
        return str(self.fact["name"])

    @property
    def label(self) -> str:
        return str(self.fact["label"])

    @property
    def several(self) -> bool:
        return self.rules is not None and self.rules.kind == Kind.CHOICES

    @property
    def choices(self) -> Pairs:
        """What can be chosen there; nothing for what is typed."""
        if self.rules is None:
            named = {"size": list(Company.Size.choices), "country": [*countries.names().items()]}
            return named.get(self.name, [])
        if self.rules.kind == Kind.YES_NO:
            return YES_NO
        standing = self.text.split("; ") if self.text else []
        return [(each, each) for each in dict.fromkeys((*self.rules.choices, *standing))]

    def typed(self, sent: QueryDict) -> str | list[str]:
        if self.several:
            return [value for value in sent.getlist("value") if value]
        return sent.get("value", "").replace("\r\n", "\n")

    def context(self, value: str | list[str]) -> dict[str, Any]:
        """What the form of a cell is drawn from."""
        chosen = value if isinstance(value, list) else value.split("; ")
        is_date = self.rules is not None and self.rules.kind == Kind.DATE
        lines = "lines" if self.name == "note" else "text"
        return {
            "field": self.fact,
            "value": value,
            "chosen": chosen if self.several else [value],
            "choices": self.choices,
            "several": self.several,
            "input_type": "date" if is_date else lines,
            "whose": self.company.name,
            "address": reverse("company-cell", args=[self.company.pk, self.name]),
            "leave": self.company.get_absolute_url(),
        }


def cell_of(company: Company, name: str) -> Cell | None:
    """The fact of this name; None when there is none such."""
    fact = next((fact for fact in showing.facts_of(company) if fact["name"] == name), None)
    if fact is None:
        return None
    if name in editing.EDITABLE:
        return Cell(company, fact, str(getattr(company, name)))
    own = custom_fields.by_name(CustomField.About.COMPANY)
    rules = own[name.removeprefix(editing.EXTRA)]
    return Cell(company, fact, text_of_value(company.extra.get(rules.name)), rules)


def take_back(cell: Cell, before: str, *, seen: str, by: User, at: datetime) -> bool:
    """Undo a change: put back the text that stood there before, if what it became still stands.
    Raises what `change` raises."""
    typed = before.split("; ") if cell.several and before else before
    return change(cell, typed or "", seen=seen, by=by, at=at)


def change(cell: Cell, typed: str | list[str], *, seen: str, by: User, at: datetime) -> bool:
    """Write it; False when it was so already. Raises Conflict (`changed_meanwhile`) when something
    else stands there than was seen, and what leads.companies.editing raises."""
    with transaction.atomic():
        now = Company.objects.select_for_update(of=("self",)).filter(pk=cell.company.pk).first()
        stands = cell_of(now, cell.name) if now is not None else cell
        if stands is not None and stands.text != seen:
            raise Conflict(
                f"Somebody changed it to “{stands.text[:200]}” meanwhile. Save again to write "
                "over it.",
                code="changed_meanwhile",
                facts={"stands": stands.text},
            )
        value: Any = typed or None if cell.rules is not None else typed
        return bool(editing.change(cell.company, {cell.name: value}, by=by, at=at))
