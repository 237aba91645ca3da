"""One monthly promise of the draft: written, changed, taken out."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.instants import database_now
from accounts.refusals import Conflict
from accounts.requests import SignedInRequest
from sla.contracts import drafting, promising
from sla.contracts.monthly_form import MonthlyForm
from sla.models import Counted, MonthlyPromise
from sla.views.drafts import for_drafters, page, said


@require_http_methods(["GET", "POST"])
@for_drafters
def monthly_new(request: SignedInRequest) -> HttpResponse:
    """Add a monthly promise to the draft."""
    return _edit(request, MonthlyPromise(counted=Counted.ACCEPTED))


@require_http_methods(["GET", "POST"])
@for_drafters
def monthly_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a monthly promise of the draft."""
    mine = MonthlyPromise.objects.filter(contract__is_draft=True)
    found = mine.filter(pk=pk).first()
    if found is None and request.method == "POST":
        # Removed, or in force by now: what was typed is not lost.
        found = MonthlyPromise(pk=pk)
    elif found is None:
        found = get_object_or_404(mine, pk=pk)
    return _edit(request, found)


def _edit(request: SignedInRequest, promise: MonthlyPromise) -> HttpResponse:
    if request.method == "GET":
        return _form(request, promise, MonthlyForm(None, promise=promise))
    typed, base = MonthlyForm(request.POST, promise=promise), request.POST.get("base", "")
    if not typed.is_valid():
        return _form(request, promise, typed, base=base, status=422)
    try:
        saved, changes = promising.put_in(
            promising.MONTHLY, typed.values(), pk=promise.pk, base=base, by=request.user,
            at=database_now(),
        )  # fmt: skip
    except Conflict as conflict:
        if conflict.code != "draft_changed":
            promise.pk = None
        return _form(request, promise, typed, conflict=conflict, status=409)
    kept = f"saved:{_kept(promise, base)}"
    messages.success(request, f"“{saved.name}”: {said(changes).lower()}", extra_tags=kept)
    return redirect("contract-draft")


def _form(
    request: SignedInRequest, promise: MonthlyPromise, typed: MonthlyForm, *,
    base: str | None = None, status: int = 200, **more: Any,
) -> HttpResponse:  # fmt: skip
    now = MonthlyPromise.objects.filter(pk=promise.pk).first() if promise.pk else None
    fresh = drafting.ticket(now) if now else ""
    context = {
        "at": database_now(),
        "contract": drafting.draft(),
        "promise": promise,
        "form": typed,
        "base": fresh if base is None else base,
        "kept": _kept(promise, fresh if base is None else base),
        **more,
    }
    return render(request, "sla/contract_monthly.html", context, status=status)


def _kept(promise: MonthlyPromise, base: str) -> str:
    return f"monthly-{promise.pk or 'new'}-{base[:16]}"


@require_POST
@for_drafters
def monthly_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take it out of the draft."""
    at = database_now()
    try:
        base = request.POST.get("base", "")
        gone = promising.take_out(promising.MONTHLY, pk, base=base, by=request.user, at=at)
    except Conflict as conflict:
        return page(request, at=at, conflict=conflict, status=409)
    messages.success(request, f"“{gone.name}” is out of the draft.")
    return redirect("contract-draft")
