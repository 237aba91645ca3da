"""A person's own pages: notifications, profile with leave, API keys."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import (
    condition,
    require_GET,
    require_http_methods,
    require_POST,
)

from accounts import audit
from accounts.forms import AbsenceForm, ApiKeyForm, ProfileForm, QuietHoursForm
from accounts.instants import database_now
from accounts.models import ApiKey
from accounts.quiet import quiet_until
from accounts.requests import SignedInRequest

PAGE = 50


@require_GET
def notifications(request: SignedInRequest) -> HttpResponse:
    """The bell's lines, newest first, unread ones marked."""
    lines = request.user.notifications.order_by("-id")
    cursor = request.GET.get("cursor", "")
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        lines = lines.filter(id__lt=int(cursor))
    found = list(lines[: PAGE + 1])
    context = {
        "notifications": found[:PAGE],
        "next_cursor": found[PAGE - 1].pk if len(found) > PAGE else None,
        "at": database_now(),
    }
    return render(request, "accounts/notifications.html", context)


def _waiting(request: SignedInRequest) -> str:
    return f'"{request.user.notifications.unread().count()}"'


@require_GET
@condition(etag_func=_waiting)
def bell(request: SignedInRequest) -> HttpResponse:
    """The bell alone, for open pages that ask again; 304 while its count stays."""
    return render(request, "_bell.html")


@require_POST
def notification_open(request: SignedInRequest, pk: int) -> HttpResponse:
    """Mark one line read and go where it leads."""
    line = get_object_or_404(request.user.notifications, pk=pk)
    request.user.notifications.filter(pk=line.pk).unread().update(read_at=database_now())
    safe = url_has_allowed_host_and_scheme(line.url, allowed_hosts={request.get_host()})
    return redirect(line.url if line.url and safe else "notifications")


@require_POST
def notifications_read(request: SignedInRequest) -> HttpResponse:
    """Mark everything that waits as read."""
    count = request.user.notifications.unread().update(read_at=database_now())
    messages.success(request, f"{count} marked as read." if count else "Nothing was unread.")
    return redirect("notifications")


@require_http_methods(["GET", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Name, time zone, leave, sign-in."""
    at = database_now()
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Profile saved.")
        return redirect("profile")
    if form.errors:
        # The form wrote into its instance: the frame must go on showing what is stored.
        request.user.refresh_from_db()
    return _profile_page(request, at, form=form)


@require_POST
def quiet_hours(request: SignedInRequest) -> HttpResponse:
    """Set when no e-mail is to come."""
    at = database_now()
    form = QuietHoursForm(request.POST, instance=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, "Quiet hours saved. The bell rings all the same.")
        return redirect("profile")
    request.user.refresh_from_db()
    return _profile_page(request, at, quiet_form=form)


def _profile_page(
    request: SignedInRequest,
    at: datetime,
    *,
    form: ProfileForm | None = None,
    quiet_form: QuietHoursForm | None = None,
) -> HttpResponse:
    user = request.user
    context = {
        "form": form or ProfileForm(instance=user),
        "quiet_form": quiet_form or QuietHoursForm(instance=user),
        "quiet_until": quiet_until(user, at),
        "absence_form": AbsenceForm(user=user, at=at),
        "absences": user.absences.filter(ends_at__gt=at).select_related("deputy"),
        "memberships": user.memberships.select_related("team"),
        "at": at,
    }
    return render(request, "accounts/profile.html", context, status=422 if quiet_form else 200)


@require_http_methods(["GET", "POST"])
def api_keys(request: SignedInRequest) -> HttpResponse:
    """One's own keys; a new key's text is shown in the answer to the POST and never again."""
    form, at, text = ApiKeyForm(request.POST or None), database_now(), ""
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        key, text = ApiKey.objects.issue(request.user, scope=data["scope"], label=data["label"])
        audit.record("key_issued", key, by=request.user, at=at, facts={"scope": key.scope})
        form = ApiKeyForm()
    keys = request.user.api_keys.all()
    context = {"form": form, "keys": keys, "text": text, "at": at}
    answer = render(request, "accounts/api_keys.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def api_key_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """End a key at once."""
    key, at = get_object_or_404(request.user.api_keys, pk=pk), database_now()
    key.revoke(at=at)
    audit.record("key_revoked", key, by=request.user, at=at)
    messages.success(request, f"{key} ended. Programs that use it are refused from now on.")
    return redirect("api-keys")
