"""Dates as people write them: year, day or month first; which of these, a whole column tells."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from django.db.models import TextChoices

_PARTS = re.compile(
    r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})"
    r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?)?",
    re.IGNORECASE,
)
# Workbooks count days from here; the numbers of 1970 to 2100.
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 (the caller's zone is put on afterwards)
_SERIALS = range(25_569, 73_415)


class Order(TextChoices):
    """What comes first in a date."""

    YEAR = "year", "Year first (2027-01-31)"
    DAY = "day", "Day first (31/01/2027)"
    MONTH = "month", "Month first (01/31/2027)"


def order_of(values: Iterable[str]) -> str:
    """The one order in which every value is a date; empty: none. Both fit: month first."""
    found = [value for value in values if value.strip()]
    for order in (Order.YEAR, Order.MONTH, Order.DAY):
        if found and all(_fits(value, order) for value in found):
            return order
    return ""


def sure_order_of(values: Iterable[str]) -> str:
    """As `order_of`, but empty as well where another order would read other days."""
    filled = [value for value in values if value.strip()]
    found: dict[tuple[datetime, ...], str] = {}
    for order in Order if filled else ():
        if all(_fits(value, order) for value in filled):
            found.setdefault(tuple(read(value, order=order, zone=UTC) for value in filled), order)
    return next(iter(found.values())) if len(found) == 1 else ""


def _fits(value: str, order: str) -> bool:
    try:
        read(value, order=order, zone=UTC)
    except ValueError:
        return False
    return True


def read(value: str, *, order: str, zone: tzinfo) -> datetime:
    """The instant a text means, in `zone` where it names none. Raises ValueError."""
    text = value.strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = _read(text, order)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _read(text: str, order: str) -> datetime:
    parts = _PARTS.fullmatch(text)
    try:
        if parts is None:
            days = float(text)
            if order == Order.YEAR and int(days) in _SERIALS:
                return _EPOCH + timedelta(days=days)
            raise ValueError
        a, b, c, hour, minute, second = (int(part or 0) for part in parts.groups()[:6])
        year, month, day = {"year": (a, b, c), "day": (c, b, a), "month": (c, a, b)}[order]
        if len(parts[3 if order != Order.YEAR else 1]) == 2:
            year += 2000
        half = (parts[7] or "").lower()[:1]
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (the same)
    except (ValueError, KeyError, OverflowError):
        raise ValueError(
            f"“{text[:40]}” is not a date written {Order(order).label.lower()}"
            if order
            else f"“{text[:40]}” is not a date; write it as 2027-01-31"
        ) from None
