"""Keep a file on a lead, remove it, put it back, erase it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat

from accounts import audit
from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads.activities import as_it_is_now
from leads.files import disk
from leads.files.kinds import FileKind, known, name_of, recognise
from leads.models import Activity, Lead, LeadFile

# For so long what was removed can be put back.
PUT_BACK = timedelta(days=1)


def keep(
    lead: Lead,
    chunks: Iterable[bytes],
    name: str,
    *,
    by: User | None,
    at: datetime,
    activity: Activity | None = None,
) -> tuple[LeadFile, bool]:
    """Keep one file; returns it, and whether it was not there already.

    Raises Refused for one that is empty, too large, of no kind that may be kept, or more than the
    lead has room for; Conflict when the lead is gone.
    """
    draft = _written(chunks, name)
    try:
        kind = _kind(draft, name)
        with transaction.atomic():
            now, _ = as_it_is_now(lead)
            alike = LeadFile.objects.kept().filter(lead=now, sha256=draft.sha256)
            same = alike.exclude(state=LeadFile.State.INFECTED).first()
            if same is not None:
                return same, False
            _refuse_beyond_room(now, draft, name)
            # Its bytes before its row: leads.files.disk says why.
            disk.settle(draft)
            made = LeadFile.objects.create(
                key=draft.key, lead=now, name=name_of(name, kind), kind=kind.key, size=draft.size,
                sha256=draft.sha256, by=by, activity=activity, at=at, next_scan_at=at,
            )  # fmt: skip
            audit.record("file_kept", now, by=by, at=at, facts={"file": made.pk, "size": made.size})
            return made, True
    finally:
        draft.path.unlink(missing_ok=True)


def _written(chunks: Iterable[bytes], name: str) -> disk.Draft:
    try:
        return disk.write(chunks, most=settings.FILE_MOST_BYTES)
    except disk.TooLarge:
        most = filesizeformat(settings.FILE_MOST_BYTES)
        said = f"“{name[:100]}” is larger than {most}, the most a file may have."
        raise _refused(said, f"larger than {most}") from None


def _kind(draft: disk.Draft, name: str) -> FileKind:
    if not draft.size:
        raise _refused(f"“{name[:100]}” is empty.", "empty")
    kind = recognise(draft.path)
    if kind is None or kind.key not in settings.FILE_KINDS:
        raise _refused(
            f"“{name[:100]}” is, by its content, of no kind that is kept here. These are: "
            f"{known(settings.FILE_KINDS)}; none with macros.",
            "of no kind that is kept",
        )
    return kind


def _refuse_beyond_room(lead: Lead, draft: disk.Draft, name: str) -> None:
    kept = LeadFile.objects.kept().filter(lead=lead).aggregate(size=Sum("size"))["size"] or 0
    if kept + draft.size > settings.FILES_A_LEAD_BYTES:
        most, left = settings.FILES_A_LEAD_BYTES, settings.FILES_A_LEAD_BYTES - kept
        raise _refused(
            f"There is no room for “{name[:100]}” ({filesizeformat(draft.size)}): a lead's files "
            f"may have {filesizeformat(most)}, and {filesizeformat(max(left, 0))} of it are left. "
            "Remove one first.",
            "no room for it",
        )


def _refused(said: str, briefly: str) -> Refused:
    return Refused(said, fields={"file": said}, facts={"briefly": briefly})


def remove(file: LeadFile, *, by: User, at: datetime) -> None:
    """Take a file away; for a day it can be put back. Twice changes nothing."""
    with transaction.atomic():
        if LeadFile.objects.kept().filter(pk=file.pk).update(removed_at=at):
            facts = {"file": file.pk}
            audit.record("file_removed", file.lead, by=by, at=at, facts=facts)


def put_back(file: LeadFile, *, by: User, at: datetime) -> None:
    """Undo a removal. Raises Conflict when it is erased already."""
    with transaction.atomic():
        there = LeadFile.objects.filter(pk=file.pk)
        if not there.exists():
            raise Conflict(f"“{file}” is erased already.", code="gone")
        if there.exclude(removed_at=None).update(removed_at=None):
            audit.record("file_put_back", file.lead, by=by, at=at, facts={"file": file.pk})


def erase(files: Sequence[LeadFile]) -> None:
    """Erase for good, in the caller's transaction: the rows now, the bytes once that is true."""
    keys = [file.key for file in files]
    LeadFile.objects.filter(pk__in=[file.pk for file in files]).delete()
    transaction.on_commit(lambda: disk.drop(keys))


def tidy(*, at: datetime) -> tuple[int, int]:
    """Erase what was removed long enough ago, and bytes that no row knows; how many of each."""
    with transaction.atomic():
        removed = LeadFile.objects.filter(removed_at__lte=at - PUT_BACK)
        gone = list(removed.select_for_update(skip_locked=True))
        erase(gone)
    old = dict(disk.strays(at - PUT_BACK))
    known_keys = set(LeadFile.objects.filter(key__in=old).values_list("key", flat=True))
    known_keys.update(file.key for file in gone)  # erased once that is true
    unknown = [path for key, path in old.items() if key not in known_keys]
    for path in unknown:
        path.unlink(missing_ok=True)
    return len(gone), len(unknown)
