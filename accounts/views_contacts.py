"""Who to turn to about what: everybody reads it, managers say who it is."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import audit
from accounts.contact_forms import ContactsForm
from accounts.contacts import turn_to
from accounts.instants import database_now
from accounts.models import Contact, Role
from accounts.requests import SignedInRequest


@require_http_methods(["GET", "POST"])
def contacts(request: SignedInRequest) -> HttpResponse:
    """The list; managers change it."""
    user, at = request.user, database_now()
    if user.role == Role.NONE:
        raise PermissionDenied
    form = None
    if request.method == "POST":
        if not user.is_manager:
            raise PermissionDenied("Managers say who answers for what.")
        form = ContactsForm(request.POST)
        if form.is_valid():
            with transaction.atomic():
                changed = form.save()
                audit.record("contacts_changed", user, by=user, at=at, facts=changed)
            messages.success(request, "Saved: this is who to turn to.")
            return redirect("contacts")
    context = {
        "at": at,
        "turns": [(label, turn_to(topic, at=at)) for topic, label in Contact.Topic.choices],
        "form": form or (ContactsForm() if user.is_manager else None),
        "wrong": form is not None,
    }
    return render(request, "accounts/contacts.html", context, status=422 if form else 200)
