"""When somebody can be booked: their working hours, less leave, meetings and what lies between."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts import configuration
from accounts.models import Absence, BookingPage
from leads.models import Meeting
from sla.agreement import team_of, working_of_person
from sla.business_time import WorkingCalendar

# Times begin at full and half hours of the person's clock, short ones at quarters too.
GRID, SHORT = 30, 15
# No meeting lasts longer.
LONGEST = timedelta(days=1)
Spell = tuple[datetime, datetime]


def free(
    page: BookingPage,
    *,
    at: datetime,
    start: datetime | None = None,
    until: datetime | None = None,
    without: Meeting | None = None,
) -> list[datetime]:
    """The instants (UTC) at which a meeting can begin, earliest first: from `start` to before
    `until`, and never earlier or later than the page allows. `without` is a meeting to be moved,
    which stays as long as it is.
    """
    first = max(start or at, at + timedelta(hours=page.notice))
    last = min(until or at + timedelta(days=page.ahead), at + timedelta(days=page.ahead))
    working = working_of_person(
        page.user_id, team_of(page.user_id, "sales"), stamp=configuration.stamp()
    )
    if working is None or first >= last:
        return []
    minutes = without.minutes if without is not None else page.minutes
    length = timedelta(minutes=minutes)
    taken = _taken(page, first, last + length, without=without)
    return [
        slot
        for slot in _open(working, minutes, first, last)
        if not any(begin < slot + length and slot < end for begin, end in taken)
    ]


def _open(
    working: WorkingCalendar, minutes: int, first: datetime, last: datetime
) -> Iterator[datetime]:
    """Every time of the grid that lies in working hours as a whole."""
    zone = ZoneInfo(working.tz)
    step = timedelta(minutes=SHORT if minutes < GRID else GRID)
    length, seconds = timedelta(minutes=minutes), minutes * 60
    at: datetime | None = _on_grid(first, zone, step)
    while at is not None and at < last:
        if working.elapsed(at, at + length) == seconds:
            yield at
            at += step
        else:
            opening = working.next_opening(at + timedelta(microseconds=1))
            at = max(at + step, _on_grid(opening, zone, step)) if opening else None


def _on_grid(instant: datetime, zone: ZoneInfo, step: timedelta) -> datetime:
    """The next instant at which the person's clock shows a full step."""
    local = instant.astimezone(zone)
    past = timedelta(
        minutes=local.minute % (step.seconds // 60), seconds=local.second,
        microseconds=local.microsecond,
    )  # fmt: skip
    return (instant + (step - past if past else timedelta())).astimezone(UTC)


def _taken(
    page: BookingPage, first: datetime, last: datetime, *, without: Meeting | None
) -> list[Spell]:
    buffer = timedelta(minutes=page.buffer)
    mine = Meeting.objects.planned().filter(
        by=page.user, starts_at__gt=first - LONGEST, starts_at__lt=last + buffer
    )
    if without is not None:
        mine = mine.exclude(pk=without.pk)
    away = Absence.objects.filter(user=page.user, starts_at__lt=last, ends_at__gt=first)
    return [
        *((meeting.starts_at - buffer, meeting.ends_at + buffer) for meeting in mine),
        *away.values_list("starts_at", "ends_at"),
    ]
