"""What we say of an offer: proposed, agreed, taken away."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.offered.message_form import MessageForm
from personas import saying
from personas.models import Message, Offer


@require_http_methods(["GET", "POST"])
def message_new(request: SignedInRequest, slug: str) -> HttpResponse:
    """Propose something to say of an offer."""
    if not saying.may_propose(request.user):
        raise PermissionDenied("What we say is proposed by people of both teams.")
    offer = get_object_or_404(Offer, slug=slug)
    form = MessageForm(request.POST if request.method == "POST" else None, offer=offer)
    if request.method == "POST" and form.is_valid():
        saying.propose(by=request.user, at=database_now(), offer=offer, **form.said())
        messages.success(request, "Proposed. It is shown on leads once a manager agrees.")
        return redirect(f"{offer.get_absolute_url()}#say")
    status = 422 if request.method == "POST" else 200
    context = {"at": database_now(), "form": form, "offer": offer}
    return render(request, "leads/message_form.html", context, status=status)


@require_POST
def message_agree(request: SignedInRequest, pk: int) -> HttpResponse:
    """It is what we say from now on."""
    if not saying.may_agree(request.user):
        raise PermissionDenied("A manager of marketing or of sales agrees to what we say.")
    message = get_object_or_404(Message.objects.select_related("offer"), pk=pk)
    try:
        saying.agree(message, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Agreed: it is shown on the leads it is for.")
    return _to_offer(message)


@require_POST
def message_retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say it no more."""
    return _turned(request, pk, "retire")


@require_POST
def message_bring_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say it again."""
    return _turned(request, pk, "bring_back")


def _turned(request: SignedInRequest, pk: int, how: str) -> HttpResponse:
    if not saying.may_propose(request.user):
        raise PermissionDenied("What we say is for people of both teams.")
    message = get_object_or_404(Message.objects.select_related("offer"), pk=pk)
    try:
        getattr(saying, how)(message, by=request.user, at=database_now())
    except Refused as refusal:
        raise PermissionDenied(refusal.message) from None
    if how == "retire":
        undo = reverse("message-bring-back", args=[pk])
        messages.success(request, "Taken away.", extra_tags=f"undo:{undo}")
    else:
        messages.success(request, "It is back.")
    return _to_offer(message)


def _to_offer(message: Message) -> HttpResponse:
    assert message.offer is not None  # so far each is about one
    return redirect(f"{message.offer.get_absolute_url()}#say")
