"""The agreed criteria on the lead page: answered, taken back, and shown when it is qualified."""

from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads import qualification
from leads.criteria import answering
from leads.criteria.standing import Standing, standing
from leads.models import Answer, Lead
from leads.views.answers import fill_in, page, perform, sheet
from leads.views.lead import must_work
from leads.views.workspace import visible_lead


class QualifyForm(forms.Form):
    """Qualify although something is open; below what is agreed, with a reason."""

    override_reason = forms.CharField(
        label="Why is it worth a deal all the same?", max_length=300, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


@require_POST
def qualify(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sales qualified: one click, unless the agreed criteria leave something open. That is shown
    first, and `sure` is sent from there."""
    found = visible_lead(request.user, pk)
    must_work(request, found, "Qualifying")
    known = standing(found)

    def deed(at: datetime) -> str:
        reason = request.POST.get("override_reason", "")
        qualification.qualify(found, by=request.user, at=at, override_reason=reason)
        return f"{found.name} is qualified."

    if known is None or not (known.missing or not known.is_enough):
        # Off the queue with it: what comes next is on the lead's own page.
        return perform(request, found, deed, tags=f"next:{found.get_absolute_url()}")
    return _asked(request, found, known, deed)


def _asked(request: SignedInRequest, found: Lead, known: Standing, deed: object) -> HttpResponse:
    sure = "sure" in request.POST
    form = QualifyForm(request.POST if sure else None)
    if known.is_enough:
        del form.fields["override_reason"]
    context = {
        "title": f"Qualify {found.name}?",
        "submit": "Qualify",
        "criteria": known,
        "template": "leads/_sheet_qualify.html",
    }
    if not sure:
        return sheet(request, found, form, **context)  # type: ignore[arg-type]
    return fill_in(request, found, form, deed, **context)  # type: ignore[arg-type]


@require_POST
def lead_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say what is known about one question; the message takes it back."""
    found = visible_lead(request.user, pk)
    must_work(request, found, "Answering the criteria")
    said = {name: request.POST.get(name, "") for name in ("question", "said", "evidence")}
    try:
        given = answering.answer(found, **said, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return page(request, found, status=refusal.status)
    if given is not None:
        undo = reverse("lead-answer-undo", args=[pk, given.pk])
        messages.success(request, "Noted.", extra_tags=f"undo:{undo}")
    return page(request, found)


@require_POST
def lead_answer_undo(request: SignedInRequest, pk: int, given: int) -> HttpResponse:
    """What was known before counts again."""
    found = visible_lead(request.user, pk)
    must_work(request, found, "Answering the criteria")
    row = get_object_or_404(Answer, pk=min(given, 2**62), lead=found)

    def deed(at: datetime) -> str:
        answering.undo(row, by=request.user, at=at)
        return "Taken back."

    return perform(request, found, deed)
