"""One promise of the draft: written, tried earlier or later, taken out, brought back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.instants import database_now
from accounts.refusals import Conflict
from accounts.requests import SignedInRequest
from leads.models import Kind
from sla import reading
from sla.contracts import drafting, promising
from sla.contracts.differences import changed_facts
from sla.contracts.forms import TermDraft
from sla.models import Action, Contract, Side, Term
from sla.views.drafts import for_drafters, page, said

# A new promise begins as one of sales, from the handoff on.
FIRST_STEPS = [
    {"action": Action.WARN.value, "share": 0.75},
    {"action": Action.BREACH.value},
    {"action": Action.TELL_MANAGER.value, "after": 1800},
]


@require_http_methods(["GET", "POST"])
@for_drafters
def promise_new(request: SignedInRequest) -> HttpResponse:
    """Add a promise to the draft."""
    side = request.GET.get("side", "")
    term = Term(
        side=side if side in Side.values else Side.SALES, starts_on=Kind.HANDED_OVER,
        stops_on=[], target_seconds=0, steps=FIRST_STEPS,
    )  # fmt: skip
    return _edit(request, drafting.draft(), term)


@require_http_methods(["GET", "POST"])
@for_drafters
def promise(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a promise of the draft."""
    contract = drafting.draft()
    mine = Term.objects.filter(contract=contract, pk=pk) if contract else Term.objects.none()
    term = mine.first()
    if term is None and request.method == "POST":
        # Removed, or in force by now: what was typed is not lost.
        term = Term(pk=pk, side=Side.SALES, starts_on=Kind.HANDED_OVER, stops_on=[], steps=[],
                    target_seconds=0)  # fmt: skip
    elif term is None:
        term = get_object_or_404(mine, pk=pk)
    return _edit(request, contract, term)


def _edit(request: SignedInRequest, contract: Contract | None, term: Term) -> HttpResponse:
    at = database_now()
    if request.method == "GET":
        return _form(request, contract, TermDraft(None, term=term))
    typed = TermDraft(request.POST, term=term)
    if not typed.is_valid():
        return _form(request, contract, typed, base=request.POST.get("base", ""), status=422)
    try:
        base = request.POST.get("base", "")
        saved, changes = promising.put_in(
            promising.TERMS, typed.values(), pk=term.pk, base=base, by=request.user, at=at
        )
    except Conflict as conflict:
        gone = conflict.code != "draft_changed"
        theirs = [] if gone else _theirs(term, typed)
        if gone:
            term.pk = None
        return _form(request, contract, typed, conflict=conflict, theirs=theirs, status=409)
    kept = f"saved:{_kept(term, request.POST.get('base', ''))}"
    messages.success(request, f"“{saved.name}”: {said(changes).lower()}", extra_tags=kept)
    return redirect("contract-draft")


def _theirs(term: Term, typed: TermDraft) -> list[str]:
    """How what is saved now differs from what was typed."""
    now, mine = (
        reading.promise_facts(reading.promises((each,), each.side)[0])
        for each in (term, typed.drawn())
    )
    return changed_facts(mine, now)


def _form(
    request: SignedInRequest, contract: Contract | None, typed: TermDraft, *,
    base: str | None = None, status: int = 200, **more: Any,
) -> HttpResponse:  # fmt: skip
    term = typed.term
    fresh = drafting.ticket(term) if term.pk else ""
    terms = drafting.terms_of(contract) if contract else []
    context = {
        "at": database_now(),
        "contract": contract,
        "term": term,
        "draft": typed,
        "form": typed.form,
        # What was seen, for whoever only has to mend a field; what is there now, after a conflict.
        "base": fresh if base is None else base,
        "measures": sorted({t.measure.replace("_", " ") for t in terms}),
        "kept": _kept(term, fresh if base is None else base),
        **more,
    }
    return render(request, "sla/contract_term.html", context, status=status)


def _kept(term: Term, base: str) -> str:
    """What was typed belongs to what was seen: over another state of the promise it is not put."""
    return f"promise-{term.pk or 'new'}-{base[:16]}"


@require_POST
@for_drafters
def promise_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let it be tried before the one above it, or after the one below it."""
    at = database_now()
    try:
        up = request.POST.get("to") == "up"
        drafting.move_term(pk, up=up, by=request.user, at=at)
    except Conflict as conflict:
        return page(request, at=at, conflict=conflict, status=409)
    return redirect(f"{reverse('contract-draft')}#term-{pk}")


@require_POST
@for_drafters
def promise_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take it out of the draft."""
    at = database_now()
    try:
        base = request.POST.get("base", "")
        gone = promising.take_out(promising.TERMS, pk, base=base, by=request.user, at=at)
    except Conflict as conflict:
        return page(request, at=at, conflict=conflict, status=409)
    messages.success(request, f"“{gone.name}” is out of the draft.")
    return redirect("contract-draft")


@require_POST
@for_drafters
def promise_bring_back(request: SignedInRequest, key: str) -> HttpResponse:
    """Put a promise that is in force back into the draft."""
    at = database_now()
    try:
        term = drafting.bring_back(key, by=request.user, at=at)
    except Conflict as conflict:
        return page(request, at=at, conflict=conflict, status=409)
    if term is not None:
        messages.success(request, f"“{term.name}” is in the draft again.")
    return redirect("contract-draft")
