"""Makes imports for the tests of this folder, without the browser."""

import csv
import io
from collections.abc import Sequence

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.instants import database_now
from accounts.models import User
from leads.imports import arriving, running
from leads.models import Import


def table(rows: Sequence[Sequence[object]], *, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


def received(data: bytes, by: User, name: str = "leads.csv", **choices: object) -> Import:
    """An uploaded file with its columns as proposed, and `choices` on top."""
    importing = arriving.receive(SimpleUploadedFile(name, data), by=by, at=database_now())
    if choices:
        Import.objects.filter(pk=importing.pk).update(**choices)
        importing = Import.objects.get(pk=importing.pk)
    return importing


def imported(data: bytes, by: User, name: str = "leads.csv", **choices: object) -> Import:
    """The same, run to its end."""
    importing = received(data, by, name, **choices)
    running.start(importing, by=by, at=database_now())
    return worked(importing)


def worked(importing: Import) -> Import:
    """As a worker would: until it is over."""
    while not running.run(importing.pk, at=database_now()):
        pass
    return Import.objects.get(pk=importing.pk)


def counts(importing: Import) -> tuple[int, int, int, int]:
    return importing.created, importing.merged, importing.unchanged, importing.refused
