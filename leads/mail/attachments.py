"""What comes with a mail: named with its reply, and kept among the lead's files where it may be."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings

from accounts.refusals import Refused
from leads.files import keeping
from leads.mail.reading import Mail, Message, clean, content_type, header, parts
from leads.models import Activity

MOST = 20
LONGEST_NAME = 120


def most_bytes() -> int:
    """So much of a mail is fetched: words, and a file as large as one may be, as it travels."""
    return 2_000_000 + settings.FILE_MOST_BYTES * 7 // 5


def keep(activity: Activity, mail: Mail, *, at: datetime) -> None:
    """Keep what may be kept, in the caller's transaction, and name all of it with the reply."""
    found = [_one(activity, mail, part, at=at) for part in _attached(mail)]
    if found:
        activity.data["attachments"] = found
        activity.save(update_fields=["data"])


def _attached(mail: Mail) -> Iterator[Message]:
    """The parts that are files; not the words, nor the pictures among them, nor a calendar's."""
    count = 0
    for part in parts(mail.message):
        kind = content_type(part)
        if kind.startswith("multipart/") or kind in ("text/calendar", "application/ics"):
            continue
        disposition = header(part, "Content-Disposition").strip().lower()
        inline = kind.startswith("image/") and bool(header(part, "Content-ID"))
        is_file = disposition.startswith("attachment") or (_name(part) and not inline)
        if is_file and count < MOST:
            count += 1
            yield part


def _one(activity: Activity, mail: Mail, part: Message, *, at: datetime) -> dict[str, Any]:
    payload = _bytes(part)
    name = (_name(part) or "attachment")[:LONGEST_NAME]
    said: dict[str, Any] = {"name": name, "size": len(payload)}
    if mail.size >= most_bytes():
        return {**said, "why": "the mail is too large"}
    try:
        made, _ = keeping.keep(activity.lead, [payload], name, by=None, at=at, activity=activity)
    except Refused as refusal:
        return {**said, "why": refusal.facts.get("briefly", refusal.message)}
    except OSError as error:
        return {**said, "why": f"it could not be written: {error.strerror}"}
    return {**said, "file": made.pk}


def _name(part: Message) -> str:
    try:
        return clean(str(part.get_filename() or ""))
    except Exception:  # whatever its sender made of the rules
        return ""


def _bytes(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except Exception:
        return b""
    return payload if isinstance(payload, bytes) else b""
