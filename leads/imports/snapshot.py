"""What a merge changed on a lead, in a form that JSON keeps, so that it can be put back."""

from datetime import datetime
from typing import Any

from django.db import models

from leads.capture import CHANGED_BY_MERGE, Captured
from leads.models import Lead

FIELDS: dict[str, Any] = {
    field.attname: field for field in Lead._meta.concrete_fields if field.name in CHANGED_BY_MERGE
}


def changed(outcome: Captured) -> dict[str, Any]:
    """The lead's id, and each changed column before and after."""
    lead, before = outcome.lead, outcome.before
    assert lead is not None
    names = [name for name in FIELDS if before.get(name) != getattr(lead, name)]
    return {
        "lead": lead.pk,
        "before": {name: _kept(before.get(name)) for name in names},
        "after": {name: _kept(getattr(lead, name)) for name in names},
    }


def _kept(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def read(name: str, value: Any) -> Any:
    """A column's value as the model has it."""
    field = FIELDS[name]
    return field.to_python(value) if isinstance(field, models.DateTimeField) else value
