"""A table out of a CSV file, with what became of each row, or why it teaches nothing."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leads.importing import SAMPLE, find_delimiter, find_encoding
from leads.prediction import ENOUGH_OF_EACH, ENOUGH_ROWS
from leads.prediction.columns import Row, columns_of

LONGEST_CELL = 1_000_000
SHOWN = 12
FILE_ORDER = "row"


class Unusable(Exception):
    """The table can't be used; says what is wrong and what to do, in one line."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows, oldest first if `ordered`, whether each was won, and the columns to learn from."""

    rows: Sequence[Row]
    won: NDArray[np.bool_]
    names: tuple[str, ...]
    ordered: bool
    without_outcome: int


def read_table(
    path: Path,
    *,
    outcome: str,
    won: str,
    order: str | None = None,
    ignore: Sequence[str] = (),
) -> Table:
    """Read the file. Raises Unusable."""
    names, rows = _read(path)
    for name in (outcome, *ignore, *([order] if order and order != FILE_ORDER else [])):
        if name not in names:
            raise Unusable(f"{path} has no column “{name}”; it has {_listed(names)}.")
    known = [row for row in rows if row[outcome].strip()]
    ended = np.array([row[outcome].strip() == won for row in known], dtype=bool)
    if not ended.any():
        values = sorted({row[outcome].strip() for row in known})
        raise Unusable(f"Nothing in column “{outcome}” is “{won}”; there is {_listed(values)}.")
    if order and order != FILE_ORDER:
        by_age = _by_age(path, known, order)
        known, ended = [known[i] for i in by_age], ended[by_age]
    _refuse_too_few(ended)
    left = tuple(n for n in names if n not in (outcome, order, *ignore))
    if not left:
        raise Unusable("No column is left to learn from; ignore fewer.")
    return Table(known, ended, left, order is not None, len(rows) - len(known))


def _refuse_too_few(ended: NDArray[np.bool_]) -> None:
    of_each = int(min(ended.sum(), (~ended).sum()))
    if len(ended) < ENOUGH_ROWS or of_each < ENOUGH_OF_EACH:
        raise Unusable(
            f"Not enough history yet: {len(ended):,} of {ENOUGH_ROWS} rows with an outcome, "
            f"{of_each:,} of {ENOUGH_OF_EACH} of the rarer one."
        )


def _by_age(path: Path, rows: Sequence[Row], order: str) -> list[int]:
    column = columns_of(rows, [order])[0]
    keys = [column.sort_key(row) for row in rows]
    if any(key is None for key in keys):
        bad = next(row[order] for row, key in zip(rows, keys, strict=True) if key is None)
        raise Unusable(
            f"Column “{order}” of {path} can't say which row is older: “{bad[:40]}” is neither a "
            "number nor a day. Name another one, or “row” when the file is in order of time."
        )
    return sorted(range(len(rows)), key=lambda at: keys[at])  # type: ignore[arg-type,return-value]


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        encoding = find_encoding(path)
        with path.open(encoding=encoding.name, errors="replace", newline="") as file:
            delimiter = find_delimiter(file.read(SAMPLE))
            file.seek(0)
            return _records(path, file, delimiter)
    except OSError as error:
        raise Unusable(f"{path} can't be read: {error.strerror or error}.") from None
    except (csv.Error, UnicodeError) as error:
        raise Unusable(f"{path} can't be read as CSV: {error}.") from None


def _records(path: Path, file: object, delimiter: str) -> tuple[list[str], list[dict[str, str]]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(file, delimiter=delimiter, strict=True)  # type: ignore[arg-type]
    names = [cell.strip() for cell in next(reader, [])]
    if not any(names):
        raise Unusable(f"{path} is empty; its first line must name the columns.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Unusable(f"{path} has two columns named “{twice[0]}”; give each a name of its own.")
    rows = []
    for cells in reader:
        if not cells:
            continue
        if len(cells) != len(names):
            raise Unusable(
                f"Line {reader.line_num} of {path} has {len(cells)} cells, the header {len(names)}."
            )
        rows.append(dict(zip(names, cells, strict=True)))
    return names, rows


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"“{name[:40]}”" for name in names[:SHOWN]) + more
