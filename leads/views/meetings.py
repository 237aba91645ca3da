"""Meetings from the lead's page: planned and invited to, moved, called off, and how they went."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads.mail import invitations, inviting, writing
from leads.mail.booking_links import link_for
from leads.mail.forms import MeetingForm
from leads.models import Lead, Meeting
from leads.views.answers import fill_in, perform, posted
from leads.views.lead import must_work
from leads.views.workspace import visible_lead

either = require_http_methods(["GET", "POST"])
TEMPLATE = "leads/_sheet_meeting.html"
FACTS = ("title", "starts_at", "minutes", "place", "words")


@either
def lead_meeting(request: SignedInRequest, pk: int) -> HttpResponse:
    """Plan one, and invite to it."""
    found = visible_lead(request.user, pk)
    must_work(request, found, "Meeting them")
    against = writing.hindrance(found)
    zone = ZoneInfo(request.user.time_zone)
    tomorrow = (_by(zone, database_now()) + timedelta(days=1)).replace(hour=10, minute=0, second=0)
    form = MeetingForm(
        posted(request), zone=zone, wants_consent=bool(against and against.wants_consent),
        initial={"starts_at": tomorrow, "title": f"{request.user} and {found.name}"},
    )  # fmt: skip

    def deed(at: datetime) -> str:
        meeting, new = inviting.invite(found, by=request.user, at=at, **form.cleaned_data)
        if new:
            undo = f"undo:{reverse('meeting-cancel', args=[meeting.pk])}"
            wait = f"in {writing.UNDO.seconds} seconds"
            messages.success(request, f"The invitation to {found.name} goes out {wait}.", undo)
        return ""

    return fill_in(
        request, found, form, deed, template=TEMPLATE, title=f"Meet {found.name}",
        submit="Invite", against=against, zone=request.user.time_zone,
        booking_link=link_for(found, request.user),
    )  # fmt: skip


@either
def meeting_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change when, where or what; their calendar is told."""
    meeting, found = _workable(request, pk)
    initial: dict[str, Any] = {name: getattr(meeting, name) for name in FACTS}
    zone = ZoneInfo(request.user.time_zone)
    initial["starts_at"] = _by(zone, meeting.starts_at)
    form = MeetingForm(posted(request), zone=zone, wants_consent=False, initial=initial)

    def deed(at: datetime) -> str:
        facts = {name: form.cleaned_data[name] for name in FACTS}
        if not inviting.move(meeting, by=request.user, at=at, **facts):
            return "Nothing was changed."
        return f"Changed; {found.name} is told in {writing.UNDO.seconds} seconds."

    return fill_in(
        request, found, form, deed, template=TEMPLATE, title=f"Change “{meeting}”",
        submit="Save and tell them", against=None, zone=request.user.time_zone, moving=True,
    )  # fmt: skip


@require_POST
def meeting_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Call it off; the toast keeps it."""
    meeting, found = _workable(request, pk)

    def deed(at: datetime) -> str:
        reached = inviting.cancel(meeting, by=request.user, at=at)
        otherwise = "" if reached else f" {found.name} can't be written to: say so another way."
        return f"“{meeting}” is called off.{otherwise}"

    return perform(request, found, deed, tags=f"undo:{reverse('meeting-keep', args=[pk])}")


@require_POST
def meeting_keep(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo the calling off, as long as nobody was told."""
    meeting, found = _workable(request, pk)

    def deed(at: datetime) -> str:
        inviting.keep(meeting, at=at)
        return f"“{meeting}” takes place."

    return perform(request, found, deed)


@require_POST
def meeting_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """How it went: held, or they did not come."""
    meeting, found = _workable(request, pk)

    def deed(at: datetime) -> str:
        outcome = request.POST.get("outcome", "")
        done = inviting.end(meeting, outcome, by=request.user, at=at)
        said = f"“{meeting}” logged: {Meeting.State(outcome).label.lower()}."
        undo = f"undo:{reverse('touch-undo', args=[done.pk])}"
        messages.success(request, said, extra_tags=undo)
        return ""

    return perform(request, found, deed)


@require_GET
def meeting_ics(request: SignedInRequest, pk: int) -> HttpResponse:
    """The meeting as a file, for one's own calendar."""
    seen = Meeting.objects.visible_to(request.user).select_related("lead", "by")
    meeting = get_object_or_404(seen, pk=pk)
    text = invitations.calendar(meeting, invitations.PUBLISH, at=meeting.changed_at)
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="meeting-{pk}.ics"'
    return answer


def _by(zone: ZoneInfo, instant: datetime) -> datetime:
    """What a clock shows: the form takes it as it is, and so must start from it."""
    return instant.astimezone(zone).replace(tzinfo=None)


def _workable(request: SignedInRequest, pk: int) -> tuple[Meeting, Lead]:
    seen = Meeting.objects.visible_to(request.user).select_related("lead", "by")
    meeting = get_object_or_404(seen, pk=pk)
    found = visible_lead(request.user, meeting.lead_id)
    must_work(request, found, "Meeting them")
    return meeting, found
