"""How far the sweep is behind, read from the alarms themselves; and what managers are told."""

from datetime import timedelta

from django.db import connection
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.words import span_words

# The sweep wakes every second; from here on managers should know.
WORTH_SAYING = timedelta(minutes=1)


def sweep_lag() -> timedelta:
    """How long the oldest due alarm has waited, by the database's clock; zero: none waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock_timestamp() - min(fire_at) FROM sla_alarm WHERE state = 'waiting'"
        )
        waited = cursor.fetchone()[0]
    return max(waited or timedelta(), timedelta())


def notice(request: HttpRequest) -> dict[str, object]:
    """Context processor: the banner of managers while the sweep is behind.

    Asked for only when a page draws its frame: one indexed query, and none for anybody else.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"system_notice": SimpleLazyObject(lambda: words() if user.is_manager else "")}


def words() -> str:
    """What a manager reads; empty while the sweep keeps up."""
    lag = sweep_lag()
    if lag <= WORTH_SAYING:
        return ""
    return (
        f"Deadlines are not being watched: the oldest alarm has waited "
        f"{span_words(lag.total_seconds())}. Figures here are right all the same; warnings and "
        "reassignments come late. Check that the worker and beat are running (/readyz)."
    )
