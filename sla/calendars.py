"""Calendars changed: a save makes the next version, and two people never overwrite each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import AuditEntry, Team, User
from accounts.refusals import Conflict
from sla import opening_hours
from sla.models import Calendar, CalendarVersion, TeamCalendar

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
