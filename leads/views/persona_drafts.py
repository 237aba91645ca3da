"""The next version of a persona: drafted with a live count of leads, signed by both sides."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import two_signatures
from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.agreed import adopting
from leads.agreed.fitting import SHOWN, fitting
from leads.agreed.persona_form import ROWS, WholePersona
from leads.agreed.persona_words import changes
from leads.models import Lead
from leads.views.access import EVERYBODY, only_for
from leads.views.agreed import Drafted
from personas import drafting, versions
from personas.matching import PersonaRules
from personas.models import Draft, Persona

AGREED = Drafted(Draft.Kind.PERSONA, "Personas", "persona-draft", "persona-list")


@require_http_methods(["GET", "POST"])
def persona_new(request: SignedInRequest) -> HttpResponse:
    """Propose somebody who is not among the personas."""
    AGREED.proposers_only(request.user)
    if request.method == "GET":
        return _form(request, WholePersona({}, new=True))
    if adding := _adding(request):
        return _form(request, WholePersona({}, adding, new=True))
    whole = WholePersona({}, request.POST, new=True)
    if not whole.is_valid():
        return _form(request, whole, status=422)
    slug = whole.main.cleaned_data["slug"]
    return _save(request, whole, slug, seen=drafting.ticket(0, None))


@require_http_methods(["GET", "POST"])
def persona_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """Propose a change, or change what is proposed. “Add” gives one more row."""
    AGREED.proposers_only(request.user)
    found = AGREED.found(slug)
    says = found.draft.facts if found.draft else found.facts
    if request.method == "GET":
        return _form(request, WholePersona(says), slug=slug, seen=found.seen)
    seen = request.POST.get("seen", "")[:60]
    if adding := _adding(request):
        return _form(request, WholePersona(says, adding), slug=slug, seen=seen)
    whole = WholePersona(says, request.POST)
    if not whole.is_valid():
        return _form(request, whole, slug=slug, seen=seen, status=422)
    return _save(request, whole, slug, seen=seen)


def _adding(request: SignedInRequest) -> Any:
    """What was typed with one row more, or None when none was asked for."""
    rows = request.POST.get("add")
    if rows not in ROWS:
        return None
    typed, total = request.POST.copy(), f"{rows}-TOTAL_FORMS"
    count = typed.get(total, "")
    typed[total] = str(
        int(count) + 1 if count.isascii() and count.isdigit() and len(count) < 4 else 1
    )
    return typed


def _save(request: SignedInRequest, whole: WholePersona, slug: str, *, seen: str) -> HttpResponse:
    refused = partial(_form, request, whole, slug=slug)
    return AGREED.save(request, slug, whole.facts(), seen=seen, refused=refused)


def _form(
    request: SignedInRequest, whole: WholePersona, *, slug: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    context = {"at": database_now(), "form": whole, "slug": slug, **more}
    return render(request, "leads/persona_form.html", context, status=status)


@require_POST
def persona_adopt(request: SignedInRequest, slug: str) -> HttpResponse:
    """Put what sales heard into the proposal, or open one with it."""
    AGREED.proposers_only(request.user)
    persona = get_object_or_404(Persona, slug=slug)
    about, words = (request.POST.get(name, "")[:200] for name in ("about", "words"))
    try:
        said, new = adopting.adopt(persona, about, words, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("persona", slug)
    done = "is in the proposal" if new else "was in the proposal already"
    url = reverse("persona-draft", args=[slug])
    messages.success(request, f"“{said.words}” {done}.", extra_tags=f"next:{url}")
    return redirect("persona", slug)


@require_GET
@only_for(*EVERYBODY)
def persona_draft(request: SignedInRequest, slug: str) -> HttpResponse:
    """What is proposed for a persona: against what is in force, with its signatures."""
    found = AGREED.found(slug)
    draft = found.draft
    if draft is None:
        raise Http404(f"Nothing is proposed for “{slug}”.")
    context = {
        "at": database_now(),
        "slug": slug,
        "name": draft.facts["name"],
        "number": found.number,
        "draft": draft,
        "changes": changes(found.facts, draft.facts),
        "seen": found.seen,
        "sides": two_signatures.unsigned(draft, request.user),
        "left": two_signatures.left_to_others(draft, request.user),
        "may_propose": drafting.may_propose(request.user),
    }
    return render(request, "leads/persona_draft.html", context)


@require_POST
@only_for(*EVERYBODY)
def persona_preview(request: SignedInRequest) -> HttpResponse:
    """Which leads the criteria being typed would fit; by name those one may see."""
    slug = request.POST.get("slug", "")[:50]
    persona = Persona.objects.filter(slug=slug).first()
    says = versions.persona_facts(persona) if persona else {}
    whole = WholePersona(says, request.POST)
    rules = whole.rules(pk=persona.pk if persona else 0, slug=slug)
    return _fitting(request, rules, active=bool(request.POST.get("main-is_active")))


@require_GET
@only_for(*EVERYBODY)
def persona_draft_preview(request: SignedInRequest, slug: str) -> HttpResponse:
    """Which leads the criteria of the draft would fit."""
    draft = AGREED.found(slug).draft
    if draft is None:
        raise Http404(f"Nothing is proposed for “{slug}”.")
    persona, says = Persona.objects.filter(slug=slug).first(), draft.facts
    rules = PersonaRules(
        persona.pk if persona else 0, slug, says["name"], tuple(says["criteria"]),
        says["min_points"],
    )  # fmt: skip
    return _fitting(request, rules, active=says["is_active"])


def _fitting(request: SignedInRequest, rules: PersonaRules | None, *, active: bool) -> HttpResponse:
    if rules is None:
        return render(request, "leads/_persona_fitting.html", {"found": None})
    found = fitting(rules, active=active)
    is_new = dict(found.gets)
    leads = Lead.objects.visible_to(request.user).filter(pk__in=list(is_new))
    shown = leads.order_by("-created_at", "-pk")[:SHOWN]
    context = {
        "at": database_now(), "found": found, "active": active,
        "leads": [(lead, is_new[lead.pk]) for lead in shown],
    }  # fmt: skip
    return render(request, "leads/_persona_fitting.html", context)


@require_POST
def persona_sign(request: SignedInRequest, slug: str) -> HttpResponse:
    """Sign what is proposed for one's side; the second signature puts it in force."""
    AGREED.found(slug)
    if made := AGREED.sign(request, slug):
        said = f"Agreed: version {made.version} is in force; every lead is looked at again."
        messages.success(request, said)
    return redirect("persona-draft" if drafting.open_draft(AGREED.kind, slug) else "persona", slug)


@require_POST
def persona_drop(request: SignedInRequest, slug: str) -> HttpResponse:
    """Throw what is proposed away."""
    AGREED.found(slug)
    return AGREED.drop(request, slug)
