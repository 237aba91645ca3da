"""Make, change, order, remove, bring back and erase a field of one's own: for managers."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify

from accounts import audit
from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads.custom_fields import converting, querying
from leads.custom_fields.registry import FieldRules, rules_of
from leads.models import CustomField, Lead

Kind = CustomField.Kind
MOST_FIELDS = 100
# With more leads than this the values are turned over by a worker.
AT_ONCE = 20_000
CHANGEABLE = ("label", "kind", "choices", "currency", "help", "on_form")
WITH_CHOICES = (Kind.CHOICE, Kind.CHOICES)
TOO_MANY = f"There are {MOST_FIELDS} fields already; remove one that nobody fills in any more."


@dataclass(frozen=True, slots=True)
class Saved:
    """A field as it was saved, and what else there is to tell."""

    field: CustomField
    # Leads whose values are being turned over by a worker.
    turning: int = 0
    # Choices that are gone and on how many leads they still stand.
    standing: tuple[tuple[str, int], ...] = ()


def may_manage(user: User) -> bool:
    return user.is_manager


def ticket(field: CustomField) -> str:
    """The same as long as nobody changes what a form about this field shows."""
    facts = [getattr(field, name) for name in CHANGEABLE]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def free_name(label: str, about: str) -> str:
    """A name made of the label that no field has yet."""
    bare = re.sub(r"[^a-z0-9]+", "_", slugify(label)).strip("_")[:34] or "field"
    wanted = bare if bare[0].isalpha() else f"field_{bare}"
    taken = set(CustomField.objects.filter(about=about).values_list("name", flat=True))
    numbered = (f"{wanted}_{n}" for n in range(2, 10_000))
    return wanted if wanted not in taken else next(n for n in numbered if n not in taken)


def make(
    facts: Mapping[str, Any],
    *,
    by: User,
    at: datetime,
    about: str = CustomField.About.LEAD,
    name: str = "",
    key: str = "",
) -> Saved:
    """Make a field of these facts (CHANGEABLE); last in the order. `name` is made of the label
    where none is given. `key` names the further field of leads whose values become its own.

    Raises Refused when the label or name is taken, there are too many, or values under that key
    do not read by its kind.
    """
    field = CustomField(about=about, name=name or free_name(facts["label"], about))
    _set(field, facts)
    with transaction.atomic():
        last = CustomField.objects.filter(about=about).aggregate(Max("position"))["position__max"]
        if CustomField.objects.filter(about=about).in_use().count() >= MOST_FIELDS:
            raise Refused(TOO_MANY)
        field.position = 0 if last is None else last + 1
        turning = _turn_over(field, key=key, by=by, at=at)
        _save(field)
        audit.record("custom_field_made", field, by=by, at=at, facts=_said(field))
    return Saved(field, turning)


def change(
    field: CustomField, facts: Mapping[str, Any], *, by: User, at: datetime, seen: str
) -> Saved:
    """Change what a field is. `seen` is the ticket of what the person knew.

    Raises Conflict when somebody has changed it since or its values are on the move, Refused when
    the label is taken or stored values do not read by the new kind.
    """
    with transaction.atomic():
        now = _locked(field)
        if ticket(now) != seen:
            raise Conflict(
                f"Somebody has changed “{now.label}” since you opened it. What you typed is below; "
                "look at theirs, then save yours over it if you still want to.",
                code="field_changed",
            )
        before, was = _said(now), rules_of(now)
        _set(now, facts)
        turning = 0
        if now.kind != was.kind:
            turning = _turn_over(now, by=by, at=at, was=was)
        _save(now)
        audit.record(
            "custom_field_changed", now, by=by, at=at, facts={"from": before, "to": _said(now)}
        )
    return Saved(now, turning, _standing(now, was))


def _set(field: CustomField, facts: Mapping[str, Any]) -> None:
    for name in CHANGEABLE:
        setattr(field, name, facts[name])
    field.choices = list(facts["choices"]) if field.kind in WITH_CHOICES else []
    field.currency = facts["currency"] if field.kind == Kind.MONEY else ""


def _turn_over(
    field: CustomField, *, by: User, at: datetime, key: str = "", was: FieldRules | None = None
) -> int:
    """Turn over the values that are there; returns on how many leads a worker will, if many.

    Raises Refused when some do not read.
    """
    rules = rules_of(field)
    found = converting.survey(rules, key=key)
    if found.unread:
        kind = Kind(field.kind).label.lower()
        raise Refused(
            f"{found.unread:,} of {found.leads:,} leads have a value that does not read as "
            f"{kind}: {found.said}. Change those first, or choose another kind.",
            code="unreadable_values",
            fields={"kind": f"These do not read as {kind}: {found.said}."},
        )
    field.turned_at = at
    if found.leads <= AT_ONCE:
        converting.convert(rules, key=key)
        return 0
    # Until then it is what it was: text, for a field that is new.
    field.becomes = {name: getattr(field, name) for name in ("kind", "choices", "currency")}
    field.becomes |= {"key": key, "by": by.pk}
    now = was or replace(rules, kind=Kind.TEXT, choices=(), currency="")
    field.kind, field.choices, field.currency = now.kind, list(now.choices), now.currency
    return found.leads


def _save(field: CustomField) -> None:
    try:
        with transaction.atomic():
            field.save()
    except IntegrityError as error:
        if "custom_field_label_once" in str(error):
            words = f"There is a field called “{field.label}” already; choose another label."
            raise Refused(words, code="label_taken", fields={"label": words}) from None
        if "custom_field_name_once" in str(error):
            words = f"There is a field named “{field.name}” already, in use or removed."
            raise Refused(words, code="name_taken", fields={"name": words}) from None
        raise


def _standing(field: CustomField, was: FieldRules) -> tuple[tuple[str, int], ...]:
    """Choices that this change took away and leads still have."""
    if field.kind != was.kind or field.about != CustomField.About.LEAD:
        return ()
    found = []
    for gone in (choice for choice in was.choices if choice not in field.choices):
        wanted = [gone] if field.kind == Kind.CHOICES else gone
        if count := Lead.objects.filter(querying.holds(was, wanted)).count():
            found.append((gone, count))
    return tuple(found)


def move(field: CustomField, *, up: bool, by: User, at: datetime) -> None:
    """Change places with the field before or after it."""
    with transaction.atomic():
        fields = list(
            CustomField.objects.select_for_update().filter(about=field.about).in_use()
        )  # fmt: skip
        here = next((n for n, each in enumerate(fields) if each.pk == field.pk), None)
        there = None if here is None else here + (-1 if up else 1)
        if here is None or there is None or not 0 <= there < len(fields):
            return
        fields[here], fields[there] = fields[there], fields[here]
        for position, each in enumerate(fields):
            if each.position != position:
                each.position = position
                each.save(update_fields=["position"])
        audit.record("custom_field_moved", field, by=by, at=at, facts={"to": there + 1})


def remove(field: CustomField, *, by: User, at: datetime) -> None:
    """Show it nowhere any more; its values stay. Raises Conflict while its values are on the
    move."""
    with transaction.atomic():
        now = _locked(field)
        if now.removed_at is None:
            now.removed_at = at
            now.save(update_fields=["removed_at"])
            audit.record("custom_field_removed", now, by=by, at=at)


def bring_back(field: CustomField, *, by: User, at: datetime) -> None:
    """Show it again, last in the order. Raises Refused when its label is taken meanwhile."""
    with transaction.atomic():
        now = _locked(field)
        if now.removed_at is not None:
            if CustomField.objects.filter(about=now.about).in_use().count() >= MOST_FIELDS:
                raise Refused(TOO_MANY)
            last = CustomField.objects.filter(about=now.about).aggregate(Max("position"))
            now.removed_at, now.position = None, last["position__max"] + 1
            _save(now)
            audit.record("custom_field_brought_back", now, by=by, at=at)


def erase(field: CustomField, *, by: User, at: datetime) -> None:
    """Have the values of a removed field deleted, and then the field (erasing). Raises Refused for
    one that is in use."""
    with transaction.atomic():
        now = _locked(field)
        if now.removed_at is None:
            raise Refused(f"“{now.label}” is in use; remove it first, then erase it.")
        now.erasing_since = at
        now.save(update_fields=["erasing_since"])
        audit.record("custom_field_erasing", now, by=by, at=at, facts=_said(now))


def _locked(field: CustomField) -> CustomField:
    there = CustomField.objects.filter(pk=field.pk)
    # The worker holds the row for as long as it takes: nobody waits for that.
    if there.filter(becomes__isnull=False).exists():
        raise Conflict(
            f"The values of “{field.label}” are being turned over; wait until that is done.",
            code="turning",
        )
    now = there.select_for_update().first()
    if now is None or now.erasing_since:
        raise Conflict(f"“{field.label}” was erased meanwhile.", code="gone")
    return now


def _said(field: CustomField) -> dict[str, Any]:
    return {"name": field.name} | {name: getattr(field, name) for name in CHANGEABLE}
