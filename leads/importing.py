"""Read CSV as it comes: any encoding, delimiter and header, one record at a time, never all of it.

A record that can't be read is handed on with the reason; the ones around it are read all the same.
"""

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

from leads.csv_headers import Columns, map_columns

BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITERS = ",;\t|"
SAMPLE = 64 * 1024
CHUNK = 1024 * 1024
# No record of a real export is longer: what goes on is a quote that nobody closed.
MOST_LINES, MOST_CHARACTERS = 400, 100_000
LINE_LIMIT = 1_000_000
# The csv module's own limit is the whole process's, and others may have set it.
LONGEST_CELL = 100_000
TOO_LONG = f"a cell is longer than {LONGEST_CELL:,} characters; shorten it"
LOST = "\ufffd"


class Unreadable(Exception):
    """The file as a whole can't be read; says why, in one line."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How bytes become text; `sure` when no byte of the file is lost by it."""

    name: str
    sure: bool = False


@dataclass(slots=True)
class Record:
    """One record: where it starts, its cells, and why it can't be used (empty: it can)."""

    line: int
    cells: list[str]
    problem: str = ""


def find_encoding(path: Path) -> Encoding:
    """By byte order mark, else UTF-8 where it fits, else Windows-1252. Reads the file once."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
        for mark, name in BOMS:
            if start.startswith(mark):
                return Encoding(name)
        for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
            zeros = start[offset:4096:2]
            if zeros and zeros.count(0) > len(zeros) * 0.7:
                return Encoding(name)
        file.seek(0)
        good, bad = _utf8_evidence(file)
    if not bad:
        return Encoding("utf-8", sure=True)
    # A few broken characters among many sound ones are damage, not another encoding.
    return Encoding("utf-8" if good > bad else "cp1252")


def _utf8_evidence(file: BinaryIO) -> tuple[int, int]:
    """How many characters beyond ASCII are sound UTF-8, and how many bytes are not."""
    decoder, good, bad = codecs.getincrementaldecoder("utf-8")("replace"), 0, 0
    while chunk := file.read(CHUNK):
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(chunk)
        lost = text.count(LOST) - chunk.count(LOST.encode())
        bad += max(0, lost)
        good += sum(1 for c in text if c > "\x7f") - max(0, lost)
    return good, bad + decoder.decode(b"", True).count(LOST)


def find_delimiter(sample: str) -> str:
    """The one that cuts most records into as many cells as the header, into the most cells."""
    lines = sample.splitlines(keepends=True)

    def fitness(delimiter: str) -> tuple[float, int]:
        rows = islice(csv.reader(lines, delimiter=delimiter), 20)
        widths = [len(row) for row in rows if row]
        if not widths or widths[0] < 2:
            return 0.0, 0
        return sum(width == widths[0] for width in widths) / len(widths), widths[0]

    try:
        return max(DELIMITERS, key=fitness)
    except csv.Error:
        return ","


@dataclass(slots=True)
class _Lines:
    """Feeds csv.reader physical lines; can take back the ones a runaway record swallowed."""

    file: TextIO
    number: int = 0
    taken: list[str] = field(default_factory=list)
    back: deque[str] = field(default_factory=deque)
    size: int = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES or self.size > MOST_CHARACTERS:
            raise csv.Error("no end")
        line = self.back.popleft() if self.back else self._read()
        if not line:
            raise StopIteration
        self.taken.append(line)
        self.size += len(line)
        return line

    def _read(self) -> str:
        line = self.file.readline(LINE_LIMIT)
        if len(line) == LINE_LIMIT and line[-1] not in "\r\n":
            while (rest := self.file.readline(LINE_LIMIT)) and rest[-1] not in "\r\n":
                pass
        return line

    def next_record(self) -> int:
        """Begin a record; the number of its first line."""
        self.number += len(self.taken)
        self.taken, self.size = [], 0
        return self.number + 1

    def take_back(self) -> str:
        """Give back all but the first line of this record; answers that line."""
        first, *rest = self.taken
        self.back.extendleft(reversed(rest))
        self.taken = [first]
        return first


class Reader:
    """The records of an open file. Raises Unreadable when there is no usable header line.

    With `must_reach` the header must name a column to reach people by: nobody will correct it.
    With `keep_empty` rows of empty cells count as rows.
    """

    def __init__(
        self,
        file: TextIO,
        *,
        delimiter: str,
        sure: bool,
        must_reach: bool = True,
        keep_empty: bool = False,
    ) -> None:
        self._lines = _Lines(file)
        self._delimiter, self._sure, self._keep_empty = delimiter, sure, False
        self._reader = csv.reader(self._lines, delimiter=delimiter)
        self._width = 0
        header = next((record for record in self._records() if not record.problem), None)
        if header is None:
            raise Unreadable("is empty; its first line must name the columns")
        self.headers = [cell.strip() for cell in header.cells]
        self._width, self._keep_empty = len(self.headers), keep_empty
        self.columns: Columns = map_columns(self.headers)
        if must_reach and not self.columns.reachable:
            named = ", ".join(f"“{name[:40]}”" for name in self.headers[:8])
            raise Unreadable(
                "has no column for an e-mail address or a phone number; "
                f"its first line names {named}"
            )

    def __iter__(self) -> Iterator[Record]:
        return self._records()

    def _records(self) -> Iterator[Record]:
        while True:
            line = self._lines.next_record()
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._broken(line, error)
                continue
            if self._lines.size >= LINE_LIMIT or self._runs_on(cells):
                yield self._broken(line, csv.Error("no end"))
            elif any(cell.strip() for cell in cells) or (self._keep_empty and len(cells) > 1):
                yield self._checked(Record(line, cells))

    def _runs_on(self, cells: list[str]) -> bool:
        """Whether an open quote swallowed the lines after it: then they are read on their own."""
        taken = self._lines.taken
        if len(taken) < 2:
            return False
        odd = sum(text.count('"') for text in taken) % 2 == 1
        return odd or (self._width > 0 and len(self._trimmed(cells)) != self._width)

    def _broken(self, line: int, error: csv.Error) -> Record:
        text = self._lines.take_back()
        runs_on = str(error) == "no end"
        problem = "a quote is opened and never closed" if runs_on else f"can't be read: {error}"
        if "field larger" in str(error):
            problem = TOO_LONG
        if len(text) >= LINE_LIMIT:
            problem = f"the line is longer than {LINE_LIMIT:,} characters"
        # Cut without quoting, so that the refused row still shows what is in it.
        return Record(line, text.strip("\r\n")[:MOST_CHARACTERS].split(self._delimiter), problem)

    def _trimmed(self, cells: list[str]) -> list[str]:
        """Without the empty cells that spreadsheets leave at the end of a row."""
        while len(cells) > self._width and not cells[-1].strip():
            cells.pop()
        return cells

    def _checked(self, record: Record) -> Record:
        if not self._width:
            return record
        found = len(self._trimmed(record.cells))
        if found != self._width:
            record.problem = ragged(found, self._width)
        elif any(len(cell) > LONGEST_CELL for cell in record.cells):
            record.problem = TOO_LONG
        elif any("\x00" in cell for cell in record.cells):
            record.problem = "contains a NUL byte; the file is damaged here"
        elif not self._sure and any(LOST in cell for cell in record.cells):
            record.problem = "contains bytes that are no text in this encoding"
        return record


def ragged(found: int, width: int) -> str:
    """What is said of a row that is longer or shorter than the header."""
    return f"has {found} column{'' if found == 1 else 's'}, the header has {width}"
