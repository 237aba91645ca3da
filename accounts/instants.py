"""The one clock: the database's. Edges read it once and pass `at=` inward."""

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """The database's present instant (UTC); app servers' own clocks are never asked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    instant: datetime = row[0]
    return instant.astimezone(UTC)


def clamped(occurred_at: datetime | None, *, at: datetime) -> datetime:
    """When something happened, as told from outside: never later than now.

    Raises ValueError for an instant without a time zone, or beyond the years 1 to 9999.
    """
    if occurred_at is None:
        return at
    if occurred_at.tzinfo is None:
        raise ValueError(
            f"“{occurred_at.isoformat()}” has no time zone; add one, such as "
            f"{occurred_at.isoformat()}Z."
        )
    try:
        return min(occurred_at.astimezone(UTC), at)
    except OverflowError:
        raise ValueError(f"“{occurred_at.isoformat()}” is not an instant of our time") from None
