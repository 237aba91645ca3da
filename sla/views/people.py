"""Whose hours and leave count: a person's own page, and a manager's list of the team."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit
from accounts.forms import AbsenceForm
from accounts.instants import database_now
from accounts.models import Absence, User
from accounts.requests import SignedInRequest
from sla import agreement, reading
from sla.hours import calendars
from sla.models import CalendarVersion, PersonCalendar, looked_after_by


@require_GET
def person_list(request: SignedInRequest) -> HttpResponse:
    """The people of one's teams: whose hours they keep, and when they are away."""
    at = database_now()
    if not request.user.is_manager:
        raise PermissionDenied("Hours and leave of a team are for its manager.")
    coming = Absence.objects.filter(ends_at__gt=at).order_by("starts_at")
    people = (
        looked_after_by(request.user)
        .filter(is_active=True)
        .distinct()
        .order_by("name", "email")
        .select_related("working_calendar__own")
        .prefetch_related("teams", Prefetch("absences", coming, to_attr="away"))
    )
    return render(request, "sla/people.html", {"at": at, "people": people})


@require_http_methods(["GET", "POST"])
def person_hours(request: SignedInRequest, pk: int) -> HttpResponse:
    """One person's hours and leave; posting gives them hours of their own or takes these back."""
    at = database_now()
    person = _person(request, pk)
    if request.method == "GET":
        return _page(request, person, AbsenceForm(user=person, at=at), at=at)
    if request.POST.get("hours") == "own":
        now = _version(person)
        own = calendars.give_own(person, pattern=now, by=request.user, at=at)
        messages.success(request, f"{person} has hours of their own now; set them here.")
        return redirect("calendar", own.slug)
    if request.POST.get("hours") == "team":
        calendars.take_own(person, by=request.user, at=at)
        messages.success(request, f"{person} works by the team’s hours again.")
        return redirect("person-hours", pk)
    messages.error(request, "Say which hours: “own” or “team”.")
    return redirect("person-hours", pk)


@require_POST
def person_leave(request: SignedInRequest, pk: int) -> HttpResponse:
    """Enter leave for a person, or take one back (`remove`)."""
    at = database_now()
    person = _person(request, pk)
    if request.POST.get("remove", "").isdigit():
        found = get_object_or_404(person.absences, pk=int(request.POST["remove"][:18]))
        with transaction.atomic():
            audit.record("leave_removed", person, by=request.user, at=at, facts=_facts(found))
            found.delete()
        messages.success(request, "Leave removed.")
        return redirect("person-hours", pk)
    form = AbsenceForm(request.POST, user=person, at=at)
    if not form.is_valid():
        return _page(request, person, form, at=at, status=422)
    with transaction.atomic():
        saved = form.save()
        audit.record("leave_entered", person, by=request.user, at=at, facts=_facts(saved))
    words = f"Leave entered. No new leads come to {person} meanwhile."
    messages.success(request, words, extra_tags=f"saved:leave-{pk}")
    return redirect("person-hours", pk)


def _person(request: SignedInRequest, pk: int) -> User:
    """Oneself, or somebody one manages; of anybody else one is told nothing."""
    found = looked_after_by(request.user).filter(pk=pk).distinct()
    return get_object_or_404(found)


def _version(person: User) -> CalendarVersion | None:
    """The calendar version this person works by now, leave aside."""
    place = PersonCalendar.objects.filter(user=person).select_related("own").first()
    if place is not None and place.own is not None:
        return calendars.newest(place.own)
    team = person.home_team
    hours = agreement.hours_of_team(team.pk if team else None)
    if hours is None:
        return None
    return CalendarVersion.objects.select_related("calendar").get(pk=hours.version_id)


def _page(
    request: SignedInRequest, person: User, form: AbsenceForm, *, at: datetime, status: int = 200
) -> HttpResponse:
    place = PersonCalendar.objects.filter(user=person).select_related("own").first()
    version = _version(person)
    context: dict[str, Any] = {
        "at": at,
        "person": person,
        "own": place.own if place else None,
        "version": version,
        "week": reading.week_words(version.weekly) if version else [],
        "absences": person.absences.filter(ends_at__gt=at),
        "form": form,
    }
    return render(request, "sla/person.html", context, status=status)


def _facts(absence: Absence) -> dict[str, str]:
    return {"from": absence.starts_at.isoformat(), "to": absence.ends_at.isoformat()}
