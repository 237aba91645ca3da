"""Leave counted as closed time, for promises counted in their owner's own hours.

The rule: a day of the calendar is closed when all of its working time lies within the person's
leave. A day on which they work for a part, however small, stays as it is: an afternoon off moves
no deadline. The day is the calendar's, from midnight to midnight in its time zone, whatever zone
the leave was entered in; what runs past midnight belongs to the day it starts on.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from accounts import configuration
from sla.business_time import WorkingCalendar
from sla.models import Calendar, CalendarVersion, PersonCalendar

Spell = tuple[datetime, datetime]
FIELDS = ("tz", "weekly", "country", "subdivision", "closed", "opened")


@lru_cache(maxsize=4096)
def days_off(working: WorkingCalendar, spells: tuple[Spell, ...]) -> tuple[date, ...]:
    """The days whose working time lies wholly within these spells of leave."""
    zone, merged = ZoneInfo(working.tz), _merged(spells)
    found = set()
    for start, end in merged:
        day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
        while day <= last:
            if _is_off(working, day, zone, merged):
                found.add(day)
            day += timedelta(days=1)
    return tuple(sorted(found))


def _is_off(working: WorkingCalendar, day: date, zone: ZoneInfo, spells: Sequence[Spell]) -> bool:
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = datetime.combine(day + timedelta(days=1), midnight.time(), zone)
    worked = working.elapsed(midnight, following)
    away = sum(
        working.elapsed(max(start, midnight), min(end, following))
        for start, end in spells
        if start < following and end > midnight
    )
    return worked > 0 and away == worked


def _merged(spells: Iterable[Spell]) -> list[Spell]:
    found: list[Spell] = []
    for start, end in sorted(spells):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def less_leave(version: CalendarVersion, days: Sequence[date]) -> CalendarVersion:
    """A calendar version with more closed days; not saved."""
    closed = {day.isoformat() for day in days}
    return CalendarVersion(
        tz=version.tz,
        weekly=version.weekly,
        country=version.country,
        subdivision=version.subdivision,
        closed=sorted(closed | set(version.closed)),
        opened={day: w for day, w in version.opened.items() if day not in closed},
        created_at=version.created_at,
    )


def fingerprint(version: CalendarVersion) -> str:
    """Equal for versions that are equally open."""
    return json.dumps([getattr(version, name) for name in FIELDS], sort_keys=True)


def saved_versions(user_id: int | None = None) -> dict[tuple[int, str], int]:
    """Every version of this kind, or one person's: person and fingerprint → its id."""
    rows = CalendarVersion.objects.filter(calendar__less_leave_of__isnull=False)
    if user_id is not None:
        rows = rows.filter(calendar__less_leave_of__user=user_id)
    return {
        (version.calendar.less_leave_of.user_id, fingerprint(version)): version.pk
        for version in rows.select_related("calendar__less_leave_of")
    }


def keep(draft: CalendarVersion, user_id: int) -> int:
    """Write a version of somebody's hours less their leave, once; answers its id. Whoever asks
    under an older stamp, in the very transaction that wrote it, finds it."""
    known = saved_versions(user_id).get((user_id, fingerprint(draft)))
    if known is not None:
        return known
    with transaction.atomic():
        # Every writer takes the stamp first, so that no two wait for each other.
        configuration.renew()
        known = saved_versions(user_id).get((user_id, fingerprint(draft)))
        if known is not None:
            return known
        place, _ = PersonCalendar.objects.get_or_create(user_id=user_id)
        if place.less_leave is None:
            place.less_leave = Calendar.objects.create(
                slug=f"less-leave-{user_id}", name=f"{place.user}, less leave"
            )
            place.save(update_fields=["less_leave"])
        last = place.less_leave.versions.aggregate(last=Max("number"))["last"] or 0
        draft.calendar, draft.number = place.less_leave, last + 1
        draft.save(force_insert=True)
    return draft.pk
