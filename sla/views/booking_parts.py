"""What the pages of booking share: whose page, which time, whose clock, which days."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.forms import time_zones
from accounts.models import BookingPage
from leads.models import Lead, Meeting
from sla.booking import slots

# Days with free times that a page shows.
DAYS = 5
STAMP = "%Y%m%dT%H%MZ"


def page_at(slug: str) -> BookingPage:
    """The open page at this address; 404 for any other."""
    page = BookingPage.objects.opened(slug)
    if page is None:
        raise Http404("This page is closed, or its address is another one now.")
    return page


def meeting_by(secret: str) -> Meeting:
    """The meeting with this secret, whose lead is still there; 404 for any other."""
    there = Meeting.objects.filter(lead__in=Lead.objects.all()).select_related("by", "lead")
    return get_object_or_404(there, guest_secret=secret.replace("\x00", ""))


def address_of(meeting: Meeting) -> str:
    """Where its guest sees it."""
    return reverse("booked", args=[meeting.guest_secret])


def instant_of(stamp: str) -> datetime:
    """The instant of a stamp, such as 20270115T1500Z; 404 for anything else."""
    try:
        instant = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise Http404 from None
    # At the ends of the calendar other clocks show no time at all.
    if not 2000 <= instant.year <= 9000:
        raise Http404
    return instant


def stamp_of(instant: datetime) -> str:
    """How an instant stands in an address."""
    return instant.astimezone(UTC).strftime(STAMP)


def zone_of(request: HttpRequest, page: BookingPage, known: str = "") -> ZoneInfo:
    """The visitor's zone as far as they said, else the person's own."""
    asked = request.GET.get("zone", "")
    return ZoneInfo(asked if asked in available_timezones() else known or page.user.time_zone)


def some_days(
    request: HttpRequest, page: BookingPage, zone: ZoneInfo, *, at: datetime,
    without: Meeting | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Some days with free times, from the one asked for on, and where the others are."""
    days: dict[date, list[tuple[str, datetime]]] = {}
    for slot in slots.free(page, at=at, without=without):
        local = slot.astimezone(zone)
        days.setdefault(local.date(), []).append((stamp_of(slot), local))
    asked = request.GET.get("from", "")
    names = [day.isoformat() for day in days]
    here = next((n for n, name in enumerate(names) if name >= asked), 0)
    before, after = max(0, here - DAYS), here + DAYS
    return {
        "days": list(days.items())[here:after],
        "earlier": names[before] if here else "",
        "later": names[after] if after < len(names) else "",
    }


def frame(
    request: HttpRequest, page: BookingPage, zone: ZoneInfo, lead: Lead | None, *, at: datetime
) -> dict[str, Any]:
    """What every page before a booking is drawn with."""
    mark = request.GET.get("for", "") if lead is not None else ""
    kept = {"zone": zone.key, **({"for": mark} if mark else {})}
    return {
        "page": page,
        "zone": zone.key,
        "chosen": "zone" in request.GET,
        "theirs": page.user.time_zone,
        "differs": at.astimezone(zone).utcoffset()
        != at.astimezone(ZoneInfo(page.user.time_zone)).utcoffset(),
        "zones": time_zones(),
        "mark": mark,
        "lead": lead,
        "query": urlencode(kept),
        "at": at,
    }


def answer(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """By the visitor's clock; neither found by search engines nor told to other sites."""
    # Templates turn instants into the zone of the moment, whatever zone they are given in.
    with timezone.override(context.get("zone")):
        page = render(request, template, context, status=status)
    page["X-Robots-Tag"] = "noindex"
    page["Referrer-Policy"] = "same-origin"
    return page
