"""Whose hours and leave count: a person's own page, and a manager's list of the team."""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit
from accounts.forms import AbsenceForm
from accounts.instants import database_now
from accounts.models import Absence, User
from accounts.requests import SignedInRequest
from leads import standing_in
from leads.models import Handoff
from leads.tasks import wake_leave
from sla import agreement, reading
from sla.hours import calendars, people
from sla.models import CalendarVersion, PersonCalendar, looked_after_by
from sla.views import moves


@require_GET
def person_list(request: SignedInRequest) -> HttpResponse:
    """The people of one's teams: whose hours they keep, and when they are away."""
    at = database_now()
    if not request.user.is_manager:
        raise PermissionDenied("Hours and leave of a team are for its manager.")
    coming = Absence.objects.filter(ends_at__gt=at).order_by("starts_at").select_related("deputy")
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
    hours, by = request.POST.get("hours"), request.user
    if hours == "own":
        now = _version(person)
        change: people.Change = partial(calendars.give_own, person, pattern=now, by=by, at=at)
        said, then = f"{person} has hours of their own now; set them here.", ""
    elif hours == "team":
        change = partial(calendars.take_own, person, by=by, at=at)
        said, then = (
            f"{person} works by the team’s hours again.",
            reverse("person-hours", args=[pk]),
        )
    else:
        messages.error(request, "Say which hours: “own” or “team”.")
        return redirect("person-hours", pk)
    asked = _ask(request, person, change, {"hours": hours}, at=at)
    if asked is not None:
        return asked
    messages.success(request, f"{said}{_carry_out(request, person, change, at=at)}")
    place = PersonCalendar.objects.select_related("own").get(user=person)
    return redirect(then or reverse("calendar", args=[place.own.slug if place.own else ""]))


@require_POST
def person_leave(request: SignedInRequest, pk: int) -> HttpResponse:
    """Enter leave for a person, or take one back (`remove`)."""
    at = database_now()
    person = _person(request, pk)
    removed = request.POST.get("remove", "")
    form = AbsenceForm(None if removed else request.POST, user=person, at=at)
    if removed.isdigit():
        found = get_object_or_404(person.absences, pk=int(removed[:18]))
        change: people.Change = partial(_remove, found, by=request.user, at=at)
        said, sent = "Leave removed.", {"remove": removed}
    elif form.is_valid():
        change = partial(_enter, form, by=request.user, at=at)
        said = f"Leave entered. No new leads come to {person} meanwhile.{_goes(form, person)}"
        sent = {name: request.POST.get(name, "") for name in form.fields}
    else:
        return _page(request, person, form, at=at, status=422)
    asked = _ask(request, person, change, sent, form=form, at=at)
    if asked is not None:
        return asked
    said += _carry_out(request, person, change, at=at)
    if not removed:
        wake_leave()  # it may have begun
    messages.success(request, said, extra_tags="" if removed else f"saved:leave-{pk}")
    return redirect("person-hours", pk)


def _goes(form: AbsenceForm, person: User) -> str:
    """What goes to the deputy, as a sentence more."""
    deputy = form.cleaned_data.get("deputy")
    count = Handoff.objects.open().filter(owner=person).count() if deputy else 0
    if not count:
        return ""
    what = f"{count} open leads go" if count > 1 else "One open lead goes"
    return f" {what} to {deputy} when it begins."


def _enter(form: AbsenceForm, *, by: User, at: datetime) -> None:
    saved = form.save()
    audit.record("leave_entered", saved.user, by=by, at=at, facts=_facts(saved))


def _remove(found: Absence, *, by: User, at: datetime) -> None:
    audit.record("leave_removed", found.user, by=by, at=at, facts=_facts(found))
    Absence.objects.get(pk=found.pk).delete()


def _ask(
    request: SignedInRequest, person: User, change: people.Change, sent: dict[str, str], *,
    at: datetime, form: AbsenceForm | None = None,
) -> HttpResponse | None:  # fmt: skip
    """The deadlines that would move along, to decide about; None when that is done, or none do."""
    ticket = "|".join([*sent, *sent.values()])
    if "keep" in request.POST or request.POST.get("confirmed") == ticket:
        return None
    plan = people.looked_at(person, change, at=at)
    if not plan.moved:
        return None
    return _page(
        request, person, form or AbsenceForm(user=person, at=at), at=at,
        plan=plan, moves=moves.told(plan, request.user), ticket=ticket, sent=sent,
        form_id="moving", form_action=request.path,
    )  # fmt: skip


def _carry_out(
    request: SignedInRequest, person: User, change: people.Change, *, at: datetime
) -> str:
    """Make the change; answers what moved, as a sentence more."""
    move = "confirmed" in request.POST and "keep" not in request.POST
    moved = people.carry_out(person, change, move=move, by=request.user, at=at)
    return f" {moved} running deadline{'s'[: moved != 1]} moved." if moved else ""


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
    request: SignedInRequest, person: User, form: AbsenceForm, *, at: datetime, status: int = 200,
    **more: Any,
) -> HttpResponse:  # fmt: skip
    place = PersonCalendar.objects.filter(user=person).select_related("own").first()
    version = _version(person)
    context: dict[str, Any] = {
        "at": at,
        "person": person,
        "own": place.own if place else None,
        "version": version,
        "week": reading.week_words(version.weekly) if version else [],
        "absences": person.absences.filter(ends_at__gt=at).select_related("deputy"),
        "handoffs": standing_in.open_of(person),
        "form": form,
        **more,
    }
    return render(request, "sla/person.html", context, status=status)


def _facts(absence: Absence) -> dict[str, str]:
    days = {"from": absence.starts_at.isoformat(), "to": absence.ends_at.isoformat()}
    return days | ({"deputy": str(absence.deputy)} if absence.deputy else {})
