"""The mailbox that leads answer into: how it stands, and the mails that were set aside."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.instants import database_now
from accounts.models import Role
from accounts.requests import SignedInRequest
from leads.mail import receiving
from leads.models import Mailbox, ReceivedMail
from leads.views.access import only_for

MOST = 50


@require_GET
@only_for(Role.ADMIN)
def mailbox(request: SignedInRequest) -> HttpResponse:
    """Whether it is read, since when not, and what could not be read."""
    aside = ReceivedMail.objects.filter(kind=ReceivedMail.Kind.ASIDE).defer("raw")
    context = {
        "server": settings.IMAP,
        "reply_address": settings.REPLY_ADDRESS,
        "boxes": Mailbox.objects.order_by("-looked_at"),
        "aside": aside.order_by("-recorded_at")[:MOST],
        "at": database_now(),
    }
    return render(request, "leads/mailbox.html", context)


@require_POST
@only_for(Role.ADMIN)
def mailbox_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Try once more to take in what was set aside."""
    row = get_object_or_404(ReceivedMail, pk=pk, kind=ReceivedMail.Kind.ASIDE)
    kind = receiving.again(row, at=database_now())
    if kind == ReceivedMail.Kind.ASIDE:
        messages.error(request, "It can't be read yet; it stays here.")
    else:
        messages.success(request, f"Taken in: {ReceivedMail.Kind(kind).label.lower()}.")
    return redirect("mailbox")
