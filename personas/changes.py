"""What one version says that the one before did not, in words."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a text: in both versions, only in the earlier, or only in the later."""

    how: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that says something else now."""

    what: str
    pieces: tuple[Piece, ...]

    @property
    def was(self) -> str:
        return "".join(piece.text for piece in self.pieces if piece.how != "come")

    @property
    def now(self) -> str:
        return "".join(piece.text for piece in self.pieces if piece.how != "gone")


def text_change(what: str, before: str, after: str) -> Iterable[Change]:
    """The change of a text, word by word; none when it is the same."""
    if before == after:
        return
    old, new = (re.findall(r"\s+|[^\s]+", text) for text in (before, after))
    pieces: list[Piece] = []
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for how, a, b, c, d in matcher.get_opcodes():
        if how == "equal":
            pieces.append(Piece("kept", "".join(old[a:b])))
            continue
        if a < b:
            pieces.append(Piece("gone", "".join(old[a:b])))
        if c < d:
            pieces.append(Piece("come", "".join(new[c:d])))
    yield Change(what, tuple(_joined(pieces)))


def lines_change(what: str, before: Iterable[str], after: Iterable[str]) -> Iterable[Change]:
    """Lines that are gone, and lines that have come; a change each."""
    old, new = list(before), list(after)
    for line in old:
        if line not in new:
            yield Change(what, (Piece("gone", line),))
    for line in new:
        if line not in old:
            yield Change(what, (Piece("come", line),))


def _joined(pieces: Iterable[Piece]) -> Iterable[Piece]:
    """A blank alone between two changes belongs to them: "a few words" change as one."""
    gone = come = ""
    for piece in pieces:
        if piece.how == "gone":
            gone += piece.text
        elif piece.how == "come":
            come += piece.text
        elif not piece.text.strip() and (gone or come):
            gone, come = gone + piece.text, come + piece.text
        else:
            yield from _flushed(gone, come)
            gone = come = ""
            yield piece
    yield from _flushed(gone, come)


def _flushed(gone: str, come: str) -> Iterable[Piece]:
    if gone:
        yield Piece("gone", gone)
    if come:
        yield Piece("come", come)
