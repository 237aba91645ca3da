"""A workbook's first sheet as records: checked before it is unpacked, then read row by row.

A workbook is a zip of XML. Its parts say how large they become, and no more of them than that is
ever unpacked, so a bomb is known by its sizes. Nothing in it is run: cells give values, formulas
the ones they had when the file was saved.
"""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from leads.importing import Record, Unreadable, ragged
from leads.imports.limits import (
    MIB,
    MOST_PARTS,
    MOST_RATIO,
    MOST_SHARED,
    MOST_UNPACKED,
    MOST_WORKBOOK,
)

MARK = b"PK\x03\x04"
DAMAGED = "is a damaged or cut-off workbook; open it in your spreadsheet program and save it again"
BOMB = "unpacks to more than a workbook of this kind may; save the sheet as CSV"
ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"}
ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
# Below this size a part may be packed as tightly as it likes.
SMALL = 10 * MIB
# A cell holds 32,767 characters.
LONGEST_RUN = 2 * MIB


def check(path: Path) -> None:
    """Look at the sizes of a workbook's parts. Raises Unreadable, naming the remedy."""
    if path.stat().st_size > MOST_WORKBOOK:
        raise Unreadable(
            f"is a workbook of more than {MOST_WORKBOOK // MIB} MB; save the sheet as CSV"
        )
    try:
        with zipfile.ZipFile(path) as packed:
            _check_parts(packed.infolist())
            for part in packed.infolist():
                _check_text(packed, part)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, RuntimeError,
            NotImplementedError, EOFError) as error:  # fmt: skip
        raise Unreadable(DAMAGED) from error
    except Exception as error:  # zlib, lzma and bz2 have errors of their own
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(DAMAGED) from error


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        kind = (
            "is a zip file" if "[Content_Types].xml" not in names else "is no workbook we can read"
        )
        raise Unreadable(f"{kind}; save the table as .xlsx or CSV")
    if any(name.casefold().endswith("vbaproject.bin") for name in names):
        raise Unreadable("holds macros; save it as .xlsx (without macros) or CSV")
    bomb = (
        len(parts) > MOST_PARTS
        or sum(part.file_size for part in parts) > MOST_UNPACKED
        or any(
            part.file_size > SMALL and part.file_size > MOST_RATIO * max(1, part.compress_size)
            for part in parts
        )
        or any(
            part.file_size > MOST_SHARED
            for part in parts
            if not part.filename.startswith("xl/worksheets/")
        )
    )
    if bomb:
        raise Unreadable(BOMB)


def check_formulas(path: Path, rows: int) -> None:
    """Whether formulas among the first rows have values. Raises Unreadable naming one without."""
    with _book(path, values=False) as formulas, _book(path, values=True) as values:
        for line in zip(_cells(formulas, rows), _cells(values, rows), strict=False):
            for formula, value in zip(*line, strict=False):
                text = str(formula.value or "") if formula.data_type == "f" else ""
                if text and value.value is None:
                    raise Unreadable(
                        f"has formulas without values, such as {formula.coordinate} ({text[:40]}); "
                        "open it in your spreadsheet program and save it again"
                    )


def _cells(book: Any, rows: int) -> Iterator[tuple[Any, ...]]:
    sheet = _first(book)
    try:
        yield from sheet.iter_rows(max_row=rows)
    except Exception as error:
        raise Unreadable(DAMAGED) from error


def _check_text(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack a part once, which checks its sum. A tag or text without end would fill the memory."""
    run = 0
    with packed.open(part) as text:
        while piece := text.read(MIB):
            first, *others = piece.split(b">")
            run += len(first)
            if run > LONGEST_RUN and part.filename.endswith((".xml", ".rels")):
                raise Unreadable(BOMB)
            if others:
                run = len(others[-1])


@contextmanager
def _book(path: Path, *, values: bool) -> Iterator[Any]:
    from leads.imports.sheets import Reader  # openpyxl is large, and most imports are CSV

    with path.open("rb") as file:  # by its path it would go by the ending of the name
        try:
            reader = Reader(file, read_only=True, data_only=values, keep_links=False)
            reader.read()
            book = reader.wb
        except Exception as error:  # whatever it trips over, the file is to blame
            raise Unreadable(DAMAGED) from error
        try:
            yield book
        finally:
            book.close()


def _first(book: Any) -> Any:
    sheet = next((s for s in book.worksheets if s.sheet_state == "visible"), None)
    if sheet is None:
        raise Unreadable("has no sheet to read; put the table on the first one")
    return sheet


def count(path: Path) -> int:
    """How many rows the sheet has below its first, blank ones too; without reading their cells."""
    with _book(path, values=True) as book:
        sheet, found, rest = _first(book), 0, b""
        with zipfile.ZipFile(path) as packed, packed.open(sheet._worksheet_path) as part:
            while piece := part.read(MIB):
                piece = rest + piece
                found += len(ROW.findall(piece))
                # A tag that the piece cuts off is counted with the next one.
                cut = piece.rfind(b"<")
                rest = piece[cut:] if b">" not in piece[cut:] else b""
                found -= len(ROW.findall(rest))
    return max(0, found - 1)


@contextmanager
def opened(path: Path) -> Iterator[Iterator[Record]]:
    """The records of the first visible sheet, its header among them. Raises Unreadable."""
    with _book(path, values=True) as book:
        yield _records(_first(book).iter_rows(values_only=True))


def _records(rows: Iterator[tuple[Any, ...]]) -> Iterator[Record]:
    width, number = 0, 0
    while True:
        try:
            values = next(rows)
        except StopIteration:
            return
        except Exception as error:
            raise Unreadable(f"{DAMAGED}. It can be read up to row {number}") from error
        number += 1
        cells = [text(value) for value in values]
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        record = Record(number, cells)
        if width:
            record.cells += [""] * (width - len(cells))
            record.problem = _problem(record.cells, width)
        width = width or len(cells)
        yield record


def _problem(cells: list[str], width: int) -> str:
    if len(cells) > width:
        return ragged(len(cells), width)
    wrong = next((cell for cell in cells if cell in ERRORS), "")
    return f"a cell holds the error {wrong}; mend its formula" if wrong else ""


def text(value: object) -> str:
    """A cell as somebody would have typed it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        # A phone number is a number to a spreadsheet: no point, no exponent.
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    return str(value)
