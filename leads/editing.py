"""Change a lead's details: normalised like a captured row, recorded, scored anew."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import configuration
from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads import custom_fields, intake, scoring
from leads.activities import record_activities
from leads.capture import REMEMBERED, signs_of
from leads.companies import linking
from leads.handover import missing_for_mql, pass_on
from leads.models import TOUCHPOINTS, Activity, CustomField, FormerLead, Kind, Lead, Stage

EXTRA = "extra."
EDITABLE = ("first_name", "last_name", "company", "job_title", "email", "phone", "country")
# What a cleaned row writes for each editable field.
_WRITTEN = {
    "email": ("email", "email_typed", "company_domain"),
    "phone": ("phone", "phone_typed"),
}
# Whoever says otherwise here may be of another company.
_TELLS_COMPANY = {"company", "email", "country"}
Changed = dict[str, dict[str, Any]]
_SCORED = (
    "persona", "score", "fit", "engagement", "score_reasons", "score_version", "tier",
    "scored_at", "stage", "updated_at", "match_text", "of_company",
)  # fmt: skip


def edit(lead: Lead, values: Mapping[str, Any], *, by: User | None, at: datetime) -> list[str]:
    """Change the given details (EDITABLE, and `extra.<name>`; None takes that away); returns the
    names of those that changed.

    A lead that reaches the MQL definition by it becomes one, and is handed over at once where
    its campaign says so. Raises Refused naming each wrong field, Conflict (`email_taken`) when
    another lead has the address.
    """
    unknown = sorted(name for name in values if name not in EDITABLE and not name.startswith(EXTRA))
    if unknown:
        raise Refused(
            f"{', '.join(unknown)} can't be changed; these can: {', '.join(EDITABLE)}.",
            fields=dict.fromkeys(unknown, "This can't be changed here."),
        )
    stamp = configuration.stamp()
    try:
        with transaction.atomic():
            now = Lead.objects.select_for_update(of=("self",)).filter(pk=lead.pk).first()
            if now is None:
                raise gone(lead)
            changed = _apply(now, values, at=at) | _apply_extra(now, values, stamp=stamp)
            if changed:
                before = now.of_company_id
                if changed.keys() & _TELLS_COMPANY:
                    linking.link([now], at=at)
                _write(now, changed, by=by, at=at, stamp=stamp)
                if now.of_company_id != before:
                    linking.drop_bare([before])
    except IntegrityError as error:
        if "lead_email_once" not in str(error):
            raise
        raise _taken(values["email"], by) from None
    lead.refresh_from_db()
    return list(changed)


def last_edit(lead: Lead, by: User) -> Activity | None:
    """The last change of these details by this person, as it is on record."""
    return Activity.objects.filter(lead=lead, kind=Kind.EDITED, actor=by).order_by("-pk").first()


def gone(lead: Lead) -> Conflict:
    """The answer to somebody who comes too late: who the lead is part of now, if of anybody."""
    former = FormerLead.objects.filter(pk=lead.pk).select_related("now").first()
    if former is None:
        return Conflict(f"{lead.name} was deleted meanwhile.", code="gone")
    return Conflict(
        f"{lead.name} was merged with another lead meanwhile: now lead {former.now_id}.",
        code="merged",
        facts={"lead": former.now_id},
    )


def _apply(lead: Lead, values: Mapping[str, Any], *, at: datetime) -> Changed:
    """Write the cleaned values onto the lead; returns what changed, from what to what."""
    values = {name: value for name, value in values.items() if name in EDITABLE}
    if not values:
        return {}
    before = {name: getattr(lead, name) or "" for name in EDITABLE}
    typed = {"email": lead.email or "", "phone": lead.phone_typed or lead.phone}
    row, refused = intake.read({**before, **typed, **values}, {}, at=at)
    refused = {name: said for name, said in refused.items() if name in EDITABLE}
    if refused:
        raise Refused(" ".join(refused.values()), code="invalid", fields=refused)
    cleaned: dict[str, Any] = {**row.person, "email": row.email}
    if "country" in values and "phone" not in values:
        cleaned["phone"] = lead.phone  # a number once read is not read again as another country's
    changed: Changed = {}
    for name in values:
        if (cleaned[name] or "") != before[name]:
            changed[name] = {"from": before[name], "to": cleaned[name] or ""}
            for written in _WRITTEN.get(name, (name,)):
                setattr(lead, written, cleaned[written])
    if changed:
        lead.match_text = cleaned["match_text"]
    return changed


def _apply_extra(lead: Lead, values: Mapping[str, Any], *, stamp: UUID) -> Changed:
    """The same for fields of one's own and further ones."""
    typed = {n.removeprefix(EXTRA): v for n, v in values.items() if n.startswith(EXTRA)}
    if not typed:
        return {}
    fields = custom_fields.by_name(CustomField.About.LEAD, stamp=stamp)
    row, refused = intake.read_extra(typed, fields, standing=lead.extra)
    if refused:
        raise Refused(" ".join(refused.values()), code="invalid", fields=refused)
    row = {name: value for name, value in row.items() if value != ""}
    changed: Changed = {}
    for name in {**row, **typed}:
        before, after = lead.extra.get(name), row.get(name)
        if after != before or type(after) is not type(before):
            changed[f"{EXTRA}{name}"] = {"from": before, "to": after}
    kept = {name: value for name, value in lead.extra.items() if name not in typed}
    lead.extra = kept | row
    return changed


def _write(lead: Lead, changed: Changed, *, by: User | None, at: datetime, stamp: Any) -> None:
    touchpoints = list(
        Activity.objects.filter(
            lead=lead, kind__in=TOUCHPOINTS, occurred_at__gte=at - REMEMBERED
        ).order_by("occurred_at", "pk")
    )
    scored = scoring.score(lead.values(), signs_of(touchpoints), at=at, stamp=stamp)
    scoring.apply(lead, scored, at=at)
    activities = [_activity(lead, Kind.EDITED, by=by, at=at, data={"changed": changed})]
    reached = lead.stage in (Stage.INQUIRY, Stage.RECYCLED) and not missing_for_mql(
        lead, at=at, stamp=stamp
    )
    if reached:
        lead.stage = Stage.MQL
        activities.append(_activity(lead, Kind.MQL, by=by, at=at, data={"score": lead.score}))
    lead.updated_at = at
    fields = {
        field
        for name in changed
        for field in (("extra",) if name.startswith(EXTRA) else _WRITTEN.get(name, (name,)))
    }
    lead.save(update_fields=[*fields, *_SCORED])
    if reached and (lead.campaign is None or lead.campaign.hand_over_at_once):
        _, steps = pass_on([lead], touchpoints, by=by, at=at, stamp=stamp)
        activities += steps
    record_activities(activities, at=at)


def _activity(lead: Lead, kind: Kind, *, by: User | None, at: datetime, data: Any) -> Activity:
    return Activity(lead=lead, kind=kind, actor=by, occurred_at=at, data=data)


def _taken(email: object, by: User | None) -> Conflict:
    """Somebody else has this address; their name only for those who may see them."""
    other = None
    if by is not None:
        seen = Lead.objects.visible_to(by)
        other = seen.filter(email=str(email).strip().casefold()).first()
    who = f"“{other.name}”" if other else "another lead"
    said = f"{email} belongs to {who} already; two leads can't share an address."
    return Conflict(said, code="email_taken", fields={"email": said})
