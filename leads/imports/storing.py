"""Keep an imported file in PostgreSQL, and lay it out on this machine's disk to be read.

Rows of a megabyte, because web and workers may be on different machines and share nothing but
the database; it is backed up with it, and gone when the import's file is erased.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q

from leads.imports.limits import FORGOTTEN_DAYS, KEPT_DAYS, MIB
from leads.models import Import, ImportChunk


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(importing: Import, path: Path) -> None:
    """Write the file's bytes, in the caller's transaction; a megabyte at a time."""
    with path.open("rb") as file:
        number = 0
        while data := file.read(MIB):
            ImportChunk.objects.create(of=importing, number=number, data=data)
            number += 1


def _scratch(prefix: str) -> IO[bytes]:
    """A file on this machine's disk, gone when it is closed."""
    folder = Path(settings.VAR)
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.NamedTemporaryFile(dir=folder, prefix=prefix)


@contextmanager
def uploaded(upload: UploadedFile) -> Iterator[Path]:
    """The upload as a file on disk, as long as it is looked at."""
    with _scratch("upload-") as copy:
        for data in upload.chunks(MIB):
            copy.write(data)
        copy.flush()
        yield Path(copy.name)


@contextmanager
def laid_out(importing: Import, *, beat: Callable[[], None] | None = None) -> Iterator[Path]:
    """The stored file on this machine's disk; `beat` is called after every few megabytes."""
    with _scratch("import-") as copy:
        numbers = importing.chunks.order_by("number").values_list("number", flat=True)
        for number in list(numbers):
            copy.write(importing.chunks.values_list("data", flat=True).get(number=number))
            if beat and number % 16 == 15:
                beat()
        copy.flush()
        yield Path(copy.name)


def forget(*, at: datetime) -> int:
    """Erase what people's files held once nobody needs it: returns how many imports it was.

    A file that was never started goes altogether. Of an import long over the file goes, and the
    notes that an undo would need; its counts stay.
    """
    waiting = Import.objects.filter(state=Import.State.UPLOADED)
    forgotten, _ = waiting.filter(created_at__lt=at - timedelta(days=FORGOTTEN_DAYS)).delete()
    old = Q(ended_at__lt=at - timedelta(days=KEPT_DAYS), erased_at=None)
    count = 0
    for importing in Import.objects.filter(old).exclude(state__in=Import.UNDER_WAY):
        with transaction.atomic():
            importing.chunks.all().delete()
            importing.batches.all().delete()
            Import.objects.filter(pk=importing.pk).update(erased_at=at)
        count += 1
    return count + bool(forgotten)
