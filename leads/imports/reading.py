"""A stored file as a table: its headers, and its records one at a time."""

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from leads.csv_headers import OURS
from leads.importing import (
    LOST,
    SAMPLE,
    Encoding,
    Reader,
    Record,
    Unreadable,
    find_delimiter,
    find_encoding,
)
from leads.imports import workbook
from leads.imports.limits import MOST_COLUMNS
from leads.imports.storing import laid_out
from leads.models import Import

# How other kinds of files begin, and what to do about each.
NO_TABLES = (
    (b"\xd0\xcf\x11\xe0", "is an old Excel file (or one with a password); save it as .xlsx or CSV"),
    (b"%PDF", "is a PDF; export the table as CSV"),
    (b"\x1f\x8b", "is compressed; unpack it first"),
    (b"\x89PNG", "is a picture; export the table as CSV"),
    (b"\xff\xd8\xff", "is a picture; export the table as CSV"),
    (b"SQLite format", "is a database; export the table as CSV"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """An open file: names of its columns, and its records, which can be walked once."""

    headers: list[str]
    records: Iterator[Record]


@dataclass(frozen=True, slots=True)
class Look:
    """What a file turned out to be."""

    format: str
    headers: list[str]
    sample: list[Record]
    encoding: str = ""
    encoding_is_sure: bool = False
    delimiter: str = ""


def look(path: Path, *, records: int = 20, encoding: str = "", delimiter: str = "") -> Look:
    """Find out what a file is. Raises Unreadable saying what it is not, and what to do.

    `encoding` and `delimiter` are what somebody says they are; otherwise they are found.
    """
    with path.open("rb") as file:
        start = file.read(16)
    for mark, why in NO_TABLES:
        if start.startswith(mark):
            raise Unreadable(why)
    if start.startswith(workbook.MARK):
        workbook.check(path)
        workbook.check_formulas(path, records)
        with _sheet(path) as table:
            return Look(Import.Format.XLSX, table.headers, _sampled(table, records))
    found = Encoding(encoding) if encoding else find_encoding(path)
    try:
        if not delimiter:
            with path.open(encoding=found.name, errors="replace", newline="") as text:
                delimiter = find_delimiter(text.read(SAMPLE))
        with _csv(path, found.name, delimiter, sure=found.sure) as table:
            sample = _sampled(table, records)
    except UnicodeError:
        raise Unreadable("can't be read as text; save it as CSV in UTF-8") from None
    return Look(Import.Format.CSV, table.headers, sample, found.name, found.sure, delimiter)


def _sampled(table: Table, records: int) -> list[Record]:
    _check(table.headers)
    sample = list(islice(table.records, records))
    if not sample:
        raise Unreadable("has a header and no rows below it")
    return sample


@contextmanager
def opened(importing: Import, *, beat: Callable[[], None] | None = None) -> Iterator[Table]:
    """The table of an import, from its first record. `beat` is called while it is fetched."""
    with laid_out(importing, beat=beat) as path:
        if importing.format == Import.Format.XLSX:
            found = _sheet(path)
        else:
            found = _csv(
                path, importing.encoding, importing.delimiter, sure=importing.encoding_is_sure
            )
        with found as table:
            yield table


def count(importing: Import, *, beat: Callable[[], None]) -> int:
    """How many records there are; of a workbook its rows, for reading their cells takes long."""
    if importing.format == Import.Format.XLSX:
        with laid_out(importing, beat=beat) as path:
            return workbook.count(path)
    total = 0
    with opened(importing, beat=beat) as table:
        for total, _ in enumerate(table.records, 1):
            if total % 50_000 == 0:
                beat()
    return total


def sample_of(importing: Import, count: int) -> list[Record]:
    """The first records."""
    with opened(importing) as table:
        return list(islice(table.records, count))


@contextmanager
def _csv(path: Path, encoding: str, delimiter: str, *, sure: bool) -> Iterator[Table]:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        reader = Reader(file, delimiter=delimiter, sure=sure, must_reach=False)
        yield Table(without_ours(reader.headers), iter(reader))


@contextmanager
def _sheet(path: Path) -> Iterator[Table]:
    with workbook.opened(path) as records:
        header = next(records, None)
        if header is None:
            raise Unreadable("is empty; its first row must name the columns")
        yield Table(without_ours([cell.strip() for cell in header.cells]), records)


def without_ours(headers: list[str]) -> list[str]:
    """The columns of the file as it was before we added line and reason to its refused rows."""
    return headers[: -len(OURS)] if headers[-len(OURS) :] == OURS else headers


def _check(headers: list[str]) -> None:
    words = "".join(headers)
    if any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in words) or LOST in words:
        raise Unreadable(
            "is no text file, or is damaged in its first line; save it as CSV in UTF-8"
        )
    if len(headers) > MOST_COLUMNS:
        raise Unreadable(
            f"has {len(headers):,} columns; at most {MOST_COLUMNS} can be imported. Remove "
            "the ones you don't need"
        )
    typed = next((cell for cell in headers if "@" in cell and "." in cell.partition("@")[2]), "")
    if typed:
        raise Unreadable(
            f"has no line of column names: its first line holds “{typed[:60]}”. Add a first line "
            "such as “email,first name,company”"
        )
