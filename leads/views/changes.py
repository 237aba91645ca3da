"""Changes of offers: read, published by marketing's manager, acknowledged by sales, taken back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads import deadlines
from leads.offered.carriers import carriers
from leads.views.access import EVERYBODY, only_for
from personas import announcing
from personas.models import Acknowledgement, OfferChange

SHOWN = 30
NEWEST = ("-published_at", "-pk")


@require_safe
@only_for(*EVERYBODY)
def change_list(request: SignedInRequest) -> HttpResponse:
    """What this person has to acknowledge, then what changed lately."""
    done = Q(acknowledgements__acknowledged_at__isnull=False)
    changes = OfferChange.objects.filter(published_at__isnull=False).annotate(
        asked=Count("acknowledgements"), done=Count("acknowledgements", filter=done)
    )
    waiting = list(
        OfferChange.objects.to_acknowledge_by(request.user).select_related("offer", "published_by")
    )
    clocks = deadlines.of_changes(request.user, waiting)
    context = {
        "at": database_now(),
        "waiting": [(change, clocks.get(change.pk)) for change in waiting],
        "changes": changes.select_related("offer", "published_by").order_by(*NEWEST)[:SHOWN],
        "proposed": OfferChange.objects.open().select_related("offer", "proposed_by")
        if announcing.may_propose(request.user)
        else [],
        "asked": request.user.is_sales,
    }
    return render(request, "leads/changes.html", context)


@require_safe
@only_for(*EVERYBODY)
def offer_change(request: SignedInRequest, pk: int) -> HttpResponse:
    """One change: what was, what is, why; who still has to read of it."""
    change = _found(request.user, pk)
    rows = list(change.acknowledgements.select_related("user"))
    mine = next((row for row in rows if row.user_id == request.user.pk), None)
    to_do = mine is not None and mine.acknowledged_at is None and change.taken_back_at is None
    context = {
        "at": database_now(),
        "change": change,
        "rows": rows if request.user.is_manager else [],
        "asked": len(rows),
        "done": sum(row.acknowledged_at is not None for row in rows),
        "would_ask": len(announcing.sales()) if change.is_open else 0,
        "mine": mine,
        "to_do": to_do,
        "clock": deadlines.of_changes(request.user, [change]).get(change.pk) if to_do else None,
        "seen": announcing.ticket(change),
        "may_propose": announcing.may_propose(request.user),
        "may_publish": announcing.may_publish(request.user),
    }
    return render(request, "leads/offer_change.html", context)


@require_safe
@only_for(*EVERYBODY)
def change_carriers(request: SignedInRequest, pk: int) -> HttpResponse:
    """What still says what the change takes away; the page fetches it, for it may take a while."""
    change = _found(request.user, pk)
    groups = carriers(change, by=request.user)
    context = {"at": database_now(), "change": change, "groups": groups}
    return render(request, "leads/_carriers.html", context)


@require_POST
@only_for(*EVERYBODY)
def change_acknowledge(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that one has read it; back to where one was."""
    change = _found(request.user, pk)
    asked = Acknowledgement.objects.filter(change=change, user=request.user)
    if not asked.exists():
        raise PermissionDenied("This change was not yours to acknowledge.")

    def deed(at: datetime) -> str:
        announcing.acknowledge(change, by=request.user, at=at)
        return f"Acknowledged: {change.title}"

    return _done(request, deed, back=_back(request, reverse("change-list")))


@require_POST
def change_publish(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put it into effect, and ask everybody in sales to acknowledge it."""
    if not announcing.may_publish(request.user):
        raise PermissionDenied("A manager of marketing publishes changes.")
    change = _found(request.user, pk)

    def deed(at: datetime) -> str:
        seen = request.POST.get("seen", "")
        announcing.publish(change, by=request.user, at=at, seen=seen)
        return f"Published: {change.title}"

    undo = reverse("change-take-back", args=[pk])
    return _done(request, deed, back=change.get_absolute_url(), tags=f"undo:{undo}")


@require_POST
def change_take_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """The offer is as it was before."""
    if not announcing.may_publish(request.user):
        raise PermissionDenied("A manager of marketing takes changes back.")
    change = _found(request.user, pk)

    def deed(at: datetime) -> str:
        announcing.take_back(change, by=request.user, at=at)
        return "Taken back: the offer is as it was, and sales is told."

    return _done(request, deed, back=change.get_absolute_url())


@require_POST
def change_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Throw a proposal away."""
    if not announcing.may_propose(request.user):
        raise PermissionDenied("Proposals about offers are marketing's.")
    change = _found(request.user, pk)

    def deed(at: datetime) -> str:
        announcing.discard(change, by=request.user, at=at, seen=request.POST.get("seen", ""))
        return "The proposal is thrown away; the offer stays as it is."

    return _done(request, deed, back=change.offer.get_absolute_url())


def _done(
    request: SignedInRequest, deed: Callable[[datetime], str], *, back: str, tags: str = ""
) -> HttpResponse:
    try:
        messages.success(request, deed(database_now()), extra_tags=tags)
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect(back)


def _back(request: SignedInRequest, usual: str) -> str:
    asked = request.POST.get("back", "")
    safe = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if safe else usual


def _found(user: User, pk: int) -> OfferChange:
    """A change this person may read: a proposal is marketing's until it is published."""
    related = OfferChange.objects.select_related(
        "offer", "proposed_by", "published_by", "taken_back_by"
    )
    change: Any = get_object_or_404(related, pk=pk)
    if change.published_at is None and not (user.is_marketing or announcing.may_propose(user)):
        raise Http404
    return change  # type: ignore[no-any-return]
