"""The pages on which anybody books a time with a rep: free times, who you are, and afterwards."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import pacing
from accounts.instants import database_now
from accounts.models import BookingPage
from accounts.refusals import Conflict, Refused
from leads import hosted
from leads.mail import invitations
from leads.mail.booking_links import lead_by
from leads.models import Lead, Meeting
from sla.booking import booking, slots
from sla.booking.forms import BookingForm
from sla.views.booking_parts import (
    address_of,
    answer,
    frame,
    instant_of,
    meeting_by,
    page_at,
    some_days,
    stamp_of,
    zone_of,
)

# Times that are offered in place of a taken one.
INSTEAD = 6
BOOKINGS, BOOKINGS_WITHIN = 8, 600  # seconds
WAIT = "Too many bookings came from your connection. Please wait some minutes and send it again."
log = structlog.get_logger(__name__)


@login_not_required
@never_cache
@require_safe
def book(request: HttpRequest, slug: str) -> HttpResponse:
    """Free times, day by day, by the visitor's clock."""
    page, at = page_at(slug), database_now()
    zone, lead = zone_of(request, page), lead_by(request.GET.get("for", ""), page)
    context = {**frame(request, page, zone, lead, at=at), **some_days(request, page, zone, at=at)}
    return answer(request, "sla/book.html", context)


@login_not_required
@csrf_exempt  # nobody is signed in here; the link is what may be done
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def book_time(request: HttpRequest, slug: str, stamp: str) -> HttpResponse:
    """One time: who are you? Sent, it is booked; taken meanwhile, others are offered."""
    page, at = page_at(slug), database_now()
    lead = lead_by(request.GET.get("for", ""), page)
    if request.method != "POST":
        form = BookingForm(known=lead is not None, initial={"time": stamp})
        token = hosted.stamp(page.slug, at=at)
        return _form(request, page, instant_of(stamp), form, token, lead, at=at)
    return _sent(request, page, lead, at=at)


def _sent(
    request: HttpRequest, page: BookingPage, lead: Lead | None, *, at: datetime
) -> HttpResponse:
    form, text = BookingForm(request.POST, known=lead is not None), request.POST.get("token", "")
    starts_at = instant_of(request.POST.get("time", ""))
    if _too_many(request):
        form.add_error(None, WAIT)
        return _form(request, page, starts_at, form, text, lead, at=at, status=429)
    try:
        token = hosted.read_stamp(page.slug, text, at=at)
    except hosted.BadToken:
        token = None
    if token is None or token.is_too_old(at):
        form.add_error(None, "This page was open for a long time. Please send it once more.")
        again = hosted.stamp(page.slug, at=at)
        return _form(request, page, starts_at, form, again, lead, at=at, status=422)
    if form.trapped or token.is_too_quick(at):
        log.info("booking_robot_turned_away", page=page.pk)
        return answer(request, "sla/booked_thanks.html", {"page": page})
    if not form.is_valid():
        return _form(request, page, starts_at, form, text, lead, at=at, status=422)
    try:
        meeting, _ = booking.book(
            page, starts_at, once=uuid.uuid5(uuid.NAMESPACE_OID, token.nonce), lead=lead, at=at,
            zone=zone_of(request, page).key, facts=form.facts(),
        )  # fmt: skip
    except Refused as refusal:
        for name, words in (refusal.fields or {"": refusal.message}).items():
            form.add_error(name if name in form.fields else None, words)
        status, taken = refusal.status, refusal.code == "taken"
        return _form(request, page, starts_at, form, text, lead, at=at, status=status, taken=taken)
    return redirect("booked", meeting.guest_secret)


def _too_many(request: HttpRequest) -> bool:
    address = get_adapter(request).get_client_ip(request)
    return pacing.over_limit("bookings", address, most=BOOKINGS, seconds=BOOKINGS_WITHIN)


def _form(
    request: HttpRequest,
    page: BookingPage,
    starts_at: datetime,
    form: BookingForm,
    token: str,
    lead: Lead | None,
    *,
    at: datetime,
    status: int = 200,
    taken: bool = False,
) -> HttpResponse:
    zone = zone_of(request, page)
    instead: Sequence[datetime] = ()
    just = starts_at + (datetime.resolution)
    if taken or not slots.free(page, at=at, start=starts_at, until=just):
        taken = True
        instead = _nearest(page, starts_at, at=at)
    context = {
        **frame(request, page, zone, lead, at=at),
        "form": form,
        "token": token,
        "taken": taken,
        "starts_at": starts_at.astimezone(zone),
        "stamp": stamp_of(starts_at),
        "instead": [(stamp_of(each), each.astimezone(zone)) for each in instead],
    }
    return answer(request, "sla/book_time.html", context, status=status)


def _nearest(page: BookingPage, starts_at: datetime, *, at: datetime) -> list[datetime]:
    """The next free times after it, or the last ones before where there are none."""
    found = slots.free(page, at=at)
    return [each for each in found if each > starts_at][:INSTEAD] or found[-INSTEAD:]


# --- Afterwards, by the secret link ---------------------------------------------------------------


@login_not_required
@never_cache
@require_safe
def booked(request: HttpRequest, secret: str) -> HttpResponse:
    """What is booked, with the ways to move it and to call it off."""
    meeting, at = meeting_by(secret), database_now()
    zone = ZoneInfo(meeting.guest_zone or meeting.by.time_zone)
    context = {
        "meeting": meeting,
        "at": at,
        "zone": zone.key,
        "starts_at": meeting.starts_at.astimezone(zone),
        "when": invitations.when_for(meeting),
        "ahead": meeting.state == Meeting.State.PLANNED and meeting.starts_at > at,
        "page": BookingPage.objects.of(meeting.by),
        "told": meeting.mails.filter(cancelled_at=None).exists(),
        "said": {"moved": "moved" in request.GET, "late": "late" in request.GET},
    }
    return answer(request, "sla/booked.html", context)


@login_not_required
@csrf_exempt  # nobody is signed in here; the link is what may be done
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def booked_move(request: HttpRequest, secret: str) -> HttpResponse:
    """Another time for it, out of those that are free."""
    meeting, at = meeting_by(secret), database_now()
    page = BookingPage.objects.of(meeting.by)
    if page is None:
        raise Http404
    if request.method == "POST":
        starts_at = instant_of(request.POST.get("time", ""))
        if _too_many(request):
            return _moving(request, meeting, page, at=at, wrong=WAIT, status=429)
        try:
            booking.move(meeting, starts_at, at=at)
        except Conflict as conflict:
            if conflict.code != "taken":
                return redirect(f"{address_of(meeting)}?late=1")
            return _moving(request, meeting, page, at=at, wrong=booking.TAKEN, status=409)
        return redirect(f"{address_of(meeting)}?moved=1")
    return _moving(request, meeting, page, at=at)


def _moving(
    request: HttpRequest, meeting: Meeting, page: BookingPage, *, at: datetime, **more: Any
) -> HttpResponse:
    status = more.pop("status", 200)
    zone = zone_of(request, page, meeting.guest_zone)
    found = some_days(request, page, zone, at=at, without=meeting)
    context = {**frame(request, page, zone, None, at=at), **found, "meeting": meeting, **more}
    return answer(request, "sla/book.html", context, status=status)


@login_not_required
@csrf_exempt  # the same
@require_POST
def booked_cancel(request: HttpRequest, secret: str) -> HttpResponse:
    """Call it off."""
    meeting = meeting_by(secret)
    try:
        booking.cancel(meeting, at=database_now())
    except Conflict:
        return redirect(f"{address_of(meeting)}?late=1")
    return redirect("booked", secret)


@login_not_required
@never_cache
@require_safe
def booked_ics(request: HttpRequest, secret: str) -> HttpResponse:
    """The meeting as a file, for the guest's own calendar."""
    meeting = meeting_by(secret)
    text = invitations.calendar(meeting, invitations.PUBLISH, at=meeting.changed_at)
    file = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    file["Content-Disposition"] = 'attachment; filename="meeting.ics"'
    return file
