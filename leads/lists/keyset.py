"""Pages of a list by cursor: the same cost however deep, nothing skipped or shown twice.

Where a column may be unknown, the leads without a value come last, in the order of their numbers:
a page that begins among the ones and ends among the others is read in two looks.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Model, Q, QuerySet

LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Order:
    """A column, biggest first (or smallest), and the primary key to settle ties."""

    column: str
    is_instant: bool = False
    is_share: bool = False
    is_text: bool = False
    smallest_first: bool = False
    # Rows without a value come last, whichever way it goes.
    nullable: bool = False

    def read(self, text: Any) -> datetime | float | str | None:
        """A value of the column as a cursor has it. Raises ValueError for what can't be one."""
        if text is None and self.nullable:
            return None
        if self.is_text:
            return _text(text)
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
        return [value.isoformat() if self.is_instant and value else value, row.pk]

    def applied(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """All of the rows in this order."""
        column = F(self.column)
        last = True if self.nullable else None
        if self.smallest_first:
            return rows.order_by(column.asc(nulls_last=last), "pk")
        return rows.order_by(column.desc(nulls_last=last), "-pk")


def _text(text: Any) -> str:
    half = isinstance(text, str) and any("\ud800" <= letter <= "\udfff" for letter in text)
    if not isinstance(text, str) or len(text) > LONGEST_TEXT or "\x00" in text or half:
        raise ValueError
    return text


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
        taken = _first(rows, order, count=size + 1)
        return _page(taken, order, size=size, backwards=False, first=True)
    backwards, value, pk = found
    taken = _look(rows, order, (value, pk), backwards=backwards, count=size + 1)
    short = size + 1 - len(taken)
    # Past the end of the rows with a value lie those without, and the other way round.
    if order.nullable and short and backwards == (value is None):
        taken += _look(rows, order, None, backwards=backwards, count=short)
    return _page(taken, order, size=size, backwards=backwards)


def _first(rows: QuerySet[Any], order: Order, *, count: int) -> list[Any]:
    """The first rows: those with a value by their index, and those without where it runs out."""
    if not order.nullable:
        return list(order.applied(rows)[:count])
    taken = list(order.applied(rows.filter(**{f"{order.column}__isnull": False}))[:count])
    if len(taken) < count:
        taken += _look(rows, order, None, backwards=False, count=count - len(taken))
    return taken


def _look(
    rows: QuerySet[Any],
    order: Order,
    after: tuple[Any, int] | None,
    *,
    backwards: bool,
    count: int,
) -> list[Any]:
    """The rows after one, in one index scan; None is the edge between known and unknown."""
    column, up = order.column, order.smallest_first != backwards
    sign, word = ("", "gt") if up else ("-", "lt")
    by_key = (f"{sign}pk",)
    if after is None:
        known = backwards
        rows = rows.filter(**{f"{column}__isnull": not known})
        return list(rows.order_by(*((f"{sign}{column}",) if known else ()), *by_key)[:count])
    value, pk = after
    if value is None:
        rows = rows.filter(**{f"{column}__isnull": True, f"pk__{word}": pk})
        return list(rows.order_by(*by_key)[:count])
    past = Q(**{f"{column}__{word}": value}) | Q(**{column: value, f"pk__{word}": pk})
    # Says nothing new; it is what bounds the index scan.
    bound = {f"{column}__{word}e": value}
    ordered = F(column).asc() if up else F(column).desc()
    if order.nullable and not order.smallest_first:
        # As the index has it, so that it is read and not sorted; there is no NULL among them.
        ordered = F(column).asc(nulls_first=True) if up else F(column).desc(nulls_last=True)
    return list(rows.filter(past, **bound).order_by(ordered, *by_key)[:count])


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
    if not cursor or len(cursor) > 4000:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        direction, value, pk = json.loads(text)
        value = order.read(value)
        pk = int(pk)
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
        return None
    if direction not in ("f", "b") or not 0 <= pk < 2**63:
        return None
    return direction == "b", value, pk
