"""Personas with the leads behind them, as far as each person may see those."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads.custom_fields import FieldRules
from leads.custom_fields.rules import labels, tested
from leads.models import Lead
from leads.views.access import EVERYBODY, only_for
from personas.models import Persona

SAMPLE = 8
NONE: Mapping[str, FieldRules] = MappingProxyType({})
WORDS = {
    "equals": "is",
    "in": "is one of",
    "contains": "contains",
    "starts_with": "starts with",
    "at_least": "is at least",
    "at_most": "is at most",
    "present": "is known",
}


@require_safe
@only_for(*EVERYBODY)
def persona_list(request: SignedInRequest) -> HttpResponse:
    """Every agreed persona, and how many of one's leads fit it."""
    leads = Lead.objects.visible_to(request.user).exclude(persona=None).order_by()
    counts = dict(leads.values_list("persona").annotate(Count("pk")))
    rows = [(persona, counts.get(persona.pk, 0)) for persona in Persona.objects.in_use()]
    context = {"rows": rows, "at": database_now()}
    return render(request, "leads/personas.html", context)


@require_safe
@only_for(*EVERYBODY)
def persona(request: SignedInRequest, slug: str) -> HttpResponse:
    """One persona: who they are, how leadflow knows them, what to offer, and leads that fit."""
    found = get_object_or_404(Persona, slug=slug)
    leads = Lead.objects.visible_to(request.user).filter(persona=found)
    own = labels(found.criteria)
    context = {
        "persona": found,
        "criteria": [
            (rule.get("label", ""), in_words(rule, own), rule["points"]) for rule in found.criteria
        ],
        "offers": found.offers.filter(is_active=True),
        "count": leads.count(),
        "leads": leads.select_related("owner", "campaign")[:SAMPLE],
        "at": database_now(),
    }
    return render(request, "leads/persona.html", context)


def in_words(rule: Mapping[str, Any], own: Mapping[str, FieldRules] = NONE) -> str:
    """A criterion as a person says it: "job title contains director or head of"; `own` are fields
    of one's own."""
    if rules := own.get(rule["field"]):
        return (
            f"{rules.label} {tested(rules, rule['op'], rule.get('value', ''), WORDS[rule['op']])}"
        )
    field = str(rule["field"]).removeprefix("extra.").replace("_", " ")
    said = f"{field} {WORDS[rule['op']]}"
    if rule["op"] == "present":
        return said
    values = rule.get("value")
    listed = [str(value) for value in (values if isinstance(values, list) else [values])]
    return f"{said} {' or '.join(f'“{value}”' for value in listed)}"
