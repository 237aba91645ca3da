"""How the sweep is doing, read from the alarms themselves; and what managers are told."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.words import span_words

# The sweep wakes every second; from here on managers should know.
WORTH_SAYING = timedelta(minutes=1)

# By the database's clock; the statement's instant, so that the index of waiting alarms serves.
WATCH = """
SELECT coalesce(statement_timestamp() - min(fire_at), interval '0'), count(*),
    (SELECT count(*) FROM sla_alarm WHERE state = 'aside')
FROM sla_alarm WHERE state = 'waiting' AND fire_at <= statement_timestamp()
"""
PULSE = """
SELECT extract(epoch FROM statement_timestamp() - last_swept_at)::float, fired, breached,
    reassigned, set_aside
FROM sla_sweeppulse
"""


@dataclass(frozen=True, slots=True)
class Watch:
    """How long the oldest due alarm has waited, how many are due, and how many are set aside."""

    lag: timedelta
    due: int
    aside: int


@dataclass(frozen=True, slots=True)
class Pulse:
    """Seconds since a sweep last ended (None: none ever did), and what sweeps did in all."""

    seconds_ago: float | None = None
    fired: int = 0
    breached: int = 0
    reassigned: int = 0
    set_aside: int = 0


def watch() -> Watch:
    """How the sweep is doing now: one query on two partial indexes."""
    with connection.cursor() as cursor:
        cursor.execute(WATCH)
        return Watch(*cursor.fetchone())


def pulse() -> Pulse:
    """What the sweeps have done so far."""
    with connection.cursor() as cursor:
        cursor.execute(PULSE)
        row = cursor.fetchone()
    return Pulse(*row) if row else Pulse()


def notice(request: HttpRequest) -> dict[str, object]:
    """Context processor: the banner of managers while the sweep is behind, or alarms are aside.

    Asked for only when a page draws its frame: one indexed query, and none for anybody else.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"system_notice": SimpleLazyObject(lambda: words() if user.is_manager else "")}


def words() -> str:
    """What a manager reads; empty while all is well."""
    seen = watch()
    if seen.lag > WORTH_SAYING:
        return (
            f"Deadlines are not being watched: the oldest alarm has waited "
            f"{span_words(seen.lag.total_seconds())}. Figures here are right all the same; "
            "warnings and reassignments come late. Check that the worker and beat are running "
            "(/readyz)."
        )
    if seen.aside:
        what = "One alarm was" if seen.aside == 1 else f"{seen.aside} alarms were"
        return (
            f"{what} set aside after an error and will not fire by themselves. "
            "“manage.py sweep --once --explain” says why, “--retry” tries again."
        )
    return ""
