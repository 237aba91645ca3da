"""An uploaded file becomes an import: looked at, kept, its columns guessed or remembered."""

from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from leads.importing import Unreadable
from leads.imports import mapping, own_fields, reading, storing
from leads.imports.dates import order_of
from leads.imports.limits import MIB, MOST_BYTES, MOST_WAITING, SAMPLED
from leads.imports.numbers import Style, style_of
from leads.models import Import

REMEMBERED = ("targets", "words", "dates", "numbers", "campaign", "duplicates", "hand_over")


def receive(upload: UploadedFile, *, by: User, at: datetime) -> Import:
    """Keep the file and propose what to do with it. Raises Unreadable, naming the remedy."""
    if not upload.size:
        raise Unreadable("is empty")
    if upload.size > MOST_BYTES:
        raise Unreadable(
            f"has {upload.size / MIB:,.0f} MB; at most {MOST_BYTES // MIB} MB fit in one import. "
            "Cut it into smaller files and import each"
        )
    with storing.uploaded(upload) as path:
        look = reading.look(path, records=SAMPLED)
        importing = Import(
            by=by,
            team=by.home_team,
            created_at=at,
            file_name=(upload.name or "file")[-255:],
            size=upload.size,
            sha256=storing.digest(path),
            format=look.format,
            encoding=look.encoding,
            encoding_is_sure=look.encoding_is_sure,
            delimiter=look.delimiter,
            headers=look.headers,
            fingerprint=mapping.fingerprint(look.headers),
        )
        _propose(importing, look)
        with transaction.atomic():
            importing.save()
            storing.keep(importing, path)
            waiting = Import.objects.filter(by=by, state=Import.State.UPLOADED)
            Import.objects.filter(pk__in=waiting.values("pk")[MOST_WAITING:]).delete()
    return importing


def read_again(importing: Import, *, encoding: str, delimiter: str) -> None:
    """Read a file that was not started in another encoding or with another delimiter.

    Its columns are proposed anew. Raises Unreadable and changes nothing when it can't be.
    """
    with storing.laid_out(importing) as path:
        look = reading.look(path, records=SAMPLED, encoding=encoding, delimiter=delimiter)
    importing.encoding, importing.encoding_is_sure = look.encoding, look.encoding_is_sure
    importing.delimiter, importing.headers = look.delimiter, look.headers
    importing.fingerprint = mapping.fingerprint(look.headers)
    importing.words, importing.dates = {}, ""
    _propose(importing, look)
    importing.save()


def _propose(importing: Import, look: reading.Look) -> None:
    before = mapping.remembered(importing, importing.by)
    if before is not None and len(before.targets) == len(importing.headers):
        for name in REMEMBERED:
            setattr(importing, name, getattr(before, name))
        return
    fields = own_fields.of_leads()
    importing.targets = mapping.guess(look.headers, look.sample, fields)
    days = {*mapping.DATES, *own_fields.days(fields)}
    for index, target in enumerate(importing.targets):
        if target in days and not importing.dates:
            importing.dates = order_of(mapping.values_of(look.sample, index))
    columns = range(len(importing.targets))
    own = [i for i in columns if importing.targets[i].startswith((mapping.KEEP, mapping.EXTRA))]
    styles = {style_of(mapping.values_of(look.sample, index)) for index in own}
    importing.numbers = Style.COMMA if Style.COMMA in styles else Style.POINT


def same_before(importing: Import, user: User) -> Import | None:
    """The last time this very file came in and was not taken out again."""
    alike = Import.objects.visible_to(user).filter(
        sha256=importing.sha256, state__in=[Import.State.RUNNING, *Import.ENDED]
    )
    return alike.exclude(pk=importing.pk).select_related("by").order_by("-created_at").first()
