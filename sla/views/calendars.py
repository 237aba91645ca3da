"""Working calendars: who works by which, the year they make, and changing them."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.instants import database_now
from accounts.models import Team, User
from accounts.refusals import Conflict
from accounts.requests import SignedInRequest
from sla import reading
from sla.clocks.rebasing import preview
from sla.hours import calendars
from sla.hours.calendar_forms import CalendarDraft, free_slug, regions
from sla.models import Calendar, CalendarVersion, TeamCalendar
from sla.views import moves
from sla.views.calendar_looks import looked_at, number_in

OFFICE_HOURS = {str(day): [["09:00", "17:00"]] for day in range(5)}


@require_GET
def calendar_list(request: SignedInRequest) -> HttpResponse:
    """Every calendar one may see: who works by it, and when."""
    editable = set(Calendar.objects.editable_by(request.user).values_list("pk", flat=True))
    found = Calendar.objects.visible_to(request.user).select_related("person__user")
    versions = CalendarVersion.objects.order_by("calendar_id", "-number").distinct("calendar_id")
    rows = [
        {
            "calendar": calendar,
            "version": calendar.newest[0],
            "week": reading.week_words(calendar.newest[0].weekly),
            "may_edit": calendar.pk in editable,
        }
        for calendar in found.prefetch_related(
            "teams", Prefetch("versions", versions, to_attr="newest")
        )
        if calendar.newest
    ]
    context = {"rows": rows, "may_make": _assignable(request.user).exists(), "at": database_now()}
    return render(request, "sla/calendars.html", context)


@require_http_methods(["GET", "POST"])
def calendar(request: SignedInRequest, slug: str) -> HttpResponse:
    """One calendar's year and deadlines; those who may change it get the form."""
    at = database_now()
    found = get_object_or_404(Calendar.objects.visible_to(request.user), slug=slug)
    version = calendars.newest(found)
    if not Calendar.objects.editable_by(request.user).filter(pk=found.pk).exists():
        if request.method == "POST":
            raise PermissionDenied("Only a manager of every team that works by it may change it.")
        context = {**_shared(request, found, version, at=at), "week": _week(version)}
        return render(request, "sla/calendar.html", context)
    if request.method == "POST":
        return _save(request, found, version, at=at)
    draft = _draft(request, None, version, at=at)
    return _edit_page(request, found, draft, version, at=at)


def _save(
    request: SignedInRequest, found: Calendar, version: CalendarVersion, *, at: datetime
) -> HttpResponse:
    draft = _draft(request, request.POST, version, at=at)
    if not draft.is_valid():
        return _edit_page(request, found, draft, version, at=at, status=422)
    base = number_in(request.POST.get("base", ""))
    drawn, ticket = draft.drawn(), _ticket(draft.drawn(), base)
    moving = request.POST.get("move") == "on" and "keep" not in request.POST
    if moving and request.POST.get("confirmed") != ticket:
        plan = preview(calendars.running_under(found), calendars.moving(drawn), at=at)
        if plan.moved:
            return _edit_page(
                request, found, draft, version, at=at,
                plan=plan, moves=moves.told(plan, request.user), ticket=ticket,
            )  # fmt: skip
    try:
        words = _carry_out(found, draft, base=base, moving=moving, by=request.user, at=at)
    except Conflict as conflict:
        theirs = calendars.history(found, since=base)
        return _edit_page(
            request, found, draft, version, at=at, status=409, conflict=conflict, theirs=theirs
        )
    messages.success(request, words, extra_tags=f"saved:{_kept(found, base)}")
    return redirect("calendar", found.slug)


def _carry_out(
    found: Calendar, draft: CalendarDraft, *, base: int, moving: bool, by: User, at: datetime
) -> str:
    """Save a valid draft with its name and teams; answers what was done, in words."""
    data, moved = draft.form.cleaned_data, 0
    with transaction.atomic():
        if moving:
            _, changes, plan = calendars.save_and_move(draft.drawn(), base=base, by=by, at=at)
            moved = len(plan.moved)
        else:
            _, changes = calendars.save(draft.drawn(), base=base, by=by, at=at)
        given = calendars.give(found, data["teams"], by=by, at=at)
        renamed = calendars.rename(found, data["name"], by=by, at=at)
    if moved:
        return f"{found} saved, and {moved} running deadline{'s'[: moved != 1]} moved."
    if changes or given or renamed:
        return f"{found} saved. Clocks that start from now on run by it."
    return f"Nothing was different, so {found} stays as it is."


def _ticket(drawn: CalendarVersion, base: int) -> str:
    """Names a draft, so that a confirmation holds for the very thing that was looked at."""
    fields = [base, drawn.tz, drawn.weekly, drawn.country, drawn.subdivision, drawn.closed,
              drawn.opened]  # fmt: skip
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]


@require_http_methods(["GET", "POST"])
def calendar_new(request: SignedInRequest) -> HttpResponse:
    """Make a calendar, from the usual week or as a copy of another, and give it to teams."""
    at = database_now()
    if not _assignable(request.user).exists():
        raise PermissionDenied("Calendars are made by managers and admins.")
    version = _pattern(request, at=at)
    data = request.POST if request.method == "POST" else None
    draft = _draft(request, data, version, at=at, initial=_for_new(request))
    if data is None:
        return _edit_page(request, None, draft, version, at=at)
    valid, teams = draft.is_valid(), draft.form.cleaned_data.get("teams")
    if valid and not teams and not request.user.is_admin:
        draft.form.add_error("teams", "Choose the team that will work by it.")
    if not draft.form.is_valid() or not valid:
        return _edit_page(request, None, draft, version, at=at, status=422)
    with transaction.atomic():
        name = draft.form.cleaned_data["name"]
        made = calendars.make(
            draft.drawn(), slug=free_slug(name), name=name, by=request.user, at=at
        )
        calendars.give(made.calendar, teams or [], by=request.user, at=at)
    messages.success(request, f"{made.calendar} made.", extra_tags="saved:calendar-new")
    return redirect("calendar", made.calendar.slug)


@require_POST
def calendar_preview(request: SignedInRequest) -> HttpResponse:
    """What the form would make of the calendar: changes, deadlines, year. Writes nothing."""
    at = database_now()
    slug = request.POST.get("of", "")
    found = version = None
    if slug:
        found = get_object_or_404(Calendar.objects.visible_to(request.user), slug=slug)
        version = calendars.newest(found)
    data = request.POST.copy()
    if data.get("subdivision", "") not in dict(regions(_country(data))):
        # The country has just been changed: its regions are on their way to the page.
        data["subdivision"] = ""
    draft = _draft(request, data, version or _pattern(request, at=at), at=at)
    context: dict[str, Any] = {"at": at, "errors": []}
    if draft.is_valid():
        drawn = draft.drawn()
        changes = calendars.differences(version, drawn) if version else []
        context |= {**looked_at(data, drawn, found, was=version, at=at), "changes": changes}
    else:
        context["errors"] = draft.errors()
    return render(request, "sla/_calendar_preview.html", context)


@require_GET
def calendar_regions(request: SignedInRequest) -> HttpResponse:
    """The regions of a country, for the form's select."""
    context = {"regions": regions(_country(request.GET))}
    return render(request, "sla/_calendar_regions.html", context)


def _country(query: QueryDict) -> str:
    from sla.hours.calendar_forms import countries_with_holidays

    country = query.get("country", "")
    return country if country in dict(countries_with_holidays()) else ""


def _draft(
    request: SignedInRequest, data: QueryDict | None, version: CalendarVersion, *, at: datetime,
    initial: Mapping[str, Any] | None = None,
) -> CalendarDraft:  # fmt: skip
    if initial is None:
        teams = list(TeamCalendar.objects.filter(calendar=version.calendar_id))
        name = version.calendar.name if version.calendar_id else ""
        initial = {"name": name, "teams": [place.team_id for place in teams]}
    return CalendarDraft(data, version=version, user=request.user, at=at, initial=initial)


def _edit_page(
    request: SignedInRequest, found: Calendar | None, draft: CalendarDraft,
    version: CalendarVersion, *, at: datetime, status: int = 200, **more: Any,
) -> HttpResponse:  # fmt: skip
    shown = draft.drawn() if draft.form.is_bound and not draft.errors() else version
    context = {
        **_shared(request, found, shown, at=at),
        "draft": draft,
        "form": draft.form,
        "base": version.number,
        "kept": _kept(found, version.number),
        "running": calendars.running_under(found).count() if found else 0,
        "move": request.POST.get("move") == "on",
        **more,
    }
    return render(request, "sla/calendar_form.html", context, status=status)


def _shared(
    request: SignedInRequest, found: Calendar | None, shown: CalendarVersion, *, at: datetime
) -> dict[str, Any]:
    query = request.POST if request.method == "POST" else request.GET
    return {
        "at": at,
        "calendar": found,
        "teams": found.teams.all() if found else [],
        "history": calendars.history(found) if found else [],
        "may_make": _assignable(request.user).exists(),
        **looked_at(query, shown, found, was=None, at=at),
    }


def _pattern(request: SignedInRequest, *, at: datetime) -> CalendarVersion:
    """What a new calendar begins as: a copy of the one asked for, else nine to five."""
    copied = Calendar.objects.visible_to(request.user).filter(slug=request.GET.get("copy", ""))
    for calendar in copied:
        version = calendars.newest(calendar)
        version.pk = version.calendar_id = None  # type: ignore[assignment]
        version.number, version.created_at = 0, at
        return version
    return CalendarVersion(tz=request.user.time_zone, weekly=OFFICE_HOURS, number=0, created_at=at)


def _for_new(request: SignedInRequest) -> dict[str, Any]:
    team = _assignable(request.user).filter(slug=request.GET.get("team", "")).first()
    return {"name": f"{team} hours" if team else "", "teams": [team.pk] if team else []}


def _assignable(user: User) -> Any:
    """The teams this person may give a calendar to."""
    return Team.objects.all() if user.is_admin else Team.objects.filter(pk__in=user.managed_teams)


def _week(version: CalendarVersion) -> list[tuple[str, str]]:
    return reading.week_words(version.weekly)


def _kept(calendar: Calendar | None, number: int) -> str:
    return f"calendar-{calendar.slug}-{number}" if calendar else "calendar-new"
