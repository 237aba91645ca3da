"""What a file is, by its content: its name says what somebody called it and nothing more.

Only what is listed here is kept. Web pages and pictures that are programs (HTML, SVG) are not, nor
documents that carry macros, old Office formats, which may, and archives, which hide what they hold.
"""

import codecs
import re
import struct
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"
HEAD = 4096
MOST_PARTS = 20_000
# Bytes of a zip's list of its parts; in memory each of them grows more than tenfold.
MOST_LISTED = 2_000_000
LONGEST_NAME = 150
# Of the record at a zip's end, and with the longest comment behind it.
END, LOCATOR, LONG_END = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
SHORTEST_END, LONGEST_END = 22, 76 + 22 + 65_535


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind that may be kept. The first extension is given to a file that has none of them."""

    key: str
    words: str
    content_type: str
    extensions: tuple[str, ...]


KINDS = {
    kind.key: kind
    for kind in (
        FileKind("pdf", "PDF", "application/pdf", ("pdf",)),
        FileKind("png", "PNG", "image/png", ("png",)),
        FileKind("jpeg", "JPEG", "image/jpeg", ("jpg", "jpeg")),
        FileKind("gif", "GIF", "image/gif", ("gif",)),
        FileKind("webp", "WebP", "image/webp", ("webp",)),
        FileKind("docx", "Word", f"{OFFICE}.wordprocessingml.document", ("docx",)),
        FileKind("xlsx", "Excel", f"{OFFICE}.spreadsheetml.sheet", ("xlsx",)),
        FileKind("pptx", "PowerPoint", f"{OFFICE}.presentationml.presentation", ("pptx",)),
        FileKind("odt", "OpenDocument text", f"{OPEN}.text", ("odt",)),
        FileKind("ods", "OpenDocument table", f"{OPEN}.spreadsheet", ("ods",)),
        FileKind("odp", "OpenDocument slides", f"{OPEN}.presentation", ("odp",)),
        FileKind("text", "plain text and CSV", "text/plain; charset=utf-8",
                 ("txt", "csv", "tsv", "md", "log", "ics", "vcf", "json")),
    )
}  # fmt: skip
_STARTS = (
    ("pdf", re.compile(rb"%PDF-\d")),
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("jpeg", re.compile(rb"\xff\xd8\xff")),
    ("gif", re.compile(rb"GIF8[79]a")),
    ("webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
)
_FOLDERS = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_MACROS = re.compile(r"(?:^|/)vbaproject\.bin$|^(?:basic|scripts)/|(?:^|/)activex/", re.I)
# What nobody reads: control characters but tab, ends of lines and of pages.
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|head|body|svg|script|\?xml|iframe)", re.I)
_BAD_ZIP = (BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError,
            struct.error, zlib.error)  # fmt: skip


def recognise(path: Path) -> FileKind | None:
    """Which of KINDS a file is; None for anything else."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    for key, start in _STARTS:
        if start.match(head):
            return KINDS[key]
    if head.startswith(b"PK\x03\x04"):
        return _in_zip(path)
    return KINDS["text"] if _is_text(path, head) else None


def _lists_too_much(path: Path) -> bool:
    """Whether a zip says at its end, which is found as ZipFile finds it, that its list is long."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_END))
        tail = file.read()
    last = len(tail) - SHORTEST_END
    if last < 0 or not (tail.startswith(END, last) and tail.endswith(b"\0\0")):
        last = tail.rfind(END)
    if last < 0 or len(tail) < last + SHORTEST_END:
        return False  # no zip at all
    (listed,) = struct.unpack_from("<L", tail, last + 12)
    if tail.startswith(LOCATOR, last - 20) and last >= 76:  # the long form of the end
        if not tail.startswith(LONG_END, last - 76):
            return True
        (listed,) = struct.unpack_from("<Q", tail, last - 76 + 40)
    return bool(listed > MOST_LISTED)


def _in_zip(path: Path) -> FileKind | None:
    if _lists_too_much(path):
        return None
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
            if len(names) > MOST_PARTS or any(_MACROS.search(name) for name in names):
                return None
            if "[Content_Types].xml" in names:
                keys = {_FOLDERS[start] for start in _FOLDERS for n in names if n.startswith(start)}
                return KINDS[keys.pop()] if len(keys) == 1 else None
            with archive.open("mimetype") as file:
                said = file.read(100).decode("ascii", "replace").strip()
            return next((k for k in KINDS.values() if k.content_type == said), None)
    except (*_BAD_ZIP, KeyError):
        return None


def _is_text(path: Path, head: bytes) -> bool:
    """Whether all of it is UTF-8 that people can read, and no page of a browser."""
    if _MARKUP.match(head.removeprefix(codecs.BOM_UTF8)):
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(65_536):
                if _UNREADABLE.search(decoder.decode(chunk)):
                    return False
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def name_of(typed: str, kind: FileKind) -> str:
    """What it is called here: as its owner called it, less what a name can deceive with, and with
    an extension that tells the truth."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", typed))[-1]
    plain = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    plain = " ".join(plain.split()).strip(". ") or "file"
    stem, _, ending = plain.rpartition(".")
    if stem and ending.lower() in kind.extensions:
        return f"{stem[:LONGEST_NAME]}.{ending.lower()}"
    return f"{plain[:LONGEST_NAME]}.{kind.extensions[0]}"


def known(keys: Sequence[str]) -> str:
    """Kinds by name, for a sentence."""
    return ", ".join(KINDS[key].words for key in keys)
