"""What one has to do: as a list of days, as a month, and by a link for one's own calendar."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts import audit
from accounts.instants import database_now
from accounts.models import CalendarFeed
from accounts.requests import SignedInRequest
from leads.agenda import Entry, agenda, by_day
from leads.feeds import calendar_of
from leads.views.access import EVERYBODY, only_for

LATE, AHEAD = timedelta(days=60), timedelta(days=14)
YEARS = range(2000, 2100)


@require_GET
@only_for(*EVERYBODY)
def agenda_page(request: SignedInRequest) -> HttpResponse:
    """The next two weeks, what is late first."""
    return _page(request)


def _page(request: SignedInRequest, *, secret: str = "") -> HttpResponse:
    at, zone = database_now(), ZoneInfo(request.user.time_zone)
    entries = agenda(request.user, start=at - LATE, until=at + AHEAD)
    context: dict[str, Any] = {
        "at": at,
        "days": by_day(entries, at=at, zone=zone),
        "month": at.astimezone(zone).strftime("%Y-%m"),
        "feed": CalendarFeed.objects.filter(user=request.user).first(),
        "feed_url": f"{settings.SITE_URL}{reverse('calendar-feed', args=[secret])}"
        if secret
        else "",
    }
    answer = render(request, "leads/agenda.html", context)
    if secret:
        answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@only_for(*EVERYBODY)
def agenda_month(request: SignedInRequest, month: str) -> HttpResponse:
    """A month (2027-01) as a calendar has it, in weeks from Monday."""
    at, zone = database_now(), ZoneInfo(request.user.time_zone)
    try:
        first = datetime.strptime(month, "%Y-%m").date()  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        raise Http404(f"“{month}” is no month; write it as 2027-01.") from None
    if first.year not in YEARS:
        raise Http404(f"There is no agenda for {first.year}.")
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    begin, end = (
        datetime.combine(day, time(0), zone).astimezone(UTC)
        for day in (weeks[0][0], weeks[-1][-1] + timedelta(days=1))
    )
    found: dict[date, list[tuple[str, Entry]]] = {}
    for entry in agenda(request.user, start=begin, until=end):
        local = entry.at.astimezone(zone)
        clock = "" if entry.all_day else f"{local:%H:%M}"
        found.setdefault(local.date(), []).append((clock, entry))
    context = {
        "at": at,
        "first": first,
        "weeks": [[(day, found.get(day, [])) for day in week] for week in weeks],
        "today": at.astimezone(zone).date(),
        "before": (first - timedelta(days=1)).strftime("%Y-%m"),
        "after": (first + timedelta(days=31)).strftime("%Y-%m"),
    }
    return render(request, "leads/agenda_month.html", context)


@require_POST
@only_for(*EVERYBODY)
def agenda_feed(request: SignedInRequest) -> HttpResponse:
    """Make the link, or another one, which ends the one before; `end` makes none."""
    at, user = database_now(), request.user
    if "end" in request.POST:
        for feed in CalendarFeed.objects.filter(user=user):
            audit.record("calendar_link_ended", feed, by=user, at=at)
            feed.delete()
        messages.success(request, "The link is ended; a calendar that asks by it gets nothing.")
        return redirect("agenda")
    secret = CalendarFeed.objects.issue(user, at=at)
    audit.record("calendar_link_made", user.calendar_feed, by=user, at=at)
    return _page(request, secret=secret)


@login_not_required
@never_cache
@require_safe
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The agenda of whoever's secret this is, for a calendar app; 404 for any other."""
    feed = CalendarFeed.objects.for_secret(secret)
    if feed is None:
        raise Http404
    at = database_now()
    feed.seen(at=at)
    answer = HttpResponse(calendar_of(feed.user, at=at), "text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="leadflow.ics"'
    answer["X-Robots-Tag"] = "noindex"
    return answer
