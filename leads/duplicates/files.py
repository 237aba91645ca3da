"""Read the records of any CSV file to compare them; what can't be read is named, row by row."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from leads.duplicates.columns import SAMPLE, Plan, plan
from leads.duplicates.finding import Pair
from leads.duplicates.records import Records
from leads.importing import SAMPLE as START
from leads.importing import Reader, Record, Unreadable, find_delimiter, find_encoding

SHOWN = 5  # of the rows that could not be read
# How a file begins that is no text at all.
MAGIC = (
    (b"PK\x03\x04", "is a workbook or zip archive, not CSV; save the sheet as CSV and try again"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook, not CSV; save the sheet as CSV and try again"),
    (b"\x1f\x8b", "is compressed; unpack it first"),
    (b"%PDF", "is a PDF, not CSV; export the table as CSV"),
)


@dataclass(slots=True)
class Table:
    """A file's records, what its columns were taken for, and the rows that could not be read."""

    headers: list[str]
    plan: Plan
    records: Records = field(default_factory=Records)
    # The first of the rows that could not be read, in words.
    broken: list[str] = field(default_factory=list)
    broken_count: int = 0


def read_table(path: Path, watch: Callable[[int], None] = lambda _: None) -> Table:
    """Read a file whole. Raises Unreadable for a file nothing can be compared in; a broken row
    counts as a row that says nothing. `watch` is told the bytes read so far."""
    encoding = find_encoding(_checked(path))
    with path.open(encoding=encoding.name, errors="replace", newline="") as file:
        opened: TextIO = file
        try:
            delimiter = find_delimiter(file.read(START))
            file.seek(0)
            reader = Reader(
                file, delimiter=delimiter, sure=encoding.sure, must_reach=False, keep_empty=True
            )
        except UnicodeError as error:
            raise Unreadable(
                f"can't be read as {encoding.name}: {error}; save it as UTF-8"
            ) from None
        with _says_why():
            rows = iter(reader)
            first = list(islice(rows, SAMPLE))
            _check_headers(reader.headers)
            table = Table(
                reader.headers,
                plan(reader.headers, [r.cells for r in first if not r.problem]),
            )
            _check(table, first)
            for number, row in enumerate(chain(first, rows), start=1):
                _add(table, row, number)
                if number % 10_000 == 0:
                    watch(opened.buffer.tell())
    return table


def _checked(path: Path) -> Path:
    if not path.exists():
        raise Unreadable("is not there; check the name")
    if not path.is_file():
        raise Unreadable("is no file; name a CSV file")
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise Unreadable(f"can't be read: {error.strerror}; check its rights") from None
    for magic, what in MAGIC:
        if start.startswith(magic):
            raise Unreadable(what)
    return path


@contextmanager
def _says_why() -> Iterator[None]:
    try:
        yield
    except UnicodeError as error:
        raise Unreadable(
            f"breaks off in the middle of a character: {error}; export it again"
        ) from None
    except csv.Error as error:
        raise Unreadable(f"can't be read: {error}; export it again") from None


def _check_headers(headers: list[str]) -> None:
    """A first line that is a row of data would be lost."""
    for column, header in enumerate(headers, start=1):
        if "@" in header.strip("@"):
            raise Unreadable(
                f"has no header: column {column} of its first line holds “{header[:40]}”; "
                "add a first line that names the columns"
            )


def _check(table: Table, first: list[Record]) -> None:
    if not first:
        raise Unreadable("has a header and no rows; there is nothing to compare")
    if not table.plan.tells:
        named = ", ".join(f"“{name[:40]}”" for name in table.headers[:8])
        raise Unreadable(
            "has no column with names, e-mail, phone, company or street; its first line names "
            f"{named}; call one of them so, for instance “email” or “last_name”"
        )


def _add(table: Table, row: Record, number: int) -> None:
    if not row.problem:
        table.records.append(table.plan.record(row.cells))
        return
    # It keeps its place, so that the others keep their numbers.
    table.records.append(table.plan.record([]))
    table.broken_count += 1
    if len(table.broken) < SHOWN:
        value = next((cell.strip() for cell in row.cells if cell.strip()), "")
        shown = f"“{value[:40].replace(chr(0), '␀')}”: " if value else ""
        table.broken.append(f"row {number} (line {row.line}), {shown}{row.problem}")


def write_pairs(path: Path, pairs: list[Pair]) -> None:
    """`row_a,row_b,score`, rows from 1, best first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row_a", "row_b", "score"])
        writer.writerows((p.a + 1, p.b + 1, f"{p.score:.4f}") for p in pairs)
