"""How instants, spans and amounts are said to a person; the pages' scripts say them the same way.

`static/js/countdown.js` repeats `due_words` and `ago_words` for the running page; the browser
tests hold the two against each other.
"""

from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal

MINUTE, HOUR, DAY = 60, 3600, 86400
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def span_words(seconds: float) -> str:
    """A length of time in its largest whole unit: "3 min", "2 h", "4 days"."""
    if seconds < MINUTE:
        return f"{int(seconds)} s"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min"
    if seconds < 2 * DAY:
        return f"{int(seconds // HOUR)} h"
    return f"{int(seconds // DAY)} days"


def due_words(due_at: datetime, *, at: datetime, zone: tzinfo) -> str:
    """What is left: "12 min left", "due 16:40", "due Mon 10:00", "3 min over"."""
    left = (due_at - at).total_seconds()
    if left < 0:
        return f"{span_words(-left)} over"
    if left < HOUR:
        return f"{span_words(left)} left"
    due, today = due_at.astimezone(zone), at.astimezone(zone).date()
    days = (due.date() - today).days
    if days == 0:
        return f"due {due:%H:%M}"
    return f"due {due:%a %H:%M}" if days < 7 else f"due {due.day} {due:%b %H:%M}"


def ago_words(instant: datetime, *, at: datetime, zone: tzinfo) -> str:
    """How long ago: "just now", "5 min ago", "3 h ago", "4 days ago", then the date."""
    gone = (at - instant).total_seconds()
    if gone < MINUTE:
        return "just now"
    if gone < 7 * DAY:
        return f"{span_words(gone)} ago"
    return moment_words(instant, at=at, zone=zone).rsplit(" ", 1)[0].rstrip(",")


def moment_words(instant: datetime, *, at: datetime, zone: tzinfo) -> str:
    """The exact instant, the year only when it is another: "Mon 3 Mar, 10:00"."""
    local = instant.astimezone(zone)
    year = "" if local.year == at.astimezone(zone).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}"


def leave_words(
    starts_at: datetime, ends_at: datetime, *, at: datetime, zone: tzinfo
) -> tuple[str, str]:
    """The first and the last day of a leave in `zone`, "Mon 7 Dec" and "Sun 13 Dec"; its two
    instants where it does not run from midnight to midnight."""
    first, after = starts_at.astimezone(zone), ends_at.astimezone(zone)
    if first.time() != time.min or after.time() != time.min:
        return moment_words(first, at=at, zone=zone), moment_words(after, at=at, zone=zone)
    days = (first, after - timedelta(days=1))
    begins, ends = (moment_words(day, at=at, zone=zone).removesuffix(", 00:00") for day in days)
    return begins, ends


def money_words(amount: Decimal | float | int, currency: str = "USD") -> str:
    """An amount without cents where there are none: "$12,400", "€99.50", "CHF 20"."""
    figure = f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"
    sign, minus = SIGNS.get(currency, f"{currency} "), "−" if amount < 0 else ""
    return f"{minus}{sign}{figure.lstrip('-')}"
