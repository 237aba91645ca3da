"""Personas with the leads behind them, as far as each person may see those."""

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import two_signatures
from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads import insights, needs
from leads.agreed import adopting
from leads.agreed.persona_words import changes, in_words
from leads.custom_fields.rules import labels
from leads.models import Lead
from leads.views.access import EVERYBODY, only_for
from personas import drafting
from personas.models import Draft, Persona

SAMPLE = 8


@require_safe
@only_for(*EVERYBODY)
def persona_list(request: SignedInRequest) -> HttpResponse:
    """Every agreed persona, how many of one's leads fit it, what is proposed, who is retired."""
    leads = Lead.objects.visible_to(request.user).exclude(persona=None).order_by()
    counts = dict(leads.values_list("persona").annotate(Count("pk")))
    personas = list(Persona.objects.order_by("order", "id"))
    context = {
        "rows": [(each, counts.get(each.pk, 0)) for each in personas if each.is_active],
        "retired": [each for each in personas if not each.is_active],
        "drafts": drafting.open_drafts(Draft.Kind.PERSONA),
        "may_propose": drafting.may_propose(request.user),
        "at": database_now(),
    }
    return render(request, "leads/personas.html", context)


@require_safe
@only_for(*EVERYBODY)
def persona(request: SignedInRequest, slug: str) -> HttpResponse:
    """One persona: who they are, how leadflow knows them, what to offer, and leads that fit."""
    found = get_object_or_404(Persona, slug=slug)
    leads = Lead.objects.visible_to(request.user).filter(persona=found)
    own, user = labels(found.criteria), request.user
    draft = drafting.open_draft(Draft.Kind.PERSONA, slug)
    may_propose = drafting.may_propose(user)
    history = list(found.versions.select_related(*two_signatures.SIDES.values()))
    said = [each.facts for each in history]
    context = {
        "persona": found,
        "criteria": [
            (rule.get("label", ""), in_words(rule, own), rule["points"]) for rule in found.criteria
        ],
        "offers": found.offers.on_sale().prefetch_related("former"),
        "count": leads.count(),
        "leads": leads.select_related("owner", "campaign")[:SAMPLE],
        "draft": draft,
        "history": [
            (each, changes(before, now))
            for each, now, before in zip(history, said, [*said[1:], {}], strict=False)
        ],
        "heard": [(each, _stands(each, found, draft)) for each in insights.heard(found, user)],
        "adopt_url": reverse("persona-adopt", args=[slug]) if may_propose else "",
        "thoughts": needs.really_said(found),
        "asked": needs.asked_about(found),
        "why_not": insights.why_not(found),
        "may_propose": may_propose,
        "at": database_now(),
    }
    return render(request, "leads/persona.html", context)


def _stands(said: insights.Said, persona: Persona, draft: Draft | None) -> str:
    """Whether the persona says what was heard, or what is proposed does; “own” for what its
    picture has no place for."""
    if not adopting.has_place(said):
        return "own"
    if adopting.is_in(vars(persona), said):
        return "agreed"
    return "proposed" if draft is not None and adopting.is_in(draft.facts, said) else ""
