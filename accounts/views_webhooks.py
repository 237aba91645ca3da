"""Webhooks in the browser: an admin adds, tests, switches off and deletes them, and sees what was
delivered."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit, webhooks
from accounts.instants import database_now
from accounts.models import Webhook, WebhookDelivery
from accounts.requests import SignedInRequest
from accounts.webhook_forms import WebhookForm

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponse]
PAGE = 50


def admins_only(view: View[P]) -> View[P]:
    """Other programs are the admin's."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_admin:
            raise PermissionDenied("Webhooks are an admin's.")
        return view(request, *args, **kwargs)

    return guarded


@require_http_methods(["GET", "POST"])
@admins_only
def webhook_list(request: SignedInRequest) -> HttpResponse:
    """All of them; a POST adds one, and its secret is in the answer and never again."""
    at, fresh = database_now(), None
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with transaction.atomic():
            fresh = Webhook.objects.create(
                **form.cleaned_data, created_at=at, created_by=request.user
            )
            audit.record(
                "webhook_added", fresh, by=request.user, at=at, facts={"host": fresh.host}
            )  # fmt: skip
        form = WebhookForm()
    context = {"form": form, "webhooks": Webhook.objects.of_the_company(), "fresh": fresh, "at": at}
    return _secretly(request, "accounts/webhooks.html", context, form=form)


@require_GET
@admins_only
def webhook(request: SignedInRequest, pk: int) -> HttpResponse:
    """One of them, with its deliveries, newest first; `?cursor=` pages on."""
    found = get_object_or_404(Webhook.objects.of_the_company(), pk=pk)
    return _page(request, found)


def _page(request: SignedInRequest, found: Webhook, *, secret: str = "") -> HttpResponse:
    deliveries = found.deliveries.order_by("-id")
    cursor = request.GET.get("cursor", "")
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        deliveries = deliveries.filter(id__lt=int(cursor))
    rows = list(deliveries[: PAGE + 1])
    context = {
        "webhook": found,
        "secret": secret,
        "deliveries": rows[:PAGE],
        # The newest page looks again while something is under way.
        "pending": not cursor and any(not (row.delivered_at or row.dead_at) for row in rows),
        "next_cursor": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "at": database_now(),
    }
    return _secretly(request, "accounts/webhook.html", context)


def _secretly(
    request: SignedInRequest,
    template: str,
    context: dict[str, object],
    *,
    form: WebhookForm | None = None,
) -> HttpResponse:
    """A page that may show a secret: no cache keeps it."""
    status = 422 if form is not None and form.errors else 200
    answer = render(request, template, context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@admins_only
def webhook_test(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send a test on the way that everything takes; what became of it stands among the others."""
    found, at = get_object_or_404(Webhook.objects.of_the_company(), pk=pk), database_now()
    webhooks.tell(found, webhooks.TEST, {"asked_by": request.user.email}, at=at)
    said = "A test is on its way." if found.is_active else "A test waits until it is switched on."
    messages.success(request, said)
    return redirect("webhook", pk=pk)


@require_POST
@admins_only
def webhook_switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Switch it off, or on again. While it is off nothing new is kept for it, and nothing sent."""
    with transaction.atomic():
        found = get_object_or_404(Webhook.objects.of_the_company().select_for_update(), pk=pk)
        found.is_active = request.POST.get("to") == "on"
        found.save(update_fields=["is_active"])
        verb = "webhook_switched_on" if found.is_active else "webhook_switched_off"
        audit.record(verb, found, by=request.user, at=database_now())
    messages.success(request, f"{found} is switched {'on' if found.is_active else 'off'}.")
    return redirect("webhook", pk=pk)


@require_POST
@admins_only
def webhook_secret(request: SignedInRequest, pk: int) -> HttpResponse:
    """Another secret from now on; it is in the answer and never again."""
    with transaction.atomic():
        found = get_object_or_404(Webhook.objects.of_the_company().select_for_update(), pk=pk)
        found.renew_secret()
        audit.record("webhook_secret_renewed", found, by=request.user, at=database_now())
    return _page(request, found, secret=found.secret())


@require_http_methods(["GET", "POST"])
@admins_only
def webhook_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask once, for what was delivered goes with it; then delete."""
    found = get_object_or_404(Webhook.objects.of_the_company(), pk=pk)
    if request.method == "GET":
        return render(request, "accounts/webhook_delete.html", {"webhook": found})
    with transaction.atomic():
        audit.record(
            "webhook_deleted", found, by=request.user, at=database_now(),
            facts={"name": found.name, "host": found.host},
        )  # fmt: skip
        found.delete()
    messages.success(request, f"{found} is deleted.")
    return redirect("webhook-list")


@require_POST
@admins_only
def webhook_delivery_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send one delivery once more, under the same id."""
    found = get_object_or_404(
        WebhookDelivery.objects.filter(webhook__person=None).select_related("webhook"), pk=pk
    )
    at = database_now()
    with transaction.atomic():
        webhooks.again(found, at=at)
        audit.record(
            "webhook_sent_again", found.webhook, by=request.user, at=at,
            facts={"delivery": str(found.uid)},
        )  # fmt: skip
    messages.success(request, "It is sent again, under the same id.")
    return redirect(f"{reverse('webhook', args=[found.webhook_id])}#deliveries")
