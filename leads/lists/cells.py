"""One cell of the list of leads changed where it stands: conflicts are told, and it is undone.

A cell is held against what the person saw in it: a touch of the lead meanwhile is no conflict,
another value in the same cell is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.refusals import Conflict
from leads.editing import edit, gone, last_edit
from leads.lists.choices import Choices, Pairs
from leads.lists.fields import Field
from leads.lists.kinds import Kind
from leads.models import Activity, Lead
from leads.models import Kind as Happened

YES_NO: Pairs = [("yes", "Yes"), ("no", "No")]


def text_of(lead: Lead, field: Field) -> str:
    """What stands in a cell, as a form has it and as two people's are compared."""
    if field.rules is None:
        return str(getattr(lead, field.column) or "")
    value = lead.extra.get(field.rules.name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


def choices_of(field: Field, choices: Choices) -> Pairs:
    """What can be chosen there; nothing for what is typed."""
    if field.kind == Kind.YES_NO:
        return YES_NO
    return choices.of(field) if field.kind in (Kind.CHOICE, Kind.CHOICES) else []


def change(
    lead: Lead, field: Field, typed: str | list[str], *, seen: str, by: User, at: datetime
) -> Activity | None:
    """Write one cell; what says so, or None when it was so already.

    Raises Conflict (`changed_meanwhile`) when something else stands there than was seen, and what
    leads.editing.edit raises.
    """
    with transaction.atomic():
        now = Lead.objects.select_for_update(of=("self",)).filter(pk=lead.pk).first()
        if now is None:
            raise gone(lead)
        stands = text_of(now, field)
        if stands != seen:
            raise _conflict(now, field, stands)
        value: Any = typed or None if field.rules is not None else typed
        if not edit(now, {field.name: value}, by=by, at=at):
            return None
        return last_edit(now, by)


def _conflict(lead: Lead, field: Field, stands: str) -> Conflict:
    last = Activity.objects.filter(lead=lead, kind=Happened.EDITED).order_by("-pk")
    edited = last.select_related("actor").first()
    who = str(edited.actor) if edited and edited.actor else "Somebody"
    said = f"{who} changed {field.label.lower()} to “{stands}” meanwhile."
    return Conflict(
        f"{said} Save again to write over it.",
        code="changed_meanwhile",
        facts={"stands": stands},
    )


def take_back(
    edited: Activity, fields: Mapping[str, Field], *, by: User, at: datetime
) -> list[str]:
    """Undo one edit, as far as nobody changed the same since; the labels of what stays."""
    stays = []
    with transaction.atomic():
        lead = Lead.objects.select_for_update(of=("self",)).filter(pk=edited.lead_id).first()
        if lead is None:
            raise gone(edited.lead)
        back = {}
        for name, change_ in edited.data.get("changed", {}).items():
            field = fields.get(name)
            if field is None or not field.is_editable:
                stays.append(name)
            elif _raw(lead, field) != change_["to"]:
                stays.append(field.label)
            else:
                back[name] = change_["from"]
        if back:
            edit(lead, back, by=by, at=at)
    return stays


def _raw(lead: Lead, field: Field) -> Any:
    if field.rules is not None:
        return lead.extra.get(field.rules.name)
    return getattr(lead, field.column) or ""
