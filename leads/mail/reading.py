"""Read a mail as it came, whatever its sender's program made of the rules.

Headers and texts are read one by one, so that one that is broken spoils no other. What can't be
read at all raises, and the mail is set aside by whoever called.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any, TypeAlias

from leads.mail.trimming import text_of_html, trimmed

MOST_PARTS = 200
MOST_TEXT = 500_000
# Characters of a header that are looked at.
LONGEST = 10_000
# As the library has it: what its parts are depends on the mail.
Message: TypeAlias = Any
IDS = re.compile(r"<([^<>\s]+)>")


class Patient(policy.EmailPolicy):
    """The library's way of reading headers, which takes minutes for one as long as a book."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return super().header_fetch_parse(
            name, value if hasattr(value, "name") else value[:LONGEST]
        )


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, read. Addresses are in lower case, `text` is without what it quotes."""

    message: Message
    key: str
    message_id: str
    refers_to: tuple[str, ...]
    sender: str
    recipients: tuple[str, ...]
    subject: str
    sent_at: datetime | None
    text: str
    size: int

    def header(self, name: str) -> str:
        return header(self.message, name)


def read(raw: bytes) -> Mail:
    """Read one mail from its bytes, in a time that grows with their number and no faster."""
    message = message_from_bytes(raw, policy=Patient())
    message_id = next(iter(IDS.findall(header(message, "Message-ID"))), "")
    senders = addresses(message, "From") or addresses(message, "Sender")
    known_by = message_id.encode("utf-8", "replace") if message_id else raw
    refers = f"{header(message, 'In-Reply-To')} {header(message, 'References')}"
    return Mail(
        message=message,
        key=hashlib.sha256(known_by).hexdigest(),
        message_id=message_id,
        refers_to=tuple(dict.fromkeys(IDS.findall(refers))),
        sender=senders[0] if senders else "",
        recipients=tuple(
            address
            for name in ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
            for address in addresses(message, name)
        ),
        subject=" ".join(header(message, "Subject").split())[:300],
        sent_at=_sent_at(message),
        text=_text(message),
        size=len(raw),
    )


def clean(text: str) -> str:
    """What the database takes: no NUL, no halves of characters."""
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return readable.replace("\x00", "")


def header(message: Message, name: str) -> str:
    """A header decoded, or as it stands where it can't be."""
    try:
        return clean(str(message.get(name) or ""))
    except Exception:
        raw = (value for key, value in message.raw_items() if key.lower() == name.lower())
        return clean(str(next(raw, "")))


def addresses(message: Message, name: str) -> list[str]:
    """The addresses of all headers of that name."""
    try:
        values = [clean(str(value)) for value in message.get_all(name) or []]
    except Exception:
        values = [header(message, name)]
    return [address.lower() for _, address in getaddresses(values) if "@" in address]


def content_type(part: Message) -> str:
    try:
        return part.get_content_type()
    except Exception:
        return "application/octet-stream"


def parts(message: Message) -> Iterator[Message]:
    """The mail's parts in their order, without looking into mails that are attached to it."""
    stack, seen = [message], 0
    while stack and seen < MOST_PARTS:
        part, seen = stack.pop(), seen + 1
        yield part
        inner = part.get_payload()
        if isinstance(inner, list) and content_type(part).startswith("multipart/"):
            stack.extend(reversed(inner))


def decoded(part: Message) -> str:
    """The text of a part, in the charset it names or, failing that, in one that fits."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return clean(str(part.get_payload() or ""))[:MOST_TEXT]
    payload = payload[: 4 * MOST_TEXT]
    for charset in (_charset(part), "utf-8"):
        try:
            return clean(payload.decode(charset))[:MOST_TEXT]
        except (LookupError, ValueError):
            continue
    return clean(payload.decode("cp1252", "replace"))[:MOST_TEXT]


def _charset(part: Message) -> str:
    try:
        return str(part.get_content_charset() or "utf-8")
    except Exception:
        return "utf-8"


def _text(message: Message) -> str:
    """What somebody wrote: the plain text, else the web page made readable."""
    html = ""
    for part in parts(message):
        kind = content_type(part)
        if kind not in ("text/plain", "text/html") or _attached(part):
            continue
        if kind == "text/plain" and (text := decoded(part)).strip():
            return trimmed(text)
        if kind == "text/html" and not html:
            html = decoded(part)
    return trimmed(text_of_html(html)) if html else ""


def _attached(part: Message) -> bool:
    return header(part, "Content-Disposition").strip().lower().startswith("attachment")


def _sent_at(message: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(header(message, "Date"))
        return found if found.tzinfo is not None else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
