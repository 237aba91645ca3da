"""The bytes of files, below FILES_DIR: written whole or not at all, under names of our own.

A file is written beside its place, forced to the disk and renamed into place before its row is
written: a crash in between leaves a file that no row knows, which `strays` finds, and never a row
that promises a file there is not. Whoever takes away a row does so before its file.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

KEY = re.compile(r"[0-9a-f]{32}")
COMING = "coming"


class TooLarge(Exception):
    """More bytes came than may be kept."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that is written and not in its place yet."""

    key: str
    path: Path
    size: int
    sha256: str


def place_of(key: str) -> Path:
    """Where a file lies. Raises ValueError for a key that is none of ours."""
    if not KEY.fullmatch(key):
        raise ValueError("not a key")
    return Path(settings.FILES_DIR) / key[:2] / key


def write(chunks: Iterable[bytes], *, most: int) -> Draft:
    """Write the bytes down, safe from a crash. Raises TooLarge, and then nothing is left."""
    key, digest, size = secrets.token_hex(16), hashlib.sha256(), 0
    folder = Path(settings.FILES_DIR) / COMING
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / key
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > most:
                    raise TooLarge
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Draft(key, path, size, digest.hexdigest())


def settle(draft: Draft) -> None:
    """Put a draft in its place, for good."""
    place = place_of(draft.key)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    draft.path.rename(place)
    for folder in (place.parent, place.parent.parent):
        _sync(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def drop(keys: Iterable[str]) -> None:
    """Erase the bytes; what is not there needs no erasing."""
    for key in keys:
        place_of(key).unlink(missing_ok=True)


def strays(before: datetime) -> Iterator[tuple[str, Path]]:
    """Every file last written before then, with its key: those whose rows the caller looks up."""
    root = Path(settings.FILES_DIR)
    for path in root.glob("*/*") if root.is_dir() else ():
        if KEY.fullmatch(path.name) and path.stat().st_mtime < before.timestamp():
            yield path.name, path
