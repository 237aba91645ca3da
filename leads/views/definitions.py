"""The words both teams go by: read, proposed, tried on the leads of late, agreed by both sides."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import two_signatures
from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads.agreed.definition_form import DefinitionForm, NewWordForm, form_for, period
from leads.agreed.let_through import PERIODS, SHOWN, let_through
from leads.agreed.stage_words import RULED, STAGE_WORDS, field_names
from leads.models import Lead
from leads.views.access import EVERYBODY, only_for
from leads.views.agreed import Drafted, Found
from personas import drafting, versions
from personas.models import Definition, Draft, Persona
from personas.words import definition_changes, rule_lines

AGREED = Drafted(Draft.Kind.DEFINITION, "Definitions", "definition", "definition-list")
STARTING_RULE = {"min_score": 50}


@dataclass(frozen=True, slots=True)
class Word:
    """One word as the list shows it; `definition` is None until it is agreed."""

    key: str
    name: str
    set_by: str
    definition: Definition | None
    rule: list[str]
    draft: Draft | None


def _names() -> dict[str, Mapping[str, str]]:
    """What rules call fields and personas."""
    personas = dict(Persona.objects.values_list("slug", "name"))
    return {"fields": field_names(), "personas": personas}


@require_GET
@only_for(*EVERYBODY)
def definition_list(request: SignedInRequest) -> HttpResponse:
    """Every word: the stages in their order, then the others."""
    at, names = database_now(), _names()
    signers = Definition.objects.select_related(*two_signatures.SIDES.values())
    agreed = {d.key: d for d in signers.in_force(at)}
    drafts = {draft.key: draft for draft in drafting.open_drafts(AGREED.kind)}
    others = sorted({*agreed, *drafts} - STAGE_WORDS.keys())
    words = []
    for key in [*STAGE_WORDS, *others]:
        found, draft, stage = agreed.get(key), drafts.get(key), STAGE_WORDS.get(key)
        name = found.name if found else stage.name if stage else drafts[key].facts["name"]
        rule = rule_lines(found.rule, **names) if found else []
        words.append(Word(key, name, stage.set_by if stage else "", found, rule, draft))
    context = {"at": at, "words": words, "may_propose": drafting.may_propose(request.user)}
    return render(request, "leads/definitions.html", context)


@require_GET
@only_for(*EVERYBODY)
def definition(request: SignedInRequest, slug: str) -> HttpResponse:
    """One word: what it means, what is proposed, and what it meant before."""
    at, names = database_now(), _names()
    found = _found(slug)
    facts, draft, stage = found.facts, found.draft, STAGE_WORDS.get(slug)
    history = list(
        Definition.objects.filter(key=slug)
        .select_related(*two_signatures.SIDES.values())
        .order_by("-version")
    )
    said = [versions.definition_facts(each) for each in history]
    context = {
        "at": at,
        "key": slug,
        "name": _name(slug, facts, draft),
        "stage": stage,
        "current": history[0] if history else None,
        "rule": rule_lines(facts.get("rule", {}), **names),
        "ruled": slug == RULED,
        "draft": draft,
        "draft_changes": definition_changes(facts, draft.facts, **names) if draft else [],
        "seen": found.seen,
        "sides": two_signatures.unsigned(draft, request.user) if draft else [],
        "left": two_signatures.left_to_others(draft, request.user) if draft else "",
        "may_propose": drafting.may_propose(request.user),
        "history": [
            (each, definition_changes(before, now, **names))
            for each, now, before in zip(history, said, [*said[1:], {}], strict=False)
        ],
        "periods": PERIODS,
        "period": period(""),
    }
    return render(request, "leads/definition.html", context)


@require_http_methods(["GET", "POST"])
def definition_new(request: SignedInRequest) -> HttpResponse:
    """Propose a word that is not among them."""
    AGREED.proposers_only(request.user)
    if request.method == "GET":
        return _form(request, NewWordForm())
    form = NewWordForm(data=request.POST)
    if not form.is_valid():
        return _form(request, form, status=422)
    key = form.cleaned_data["key"]
    return _save(request, form, key, seen=drafting.ticket(0, None))


@require_http_methods(["GET", "POST"])
def definition_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """Propose a change, or change what is proposed."""
    AGREED.proposers_only(request.user)
    found = _found(slug)
    says = found.draft.facts if found.draft else found.facts or _starting(slug)
    if request.method == "GET":
        return _form(request, form_for(slug, says), key=slug, seen=found.seen)
    form, seen = form_for(slug, says, request.POST), request.POST.get("seen", "")[:60]
    if not form.is_valid():
        return _form(request, form, key=slug, seen=seen, status=422)
    return _save(request, form, slug, seen=seen)


def _save(request: SignedInRequest, form: DefinitionForm, key: str, *, seen: str) -> HttpResponse:
    refused = partial(_form, request, form, key=key)
    return AGREED.save(request, key, form.facts(), seen=seen, refused=refused)


def _form(
    request: SignedInRequest, form: DefinitionForm, *, key: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "at": database_now(), "form": form, "key": key, "stage": STAGE_WORDS.get(key),
        "ruled": key == RULED, "periods": PERIODS, "period": period(""), **more,
    }  # fmt: skip
    return render(request, "leads/definition_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@only_for(*EVERYBODY)
def definition_preview(request: SignedInRequest) -> HttpResponse:
    """How many of late the draft of MQL would have let through, or the rule being typed; leads by
    name only where one may see them."""
    at = database_now()
    _, facts, draft = _found(RULED)
    if request.method == "POST":
        form = form_for(RULED, draft.facts if draft else facts, request.POST)
        if not form.is_valid():
            return render(request, "leads/_let_through.html", {"found": None})
        rule, typed = form.facts()["rule"], request.POST
    elif draft is not None:
        rule, typed = draft.facts["rule"], request.GET
    else:
        raise Http404("There is no draft of what an MQL is.")
    found = let_through(rule, weeks=period(typed.get("weeks", "")), at=at)
    changing = [*found.entering, *found.leaving]
    may_see = Lead.objects.visible_to(request.user)
    seen = set(may_see.filter(pk__in=[each.lead for each in changing]).values_list("pk", flat=True))
    shown = [
        [each for each in side if each.lead in seen][:SHOWN]
        for side in (found.entering, found.leaving)
    ]
    leads = Lead.objects.in_bulk([each.lead for side in shown for each in side])
    entering, leaving = ([(each, leads[each.lead]) for each in side] for side in shown)
    context = {
        "at": at,
        "found": found,
        "entering": entering,
        "leaving": leaving,
        "chart": {
            "kind": "bar",
            "categories": [f"{week.starts:%-d %b}" for week in found.weeks],
            "series": [
                {"name": "In force", "tone": "quiet", "data": [w.before for w in found.weeks]},
                {"name": "Proposed", "tone": "accent", "data": [w.after for w in found.weeks]},
            ],
            "min": 0,
        },
    }
    return render(request, "leads/_let_through.html", context)


@require_POST
def definition_sign(request: SignedInRequest, slug: str) -> HttpResponse:
    """Sign what is proposed for one's side; with the second signature it is in force."""
    _found(slug)
    if made := AGREED.sign(request, slug):
        said = f"Agreed: version {made.version} is in force from now on."
        messages.success(request, said)
    return redirect("definition", slug)


@require_POST
def definition_drop(request: SignedInRequest, slug: str) -> HttpResponse:
    """Throw what is proposed away."""
    _found(slug)
    return AGREED.drop(request, slug)


def _found(key: str) -> Found:
    """A stage has its page before anybody has agreed what it means."""
    return AGREED.found(key, known=key in STAGE_WORDS)


def _name(key: str, facts: Mapping[str, Any], draft: Draft | None) -> str:
    if not facts and key in STAGE_WORDS:
        return STAGE_WORDS[key].name
    return str((facts or (draft.facts if draft else {})).get("name", key))


def _starting(key: str) -> dict[str, Any]:
    """What a stage's form says before anybody has proposed a thing."""
    rule = STARTING_RULE if key == RULED else {}
    return {"name": STAGE_WORDS[key].name, "words": "", "rule": rule}
