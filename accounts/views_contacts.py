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
from accounts.refusals import Conflict
from accounts.requests import SignedInRequest


@require_http_methods(["GET", "POST"])
def contacts(request: SignedInRequest) -> HttpResponse:
    """The list; managers change it."""
    user, at = request.user, database_now()
    if user.role == Role.NONE:
        raise PermissionDenied
    form, status = None, 200
    if request.method == "POST":
        if not user.is_manager:
            raise PermissionDenied("Managers say who answers for what.")
        form, status = ContactsForm(request.POST), 422
        if form.is_valid():
            try:
                with transaction.atomic():
                    changed = form.save()
                    audit.record("contacts_changed", user, by=user, at=at, facts=changed)
                messages.success(request, "Saved: this is who to turn to.")
                return redirect("contacts")
            except Conflict as conflict:
                messages.error(request, conflict.message)
                status = conflict.status
    context = {
        "at": at,
        "turns": [(label, turn_to(topic, at=at)) for topic, label in Contact.Topic.choices],
        "form": form or (ContactsForm() if user.is_manager else None),
        "wrong": form is not None,
        "seen": _seen(request, status),
    }
    return render(request, "accounts/contacts.html", context, status=status)


def _seen(request: SignedInRequest, status: int) -> str:
    """What the form is about: what there is now, also for one that came too late and is sent again
    on top of it; what was seen before, where a field is still to be mended."""
    if not request.user.is_manager:
        return ""
    return request.POST.get("seen", "") if status == 422 else ContactsForm().seen
