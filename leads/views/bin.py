"""The bin: leads somebody deleted, to put back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads import deleting, erasing
from leads.models import Lead
from leads.models.lead import IN_BIN, LeadQuerySet
from leads.views.access import EVERYBODY, only_for

MOST = 200


def _deleted(request: SignedInRequest) -> LeadQuerySet:
    """What this person could delete, and somebody did."""
    return Lead.everything.mergeable_by(request.user).filter(IN_BIN)


@require_safe
@only_for(*EVERYBODY)
def lead_bin(request: SignedInRequest) -> HttpResponse:
    """What is in the bin, last deleted first."""
    leads = _deleted(request).select_related("deleted_by").order_by("-deleted_at", "-pk")
    found = list(leads[: MOST + 1])
    context = {
        "rows": [(lead, erasing.erased_on(lead)) for lead in found[:MOST]],
        "more": len(found) > MOST,
        "most": MOST,
        "days": erasing.KEPT_FOR.days,
        "at": database_now(),
    }
    return render(request, "leads/bin.html", context)


@require_POST
@only_for(*EVERYBODY)
def lead_put_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take one lead out of it."""
    lead = get_object_or_404(_deleted(request), pk=pk)
    try:
        deleting.put_back(lead, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("lead-bin")
    messages.success(request, f"{lead.name} is back.", extra_tags=f"next:{lead.get_absolute_url()}")
    return redirect("lead-bin")
