"""A table of anything, as a model can learn from it: which columns are numbers, words or days?

Values come as texts, the way a file has them. What a column is follows from its values alone,
never from the outcome.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import isfinite, nan

import numpy as np
from numpy.typing import NDArray

Row = Mapping[str, str]
Matrix = NDArray[np.object_]

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})
# So many different values, nearly one a row, name the row and teach nothing.
NAMING = 50
NAMING_SHARE = 0.9
# Words of more kinds than this are learned by their rate of success, not one by one.
MANY = 60
DAY_FORMATS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d.%m.%Y", "%d.%m.%Y %H:%M",
    "%m/%d/%Y", "%m/%d/%Y %H:%M", "%d/%m/%Y", "%d/%m/%Y %H:%M",
)  # fmt: skip
DAY_PARTS = ("month", "weekday", "hour")
# With less than this a month can't be told from the year it was in.
SEASONAL = timedelta(days=2 * 365)


class Kind(StrEnum):
    """How a column is read."""

    NUMBER = "number"
    WORD = "word"
    DAY = "day"
    NAME = "name"  # one value a row: left out
    SAME = "same"  # one value for all: left out


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table; of days also how they are written, and if they tell seasons."""

    name: str
    kind: Kind
    format: str = ""
    seasonal: bool = False

    @property
    def used(self) -> bool:
        return self.kind not in (Kind.NAME, Kind.SAME)

    def sort_key(self, row: Row) -> float | None:
        """Where the row stands in time by this column; None when its value can't say."""
        text = _value(row, self.name)
        if self.kind == Kind.DAY:
            day = _read_day(text, self.format) if text else None
            return day.timestamp() if day else None
        number = read_number(text) if text else nan
        return number if number == number else None


def columns_of(rows: Sequence[Row], names: Sequence[str]) -> list[Column]:
    """What each of these columns is."""
    return [_column(name, [_value(row, name) for row in rows]) for name in names]


def _value(row: Row, name: str) -> str:
    text = (row.get(name) or "").strip()
    return "" if text.casefold() in MISSING else text


def _column(name: str, values: Sequence[str]) -> Column:
    known = [value for value in values if value]
    different = set(known)
    if not different or (len(different) == 1 and len(known) == len(values)):
        return Column(name, Kind.SAME)
    names_rows = len(different) > max(NAMING, NAMING_SHARE * len(known))
    numbers = [number for value in different if (number := read_number(value)) == number]
    if len(numbers) == len(different):
        # Whole numbers that never repeat count the rows; measured ones may well differ each time.
        counts = names_rows and all(number == int(number) for number in numbers)
        return Column(name, Kind.NAME if counts else Kind.NUMBER)
    if form := _day_format(different):
        days = [day for value in different if (day := _read_day(value, form))]
        return Column(name, Kind.DAY, form, seasonal=max(days) - min(days) >= SEASONAL)
    return Column(name, Kind.NAME if names_rows else Kind.WORD)


def read_number(text: str) -> float:
    """The number a text writes, with a point or a comma; NaN when it writes none."""
    try:
        number = float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        return nan
    return number if isfinite(number) else nan


def _day_format(values: set[str]) -> str:
    """The one form in which every day is written; empty when there is none."""
    for form in ("iso", *DAY_FORMATS):
        if all(_read_day(value, form) is not None for value in values):
            return form
    return ""


def _read_day(text: str, form: str) -> datetime | None:
    try:
        if form != "iso":
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        day = datetime.fromisoformat(text)
    except ValueError:
        return None
    return day if day.tzinfo else day.replace(tzinfo=UTC)  # so that days can be compared


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in the matrix the numbers are, and where the words; `sources` names their columns."""

    columns: tuple[Column, ...]
    numbers: tuple[int, ...]
    words: tuple[int, ...]
    sources: tuple[str, ...]


def layout_of(columns: Sequence[Column]) -> Layout:
    """Numbers first, then words, then what a day says: its month, weekday and hour.

    The day itself is left out: what is learned must hold for days that are yet to come.
    """
    used = [column for column in columns if column.used]
    numbers = [column.name for column in used if column.kind == Kind.NUMBER]
    words = [column.name for column in used if column.kind == Kind.WORD]
    days = [column.name for column in used if column.kind == Kind.DAY for _ in DAY_PARTS]
    sources = (*numbers, *words, *days)
    first = len(numbers)
    return Layout(
        tuple(used), tuple(range(first)), tuple(range(first, len(sources))), tuple(sources)
    )


def matrix(rows: Sequence[Row], layout: Layout) -> Matrix:
    """One line a row: numbers as floats (NaN: missing), the others as words (empty: missing)."""
    made = np.empty((len(rows), len(layout.sources)), dtype=object)
    by_name = {column.name: column for column in layout.columns}
    at = 0
    while at < len(layout.sources):
        column = by_name[layout.sources[at]]
        values = [_value(row, column.name) for row in rows]
        if column.kind == Kind.NUMBER:
            made[:, at] = [read_number(value) if value else nan for value in values]
        elif column.kind == Kind.WORD:
            made[:, at] = [value[:200] for value in values]
        else:
            said = [_day(value, column) for value in values]
            for part in range(len(DAY_PARTS)):
                made[:, at + part] = [parts[part] for parts in said]
            at += len(DAY_PARTS) - 1
        at += 1
    return made


def _day(text: str, column: Column) -> tuple[str, str, str]:
    day = _read_day(text, column.format) if text else None
    if day is None:
        return "", "", ""
    return str(day.month) if column.seasonal else "", str(day.weekday()), str(day.hour)


def usual_values(rows: Sequence[Row], columns: Sequence[Column]) -> dict[str, str]:
    """What each column mostly says: its commonest value, of numbers the middle one."""
    usual = {}
    for column in columns:
        values = [value for row in rows if (value := _value(row, column.name))]
        if column.kind == Kind.NUMBER:
            by_size = sorted(values, key=read_number)
            usual[column.name] = by_size[len(by_size) // 2]
        else:
            usual[column.name] = Counter(values).most_common(1)[0][0]
    return usual
