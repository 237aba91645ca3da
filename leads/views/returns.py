"""Came back from sales: why, by when marketing must answer, and the answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.instants import database_now
from accounts.refusals import Conflict, Refused
from accounts.requests import SignedInRequest
from leads import deadlines, returns
from leads.models import Handoff, Return
from leads.return_forms import AnswerForm
from leads.views.access import MARKETING, only_for

ANSWERED_SHOWN = 12
DONE = {
    Return.Answer.ACCEPTED: "is back in nurture",
    Return.Answer.DISPUTED: "is disputed: the managers of both sides are asked to rule",
}


@dataclass(slots=True)
class Waiting:
    """A return to answer, its clock and the form for it."""

    returned: Return
    clock: Any
    form: AnswerForm


@require_safe
@only_for(*MARKETING)
def return_list(request: SignedInRequest) -> HttpResponse:
    """What waits for an answer, next deadline first; below it what was answered lately."""
    return _page(request, at=database_now())


@require_POST
@only_for(*MARKETING)
def return_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Accept, fix and resend, or dispute."""
    mine, at = Return.objects.answerable_by(request.user), database_now()
    returned = get_object_or_404(mine.select_related("handoff__lead"), pk=pk)
    form = AnswerForm(request.POST, auto_id=f"r{pk}_%s")
    if not form.is_valid():
        return _page(request, at=at, wrong=(pk, form), status=422)
    answer, note = form.cleaned_data["answer"], form.cleaned_data["note"]
    lead = returned.handoff.lead
    try:
        handoff = returns.answer(returned, answer, by=request.user, at=at, note=note)
    except Conflict as conflict:
        messages.error(request, conflict.message)
        return _page(request, at=at, wrong=(pk, form), status=conflict.status)
    except Refused as refusal:
        for name, words in (refusal.fields or {"answer": refusal.message}).items():
            form.add_error(name if name in form.fields else None, words)
        return _page(request, at=at, wrong=(pk, form), status=refusal.status)
    messages.success(request, f"{lead.name} {DONE.get(answer) or _sent(handoff)}.")
    return redirect("returns")


def _sent(handoff: Handoff | None) -> str:
    who = handoff.owner or handoff.pool if handoff else None
    return f"went to {who} again" if who else "went to sales again; nobody has it yet"


def _page(
    request: SignedInRequest,
    *,
    at: datetime,
    wrong: tuple[int, AnswerForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    mine = Return.objects.answerable_by(request.user).select_related(
        "handoff__lead__persona", "handoff__lead__campaign", "returned_by", "answered_by"
    )
    clocks = Prefetch("handoff__clocks", queryset=deadlines.clocks(ended=False))
    waiting = [_waiting(each, wrong) for each in mine.waiting().prefetch_related(clocks)]
    waiting.sort(key=lambda each: (each.clock is None, each.clock.due_at if each.clock else at))
    answered = mine.exclude(answered_at=None).order_by("-answered_at", "-pk")[:ANSWERED_SHOWN]
    context = {"waiting": waiting, "answered": answered, "at": at}
    return render(request, "leads/returns.html", context, status=status)


def _waiting(returned: Return, wrong: tuple[int, AnswerForm] | None) -> Waiting:
    clock = deadlines.next_clock(returned.handoff, side="marketing")
    sent = wrong is not None and wrong[0] == returned.pk
    form = wrong[1] if wrong and sent else AnswerForm(auto_id=f"r{returned.pk}_%s")
    return Waiting(returned, clock, form)
