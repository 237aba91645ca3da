"""The outbox: messages written with the fact, delivered by `relay` at least once.

A row is claimed by fixing its envelope in a committed transaction, then sent, then marked.
A crash in between sends the same envelope again, under the same Message-ID; the bell takes
each row once (unique delivery id). What goes to which channel, and when, each person chooses
(accounts.telling). In quiet hours, and while it is gathered, the bell rings and the e-mail waits:
what has not been tried yet goes without an envelope until it is due, and then travels in one.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.template.loader import render_to_string

from accounts import chat
from accounts.models import Notification, OutboxMessage
from accounts.quiet import quiet_until
from accounts.telling import Wishes, wishes_of
from accounts.writing import insert

log = structlog.get_logger(__name__)

BATCH = 1000
MOST_ATTEMPTS = 10
# A digest names so many; the bell has the rest.
MOST_LINES = 40
# How long a claimed row is left alone before another relay may take it.
CLAIM = timedelta(seconds=60)
LONGEST_WAIT = timedelta(hours=1)
UNCHATTED = {"webhook"}


def message(
    recipient_id: int,
    kind: str,
    title: str,
    body: str,
    url: str,
    *,
    at: datetime,
    dedupe_key: str | None = None,
) -> OutboxMessage:
    """One message, not saved yet."""
    return OutboxMessage(
        recipient_id=recipient_id,
        kind=kind,
        title=title[:300],
        body=body,
        url=url,
        created_at=at,
        next_attempt_at=at,
        dedupe_key=dedupe_key,
    )


def send(messages: Sequence[OutboxMessage]) -> None:
    """Write messages in the caller's transaction; one with a known dedupe key is dropped."""
    if messages:
        insert(messages, drop_known=True)


def forget(urls: Iterable[str], *, told_too: bool = False) -> None:
    """Take back what was to be told of pages that are no more, in the caller's transaction;
    `told_too` also what was told already."""
    gone = list(urls)
    if gone:
        messages = OutboxMessage.objects.filter(url__in=gone)
        (messages if told_too else messages.filter(delivered_at=None)).delete()
        Notification.objects.filter(url__in=gone).delete()


def relay(*, at: datetime, batch: int = BATCH) -> int:
    """Deliver what is waiting, one envelope a person; returns how many rows were delivered."""
    delivered = 0
    for envelope in _claim(at=at, batch=batch):
        delivered += _deliver(envelope, at=at)
    return delivered


def _claim(*, at: datetime, batch: int) -> list[uuid.UUID]:
    """Fix the envelopes of the next batch; what was claimed before keeps the one it has."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            WITH waiting AS (
                SELECT id, recipient_id, envelope FROM accounts_outboxmessage
                WHERE delivered_at IS NULL AND dead_at IS NULL AND next_attempt_at <= %(at)s
                -- After a night many people's fall due together: one person's stay together.
                ORDER BY next_attempt_at, recipient_id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
            ), people AS (
                SELECT recipient_id, gen_random_uuid() AS envelope
                FROM waiting WHERE envelope IS NULL GROUP BY recipient_id
            )
            UPDATE accounts_outboxmessage m
            SET envelope = coalesce(w.envelope, p.envelope),
                attempts = m.attempts + 1, next_attempt_at = %(until)s
            FROM waiting w LEFT JOIN people p USING (recipient_id)
            WHERE m.id = w.id RETURNING m.envelope
            """,
            {"at": at, "batch": batch, "until": at + CLAIM},
        )
        return list(dict.fromkeys(row[0] for row in cursor.fetchall()))


def _deliver(envelope: uuid.UUID, *, at: datetime) -> int:
    messages = list(
        OutboxMessage.objects.filter(envelope=envelope, delivered_at=None, dead_at=None)
        .select_related("recipient")
        .order_by("created_at", "id")
    )
    if not messages:
        return 0
    wishes = wishes_of(messages[0].recipient)
    dues = {m.pk: wishes.mail_due(m.kind, written_at=m.created_at, at=at) for m in messages}
    now = [m for m in messages if dues[m.pk] == at]
    silent = [m for m in messages if dues[m.pk] is None]
    try:
        _ring([m for m in messages if wishes.rings(m.kind)])
        _chat(wishes, messages, at=at)
        _hold([(m, due) for m in messages if (due := dues[m.pk]) is not None and due > at])
        if now:
            _mail(envelope, now)
    except Exception as error:
        _postpone([*now, *silent], error, at=at)
        return 0
    done = [m.pk for m in (*now, *silent)]
    return OutboxMessage.objects.filter(pk__in=done).update(delivered_at=at)


def _chat(wishes: Wishes, messages: Sequence[OutboxMessage], *, at: datetime) -> None:
    """Into the person's own chat, when its quiet is over. What a chat does not take is no news
    for it, and what was written before it was connected may have been told to the one before."""
    wanted = [m for m in messages if m.kind not in UNCHATTED and wishes.of(m.kind).chat]
    webhook = chat.chat_of(wishes.person) if wanted else None
    if webhook is not None:
        since = [m for m in wanted if m.created_at >= webhook.created_at]
        chat.say(webhook, since, at=quiet_until(wishes.person, at) or at)


def _ring(messages: Iterable[OutboxMessage]) -> None:
    Notification.objects.bulk_create(
        (
            Notification(
                user_id=m.recipient_id,
                delivery_id=m.pk,
                kind=m.kind,
                title=m.title,
                body=m.body,
                url=m.url,
                created_at=m.created_at,
            )
            for m in messages
        ),
        ignore_conflicts=True,
    )


def _mail(envelope: uuid.UUID, messages: list[OutboxMessage]) -> None:
    """One e-mail: the message itself, or one digest of several."""
    person = messages[0].recipient
    name = "message" if len(messages) == 1 else "digest"
    context = {
        "person": person,
        "count": len(messages),
        "messages": messages[:MOST_LINES],
        "more": max(0, len(messages) - MOST_LINES),
        "site": settings.SITE_URL,
    }
    subject = render_to_string(f"emails/{name}.subject", context).strip()
    mail = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string(f"emails/{name}.txt", context),
        to=[person.email],
        headers={"Message-ID": f"<{envelope}@{settings.MAIL_DOMAIN}>"},
    )
    mail.attach_alternative(render_to_string(f"emails/{name}.html", context), "text/html")
    mail.send()


def _hold(waiting: list[tuple[OutboxMessage, datetime]]) -> None:
    """Let e-mails wait. One that may have been sent already keeps the envelope it went in."""
    for m, until in waiting:
        m.next_attempt_at = until
        m.attempts -= 1
        if m.attempts == 0:
            m.envelope = None
    held = [m for m, _ in waiting]
    OutboxMessage.objects.bulk_update(held, ["next_attempt_at", "attempts", "envelope"])


def _postpone(messages: list[OutboxMessage], error: Exception, *, at: datetime) -> None:
    """Try again later, each time after twice as long; give up, visibly, after ten times."""
    for m in messages:
        wait = min(timedelta(seconds=5 * 2**m.attempts), LONGEST_WAIT)
        m.next_attempt_at = at + wait
        m.last_error = f"{type(error).__name__}: {error}"[:500]
        m.dead_at = at if m.attempts >= MOST_ATTEMPTS else None
    OutboxMessage.objects.bulk_update(messages, ["next_attempt_at", "last_error", "dead_at"])
    log.warning(
        "outbox_postponed",
        envelope=str(messages[0].envelope),
        rows=len(messages),
        error=type(error).__name__,
    )
