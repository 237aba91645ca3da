"""Fields of one's own, made quickly for a test."""

from datetime import UTC, datetime

from leads import custom_fields
from leads.custom_fields import changing
from leads.models import CustomField

AT = datetime(2027, 3, 1, 15, tzinfo=UTC)


def facts(label: str, kind: str, **more) -> dict:
    """What a manager fills in."""
    given = {"label": label, "kind": kind, "choices": [], "currency": "USD", "help": ""}
    return given | {"on_form": True} | more


def make(by, label: str, kind: str, *, name: str = "", key: str = "", at=AT, **more) -> CustomField:
    return changing.make(facts(label, kind, **more), by=by, at=at, name=name, key=key).field


def change(field: CustomField, by, *, at=AT, seen: str = "", **more) -> changing.Saved:
    field.refresh_from_db()
    now = {name: getattr(field, name) for name in changing.CHANGEABLE}
    seen = seen or changing.ticket(field)
    return changing.change(field, now | more, by=by, at=at, seen=seen)


def rules(name: str) -> custom_fields.FieldRules:
    return custom_fields.by_name("lead")[name]
