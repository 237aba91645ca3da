"""Pages of a list by cursor: the same cost however deep, nothing skipped or shown twice."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet


@dataclass(frozen=True, slots=True)
class Order:
    """A column, biggest first, and the primary key to settle ties."""

    column: str
    is_instant: bool = False
    is_share: bool = False

    def read(self, text: Any) -> datetime | float:
        """A value of the column as a cursor has it. Raises ValueError for what can't be one."""
        if self.is_share:
            if not 0 <= float(text) <= 1:
                raise ValueError
            return float(text)
        if not self.is_instant:
            if not -(2**15) <= int(text) < 2**15:
                raise ValueError
            return int(text)
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError
        return instant

    def key(self, row: Any) -> list[Any]:
        value = getattr(row, self.column)
        return [value.isoformat() if self.is_instant else value, row.pk]


@dataclass(frozen=True, slots=True)
class Page:
    """One page, and the cursors of its neighbours (None: there is none)."""

    rows: list[Any]
    previous_cursor: str | None = None
    next_cursor: str | None = None


def page(rows: QuerySet[Any], order: Order, cursor: str, *, size: int) -> Page:
    """The page a cursor names; the first page for none, or for one that is none of ours."""
    found = _read(cursor, order)
    if found is None:
        taken = list(rows.order_by(f"-{order.column}", "-pk")[: size + 1])
        return _page(taken, order, size=size, backwards=False, first=True)
    backwards, value, pk = found
    word, sign = ("gt", "") if backwards else ("lt", "-")
    past = Q(**{f"{order.column}__{word}": value}) | Q(**{order.column: value, f"pk__{word}": pk})
    # Says nothing new; it is what bounds the index scan.
    bound = {f"{order.column}__{word}e": value}
    ordered = rows.filter(past, **bound).order_by(f"{sign}{order.column}", f"{sign}pk")
    return _page(list(ordered[: size + 1]), order, size=size, backwards=backwards)


def _page(
    taken: list[Model], order: Order, *, size: int, backwards: bool, first: bool = False
) -> Page:
    more, rows = len(taken) > size, taken[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page(rows)
    has_previous = more if backwards else not first
    has_next = True if backwards else more
    return Page(
        rows,
        _write("b", order.key(rows[0])) if has_previous else None,
        _write("f", order.key(rows[-1])) if has_next else None,
    )


def _write(direction: str, key: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([direction, *key]).encode()).decode().rstrip("=")


def _read(cursor: str, order: Order) -> tuple[bool, Any, int] | None:
    if not cursor or len(cursor) > 200:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        direction, value, pk = json.loads(text)
        value = order.read(value)
        pk = int(pk)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        return None
    if direction not in ("f", "b") or not 0 <= pk < 2**63:
        return None
    return direction == "b", value, pk
