"""Calendars changed: a save makes the next version, and two people never overwrite each other."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts import audit
from accounts.models import AuditEntry, Team, User
from accounts.refusals import Conflict
from sla import agreement
from sla.agreement import Hours
from sla.clocks.rebasing import Ground, Plan, giving_way, rebase
from sla.hours import leave, opening_hours
from sla.models import (
    Calendar,
    CalendarVersion,
    Clock,
    ClockQuerySet,
    CountedIn,
    PersonCalendar,
    TeamCalendar,
)

WEEKDAYS = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip


def newest(calendar: Calendar) -> CalendarVersion:
    """The version that clocks start under now."""
    return CalendarVersion.objects.filter(calendar=calendar).order_by("-number")[0]


def save(
    draft: CalendarVersion, *, base: int, by: User, at: datetime
) -> tuple[CalendarVersion, list[str]]:
    """Make a draft the next version; a draft that changes nothing makes none.

    `base` is the number of the version it was drawn from. Answers the version in force and what
    changed, in words. Raises Conflict when somebody has saved since.
    """
    with transaction.atomic():
        calendar = Calendar.objects.select_for_update().get(pk=draft.calendar_id)
        now = newest(calendar)
        if now.number != base:
            raise Conflict(
                f"{calendar} was changed while you worked on it. What you typed is kept below; "
                "saving again puts it on top of the version in force.",
                code="calendar_changed",
            )
        changes = differences(now, draft)
        if not changes:
            return now, []
        version = _write(draft, number=now.number + 1)
        facts = {"version": version.number, "changes": changes}
        audit.record("calendar_saved", calendar, by=by, at=at, facts=facts)
    return version, changes


def running_under(calendar: Calendar) -> ClockQuerySet:
    """The clocks that run under any version of a calendar.

    Those under somebody's hours less their leave are among them, when these are the hours.
    """
    less = "calendar_version__calendar__less_leave_of"
    theirs = Q(**{f"{less}__own": calendar})
    teams = Q(**{f"{less}__isnull": False, f"{less}__own": None}, team__calendars=calendar)
    # Somebody's own hours: also what started before they had any.
    own = Q(term__calendar_of=CountedIn.OWNER, owner__working_calendar__own=calendar)
    return (
        Clock.objects.running()
        .unended()
        .filter(Q(calendar_version__calendar=calendar) | theirs | teams | own)
    )


def moving(version: CalendarVersion) -> Callable[[Clock], Ground]:
    """Each clock onto these hours, its promise unchanged; a draft will do for a preview."""
    working = agreement.working_calendar(version)
    less_leave: dict[int | None, Hours] = {}

    def onto(clock: Clock) -> Ground:
        kept = clock.calendar_version
        owners = clock.term.calendar_of == CountedIn.OWNER
        if not owners and (kept is None or kept.calendar_id == version.calendar_id):
            return Ground(working, version.pk, clock.term, clock.target_seconds)
        if clock.owner_id not in less_leave:
            less_leave[clock.owner_id] = agreement.less_leave(version, working, clock.owner_id)
        hours = less_leave[clock.owner_id]
        return Ground(hours.working, hours.version_id or None, clock.term, clock.target_seconds)

    return onto


def save_and_move(
    draft: CalendarVersion, *, base: int, by: User, at: datetime
) -> tuple[CalendarVersion, list[str], Plan]:
    """Save, and put the running clocks of the calendar under the new hours: all or none.

    Raises Conflict as `save` does, or when the clocks are too busy.
    """

    def both() -> tuple[CalendarVersion, list[str], Plan]:
        version, changes = save(draft, base=base, by=by, at=at)
        clocks = running_under(version.calendar).exclude(calendar_version=version)
        plan = rebase(clocks, moving(version), by=by, at=at)
        facts = {"version": version.number, "clocks": len(plan.moves), "moved": len(plan.moved)}
        audit.record("calendar_rebased", version.calendar, by=by, at=at, facts=facts)
        return version, changes, plan

    return giving_way(both)


def make(
    draft: CalendarVersion, *, slug: str, name: str, by: User, at: datetime
) -> CalendarVersion:
    """A new calendar with its first version; nobody works by it yet."""
    with transaction.atomic():
        draft.calendar = Calendar.objects.create(slug=slug, name=name)
        version = _write(draft, number=1)
        facts = {"version": 1, "changes": ["Made."]}
        audit.record("calendar_saved", draft.calendar, by=by, at=at, facts=facts)
    return version


def _write(draft: CalendarVersion, *, number: int) -> CalendarVersion:
    draft.number = number
    draft.save(force_insert=True)
    return draft


def give(calendar: Calendar, teams: Iterable[Team], *, by: User, at: datetime) -> list[Team]:
    """Let teams work by a calendar from now on; answers those that did not before."""
    moved = []
    with transaction.atomic():
        for team in teams:
            place = TeamCalendar.objects.filter(team=team).select_related("calendar").first()
            if place is not None and place.calendar_id == calendar.pk:
                continue
            TeamCalendar.objects.update_or_create(team=team, defaults={"calendar": calendar})
            facts = {"team": team.name, "before": str(place.calendar) if place else None}
            audit.record("calendar_given", calendar, by=by, at=at, facts=facts)
            moved.append(team)
    return moved


def give_own(person: User, *, pattern: CalendarVersion | None, by: User, at: datetime) -> Calendar:
    """Let a person work by hours of their own, at first those they work by now."""
    with transaction.atomic():
        place, _ = PersonCalendar.objects.select_for_update().get_or_create(user=person)
        if place.own is None:
            draft = CalendarVersion(tz=person.time_zone, weekly={})
            for name in leave.FIELDS if pattern else ():
                setattr(draft, name, getattr(pattern, name))
            slug, name = f"own-{person.pk}", f"Hours of {person}"[:120]
            place.own = Calendar.objects.filter(slug=slug).first()
            if place.own is None:
                place.own = make(draft, slug=slug, name=name, by=by, at=at).calendar
            place.save(update_fields=["own"])
            audit.record("own_hours_given", place.own, by=by, at=at, facts={"person": person.pk})
    assert place.own is not None
    return place.own


def take_own(person: User, *, by: User, at: datetime) -> None:
    """Let a person work by their team's hours again; what ran by their own keeps them."""
    with transaction.atomic():
        place = PersonCalendar.objects.select_for_update().filter(user=person).first()
        if place is not None and place.own is not None:
            audit.record("own_hours_taken", place.own, by=by, at=at, facts={"person": person.pk})
            place.own = None
            place.save(update_fields=["own"])


def rename(calendar: Calendar, name: str, *, by: User, at: datetime) -> bool:
    """Call a calendar something else; whether it was called otherwise before."""
    if calendar.name == name:
        return False
    audit.record("calendar_renamed", calendar, by=by, at=at, facts={"name": [calendar.name, name]})
    calendar.name = name
    calendar.save(update_fields=["name"])
    return True


@dataclass(frozen=True, slots=True)
class Saved:
    """One saved version: by whom, when, and what it changed."""

    number: int
    by: User | None
    at: datetime
    changes: list[str]


def history(calendar: Calendar, *, since: int = 0, most: int = 20) -> list[Saved]:
    """The versions saved after number `since`, newest first."""
    entries = (
        AuditEntry.objects.filter(
            subject=Calendar._meta.label_lower, subject_id=calendar.pk, verb="calendar_saved",
            facts__version__gt=since,
        )
        .select_related("actor")
        .order_by("-id")[:most]
    )  # fmt: skip
    return [Saved(e.facts["version"], e.actor, e.at, e.facts["changes"]) for e in entries]


def differences(was: CalendarVersion, now: CalendarVersion) -> list[str]:
    """What a version changes of another, a line each: "Monday: 09:00–17:00 → 08:00–17:00"."""
    said = []
    for number, name in enumerate(WEEKDAYS):
        before, after = was.weekly.get(str(number), []), now.weekly.get(str(number), [])
        if before != after:
            said.append(f"{name}: {opening_hours.words(before)} → {opening_hours.words(after)}")
    if was.tz != now.tz:
        said.append(f"Time zone: {was.tz} → {now.tz}")
    if (was.country, was.subdivision) != (now.country, now.subdivision):
        said.append(f"Public holidays: {_holidays(was)} → {_holidays(now)}")
    before_days, after_days = special_days(was), special_days(now)
    for windows, days in _grouped(after_days, but=before_days):
        said.append(f"{_runs(days)}: {opening_hours.words(windows)}")
    if gone := [day for day in before_days if day not in after_days]:
        said.append(f"{_runs(gone)}: as any other day again")
    return said


def special_days(version: CalendarVersion) -> dict[date, Any]:
    """The days closed or opened by hand, with their windows; opened wins over closed."""
    closed: dict[str, Any] = {day: [] for day in version.closed}
    both = {**closed, **version.opened}
    return {date.fromisoformat(day): windows for day, windows in sorted(both.items())}


def _grouped(
    days: Mapping[date, Any], *, but: Mapping[date, Any]
) -> list[tuple[Any, Sequence[date]]]:
    """Days with the same windows together, without those that had them already."""
    found: dict[str, list[date]] = {}
    for day, windows in days.items():
        if but.get(day) != windows:
            found.setdefault(opening_hours.words(windows), []).append(day)
    return [(days[of[0]], of) for of in found.values()]


def _runs(days: Iterable[date]) -> str:
    return ", ".join(opening_hours.day_words(*run) for run in opening_hours.runs(days))


def _holidays(version: CalendarVersion) -> str:
    return " ".join(filter(None, [version.country, version.subdivision])) or "none"
