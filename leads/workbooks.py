"""Write a workbook as it goes: a zip stream of one sheet after another, nothing kept.

Every cell is a text, which no spreadsheet runs. Sheets hold as many rows as the format allows.
"""

import re
import zipfile
from collections.abc import Generator, Iterator, Sequence
from typing import IO
from xml.sax.saxutils import escape

from leads.csv_cells import plain

MOST_ROWS = 1_000_000
# Bytes that are packed at a time.
PIECE = 256 * 1024
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    "{sheets}</Types>"
)
TYPE = (
    '<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
)
RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "{relations}</Relationships>"
)
RELATION = (
    '<Relationship Id="rId{n}" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{to}"/>'
)
BOOK = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    "<sheets>{sheets}</sheets></workbook>"
)
SHEET = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)


class _Stream:
    """What the zip is written to: it hands on what came, and can't go back."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        found, self.pieces = b"".join(self.pieces), []
        return found


def stream(title: str, headers: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[bytes]:
    """The bytes of the workbook, piece by piece."""
    out = _Stream()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as packed:  # type: ignore[call-overload]
        count, more = 0, True
        while more:
            count += 1
            with packed.open(f"xl/worksheets/sheet{count}.xml", "w", force_zip64=True) as part:
                more = yield from _sheet(out, part, headers, rows)
        sheets = range(1, count + 1)
        named = "".join(
            f'<sheet name="{escape(title)}{f" {n}" if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>'
            for n in sheets
        )
        packed.writestr("xl/workbook.xml", BOOK.format(sheets=named))
        to = "".join(
            RELATION.format(n=n, kind="worksheet", to=f"worksheets/sheet{n}.xml") for n in sheets
        )
        packed.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(relations=to))
        book = RELATION.format(n=1, kind="officeDocument", to="xl/workbook.xml")
        packed.writestr("_rels/.rels", RELATIONS.format(relations=book))
        types = "".join(TYPE.format(n=n) for n in sheets)
        packed.writestr("[Content_Types].xml", TYPES.format(sheets=types))
    yield out.taken()


def _sheet(
    out: _Stream, part: IO[bytes], headers: Sequence[str], rows: Iterator[Sequence[str]]
) -> Generator[bytes, None, bool]:
    """One sheet; returns whether the rows go on in another one."""
    waiting, size, more = [SHEET, _row(headers)], 0, False
    for count, cells in enumerate(rows, 1):
        waiting.append(_row(cells))
        size += len(waiting[-1])
        if size > PIECE:
            part.write("".join(waiting).encode())
            waiting, size = [], 0
            yield out.taken()
        if count == MOST_ROWS:
            more = True
            break
    part.write(("".join(waiting) + "</sheetData></worksheet>").encode())
    return more


def _row(cells: Sequence[str]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(text: str) -> str:
    if not text:
        return "<c/>"
    # An apostrophe that our import would take off gets a second one.
    shown = text if plain(text) == text else f"'{text}"
    clean = escape(_NOT_XML.sub("", shown))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{clean}</t></is></c>'
