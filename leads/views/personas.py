"""Personas with the leads behind them, as far as each person may see those."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads.models import Lead
from leads.views.access import EVERYBODY, only_for
from personas.models import Persona

SAMPLE = 8
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
    context = {
        "persona": found,
        "criteria": [
            (rule.get("label", ""), in_words(rule), rule["points"]) for rule in found.criteria
        ],
        "offers": found.offers.filter(is_active=True),
        "count": leads.count(),
        "leads": leads.select_related("owner", "campaign")[:SAMPLE],
        "at": database_now(),
    }
    return render(request, "leads/persona.html", context)


def in_words(rule: Mapping[str, Any]) -> str:
    """A criterion as a person says it: "job title contains director or head of"."""
    field = str(rule["field"]).removeprefix("extra.").replace("_", " ")
    said = f"{field} {WORDS[rule['op']]}"
    if rule["op"] == "present":
        return said
    values = rule.get("value")
    listed = [str(value) for value in (values if isinstance(values, list) else [values])]
    return f"{said} {' or '.join(f'“{value}”' for value in listed)}"
