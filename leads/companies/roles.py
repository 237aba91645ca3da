"""The part somebody has in what their company decides: told by those who speak with them."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.refusals import Refused
from leads.editing import gone
from leads.models import DecisionRole, Kind, Lead


def say(lead: Lead, role: str, *, by: User, at: datetime) -> str:
    """Say it, or take it back with an empty text; returns what was done in words, and nothing
    where it was so already. Raises Refused for a word that is no role."""
    if role and role not in DecisionRole.values:
        there = ", ".join(DecisionRole.values)
        raise Refused(f"“{role[:40]}” is no role in a decision; there are: {there}.")
    with transaction.atomic():
        now = Lead.objects.select_for_update(of=("self",)).filter(pk=lead.pk).first()
        if now is None:
            raise gone(lead)
        if now.decision_role == role:
            return ""
        before = now.get_decision_role_display()
        Lead.objects.filter(pk=now.pk).update(decision_role=role, updated_at=at)
        now.decision_role = role
        label = now.get_decision_role_display()
        change = {"role in the decision": {"from": before, "to": label}}
        now.record(Kind.EDITED, by=by, at=at, occurred_at=at, data={"changed": change})
    lead.refresh_from_db()
    return f"{now.name}: {label.lower()}." if role else f"{now.name} has no role any more."
