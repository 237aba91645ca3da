"""Quiet hours: when somebody wants no e-mail. The bell rings all the same; no deadline waits."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import User

SATURDAY, WEEK = 5, 7
MIDNIGHT = time(0)


def quiet_until(user: User, at: datetime) -> datetime | None:
    """When the quiet that reigns at `at` ends, in UTC; None when there is none.

    Hours that lead into a quiet weekend, or out of one, are one quiet. The end is no longer quiet.
    """
    zone, end = ZoneInfo(user.time_zone), at
    # A night, a weekend and another night at most; the bound is for odd clocks.
    for _ in range(WEEK):
        later = _hours_end(user, end, zone) or _weekend_end(user, end, zone)
        if later is None:
            break
        end = later
    return end.astimezone(UTC) if end > at else None


def _hours_end(user: User, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of the daily quiet that covers an instant."""
    start, end = user.quiet_from, user.quiet_to
    if start is None or end is None:
        return None
    local = at.astimezone(zone)
    now, today = local.time(), local.date()
    if start < end:
        covered, day = start <= now < end, today
    else:
        covered = now >= start or now < end
        day = today + timedelta(days=now >= start)
    return _after(datetime.combine(day, end, zone), at) if covered else None


def _weekend_end(user: User, at: datetime, zone: ZoneInfo) -> datetime | None:
    local = at.astimezone(zone)
    if not user.quiet_weekends or local.weekday() < SATURDAY:
        return None
    monday = local.date() + timedelta(days=WEEK - local.weekday())
    return _after(datetime.combine(monday, MIDNIGHT, zone), at)


def _after(end: datetime, at: datetime) -> datetime | None:
    """The end, where the night the clocks are changed has not already brought it."""
    instant = end.astimezone(UTC)
    return instant if instant > at else None
