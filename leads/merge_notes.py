"""Write down what a merge does while it does it, in a form that JSON keeps."""

import json
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import ManyToOneRel, QuerySet

from accounts.models import User
from leads.models import DuplicatePair, Handoff, Lead, Merge

# What a withdrawn handoff gets back.
ENDED = ("state", "closed_at", "reason", "note")
# Among what was moved: the other's insights that the survivor had too (leads.insights).
SAID_BY_BOTH = "said_by_both"
# And where both were contacts of one deal (leads.dealing).
ON_BOTH = "on_both"
# And where both were on one call list (leads.calling).
ON_BOTH_LISTS = "on_both_lists"


def begin(left: Lead, gone: Lead, *, by: User, at: datetime) -> Merge:
    """Note both as they are; the caller has locked them."""
    handoffs = list(Handoff.objects.filter(lead__in=(left, gone)))
    ending = next((h for h in handoffs if h.lead_id == gone.pk and h.is_open), None)
    goes_on = any(h.lead_id == left.pk and h.is_open for h in handoffs)
    pair = DuplicatePair.objects.of(left).filter(pk__in=DuplicatePair.objects.of(gone)).first()
    return Merge(
        survivor=left,
        other_id=gone.pk,
        at=at,
        by=by,
        survivor_before=columns(left),
        other_before=columns(gone),
        moved={},
        cycles={str(handoff.pk): handoff.cycle for handoff in handoffs},
        withdrawn=(
            {"id": ending.pk, **{name: getattr(ending, name) for name in ENDED}}
            if ending and goes_on
            else None
        ),
        pair={"score": pair.score, "reasons": pair.reasons} if pair else None,
    )


def columns(lead: Lead) -> dict[str, Any]:
    """Every column of a lead, as JSON has it."""
    facts = {field.attname: getattr(lead, field.attname) for field in Lead._meta.concrete_fields}
    return dict(json.loads(json.dumps(facts, cls=DjangoJSONEncoder)))


def key_of(relation: ManyToOneRel) -> str:
    return f"{relation.related_model._meta.label_lower}.{relation.field.name}"


def moved(note: Merge, relation: ManyToOneRel, rows: "QuerySet[Any]") -> None:
    """Note what is about to become the survivor's."""
    if ids := list(rows.order_by("pk").values_list("pk", flat=True)):
        note.moved[key_of(relation)] = ids


def end(note: Merge, left: Lead) -> None:
    """Note what became of the survivor, and keep it all."""
    note.survivor_after = columns(left)
    emails = (note.survivor_before["email"], note.other_before["email"])
    note.former_email = next((each for each in emails if each and each != left.email), None)
    note.save()
