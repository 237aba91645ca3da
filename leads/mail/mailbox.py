"""Look into the mailbox that leads answer into (IMAP), and take in what is new.

Nothing there is changed, not even what is unread. How far it was read stands in `Mailbox`, and is
moved on with each mail; a mail that was taken in twice is known by its key.
"""

import imaplib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.urls import reverse

from accounts import outbox
from accounts.models import User
from leads.mail.attachments import most_bytes
from leads.mail.receiving import receive
from leads.models import Mailbox

log = structlog.get_logger(__name__)

BATCH = 100
MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
TIMEOUT = 20
# So long a mailbox may be out of reach before the admins are told.
PATIENCE = timedelta(minutes=15)


def fetch(*, at: datetime) -> int:
    """Take in what came since the last look; returns how many mails. Nothing without IMAP_URL."""
    if settings.IMAP is None:
        return 0
    box, _ = Mailbox.objects.get_or_create(
        name=settings.IMAP["NAME"], defaults={"since": at.date()}
    )
    try:
        taken = _look(box, at=at)
    except (OSError, imaplib.IMAP4.error) as error:
        _out_of_reach(box, error, at=at)
        return 0
    Mailbox.objects.filter(pk=box.pk).update(looked_at=at, failing_since=None, last_error="")
    return taken


def _look(box: Mailbox, *, at: datetime) -> int:
    taken = 0
    with _connected() as imap:
        _select(imap, box)
        for uid in _new(imap, box):
            found = _one(imap, uid)
            if found is not None:
                receive(found[1], arrived_at=found[0] or at, at=at)
                taken += 1
            Mailbox.objects.filter(pk=box.pk, last_uid__lt=uid).update(last_uid=uid)
    return taken


@contextmanager
def _connected() -> Iterator[imaplib.IMAP4]:
    server: Any = settings.IMAP
    kind = imaplib.IMAP4_SSL if server["SSL"] else imaplib.IMAP4
    imap = kind(server["HOST"], server["PORT"], timeout=TIMEOUT)
    try:
        if server["STARTTLS"]:
            imap.starttls()
        imap.login(server["USER"], server["PASSWORD"])
        yield imap
    finally:
        try:
            imap.logout()
        except (OSError, imaplib.IMAP4.error):
            imap.shutdown()


def _select(imap: imaplib.IMAP4, box: Mailbox) -> None:
    """Open the folder; numbered anew by the server, it is read from the beginning."""
    server: Any = settings.IMAP
    folder = server["FOLDER"].replace("\\", "\\\\").replace('"', '\\"')
    status, said = imap.select(f'"{folder}"', readonly=True)
    if status != "OK":
        raise imaplib.IMAP4.error(f"There is no folder {folder}: {said!r}"[:300])
    validity = imap.response("UIDVALIDITY")[1]
    number = int(validity[0]) if validity and validity[0] else 0
    if number != box.uid_validity:
        box.uid_validity, box.last_uid = number, 0
        box.save(update_fields=["uid_validity", "last_uid"])


def _new(imap: imaplib.IMAP4, box: Mailbox) -> list[int]:
    # The server's names of months, whatever the machine's language.
    month = MONTHS[3 * box.since.month - 3 : 3 * box.since.month]
    since = f"{box.since.day:02}-{month}-{box.since.year}"
    status, said = imap.uid("SEARCH", "UID", f"{box.last_uid + 1}:*", "SINCE", since)
    if status != "OK":
        raise imaplib.IMAP4.error(f"The server can't search: {said!r}"[:300])
    numbers = [int(number) for number in ((said and said[0]) or b"").split()]
    # “5:*” names the last mail even where its number is below five.
    return sorted(number for number in numbers if number > box.last_uid)[:BATCH]


def _one(imap: imaplib.IMAP4, uid: int) -> tuple[datetime | None, bytes] | None:
    """When a mail came, and its bytes; None for one that is gone meanwhile."""
    wanted = f"(INTERNALDATE BODY.PEEK[]<0.{most_bytes()}>)"
    status, said = imap.uid("FETCH", str(uid), wanted)
    found = [part for part in said or [] if isinstance(part, tuple)]
    if status != "OK" or not found:
        return None
    words = b" ".join(part if isinstance(part, bytes) else part[0] for part in said if part)
    stamp = re.search(rb'INTERNALDATE "[^"]+"', words)
    local = imaplib.Internaldate2tuple(stamp[0]) if stamp else None
    arrived = datetime.fromtimestamp(time.mktime(local), UTC) if local else None
    return arrived, found[0][1]


def _out_of_reach(box: Mailbox, error: Exception, *, at: datetime) -> None:
    """Say so once a day when it lasts; what waits there is taken in later."""
    said = f"{type(error).__name__}: {error}"[:500]
    log.warning("mailbox_out_of_reach", error=said)
    since = box.failing_since or at
    Mailbox.objects.filter(pk=box.pk).update(failing_since=since, last_error=said)
    if at - since < PATIENCE:
        return
    title = "The mailbox of leads' answers is out of reach"
    outbox.send([
        outbox.message(
            admin, "mail", title, said, reverse("mailbox"), at=at,
            dedupe_key=f"mailbox:{box.pk}:{at:%Y-%m-%d}:{admin}",
        )
        for admin in User.objects.admins().values_list("pk", flat=True)
    ])  # fmt: skip
