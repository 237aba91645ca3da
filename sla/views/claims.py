"""Typed times: those that wait for this manager, and what was decided lately."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.instants import database_now
from accounts.refusals import Conflict, Refused
from accounts.requests import SignedInRequest
from leads.models import Lead
from sla.clocks import claims
from sla.figures.excuses import JUDGES
from sla.models import Claim
from sla.models.claim import ClaimQuerySet

WAITING_SHOWN, DECIDED_SHOWN = 50, 12


@dataclass(slots=True)
class Waiting:
    """A claim with what its reader may do and see, and what they typed that was wrong."""

    claim: Claim
    lead_seen: bool
    may_decide: bool
    # How long before the deadline it is said to have been, and how long after it was typed.
    before: float
    after: float
    note: str = ""
    error: str = ""


@require_GET
def claim_list(request: SignedInRequest) -> HttpResponse:
    """What waits, longest first; below it what was decided lately."""
    return _page(request, at=database_now())


@require_POST
def claim_decide(request: SignedInRequest, pk: int) -> HttpResponse:
    """Approve or refuse one, with a note."""
    at = database_now()
    claim = get_object_or_404(_mine(request), pk=pk)
    note = request.POST.get("note", "")
    try:
        if request.POST.get("decision") == "approve":
            claims.approve(claim, by=request.user, at=at, note=note)
            said = f"Approved: {claim.clock.title} was answered in time."
        elif request.POST.get("decision") == "refuse":
            claims.refuse(claim, by=request.user, at=at, note=note)
            said = f"Refused: {claim.clock.title} stays missed."
        else:
            raise Refused("Choose one of approve, refuse.")
    except Conflict as conflict:
        messages.error(request, conflict.message)
        return _page(request, at=at, status=conflict.status)
    except Refused as refused:
        wrong = (pk, note, refused.message)
        return _page(request, at=at, wrong=wrong, status=refused.status)
    messages.success(request, said)
    return redirect("claim-list")


def _mine(request: SignedInRequest) -> ClaimQuerySet:
    if request.user.role not in JUDGES.values():
        raise PermissionDenied("Typed times are for the managers of the side that owes the term.")
    return claims.in_charge_of(request.user).select_related(
        "clock__term", "clock__lead", "clock__owner", "activity__actor", "decided_by"
    )


def _page(
    request: SignedInRequest,
    *,
    at: datetime,
    wrong: tuple[int, str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    mine = _mine(request)
    waiting = list(mine.waiting()[:WAITING_SHOWN])
    decided = mine.exclude(decided_at=None).order_by("-decided_at", "-pk")[:DECIDED_SHOWN]
    leads = {claim.clock.lead_id for claim in [*waiting, *decided]}
    visible = Lead.objects.visible_to(request.user).filter(pk__in=leads)
    seen = set(visible.values_list("pk", flat=True))
    context = {
        "at": at,
        "waiting": [_waiting(request, claim, seen, wrong) for claim in waiting],
        "count": mine.waiting().count(),
        "decided": decided,
        "seen": seen,
    }
    return render(request, "sla/claims.html", context, status=status)


def _waiting(
    request: SignedInRequest, claim: Claim, seen: set[int], wrong: tuple[int, str, str] | None
) -> Waiting:
    due_at = claim.clock.due_at
    assert due_at is not None  # without a deadline there is nothing to claim
    found = Waiting(
        claim,
        lead_seen=claim.clock.lead_id in seen,
        may_decide=claims.may_decide(request.user, claim),
        before=(due_at - claim.claimed_at).total_seconds(),
        after=(claim.made_at - due_at).total_seconds(),
    )
    if wrong and wrong[0] == claim.pk:
        found.note, found.error = wrong[1:]
    return found
