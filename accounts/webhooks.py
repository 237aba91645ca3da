"""Webhooks: rows written with the fact, delivered by `deliver` at least once under one id.

A row is claimed in a committed transaction, then sent, then marked. A crash in between sends it
again with the same id. What fails is tried again, each time after twice as long, and given up,
visibly, after twelve attempts (about six hours).
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.urls import reverse

from accounts import calling_out, outbox
from accounts.calling_out import NoAnswer, Unsafe, status_words
from accounts.models import User, Webhook, WebhookDelivery

log = structlog.get_logger(__name__)

BATCH = 20
MOST_ATTEMPTS = 12
# How long a claimed row is left alone before another may take it: longer than a run.
CLAIM = timedelta(minutes=5)
# Seconds after which a run puts back what it has not come to.
RUN = 60.0
# How long the other deliveries of a webhook wait when one has failed.
REST = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
TEST = "test"

CLAIM_SQL = """
WITH waiting AS (
    SELECT d.id FROM accounts_webhookdelivery d JOIN accounts_webhook w ON w.id = d.webhook_id
    WHERE d.delivered_at IS NULL AND d.dead_at IS NULL AND d.next_attempt_at <= %(at)s
        AND w.is_active
    ORDER BY d.next_attempt_at LIMIT %(batch)s FOR UPDATE OF d SKIP LOCKED
)
UPDATE accounts_webhookdelivery d SET attempts = d.attempts + 1, next_attempt_at = %(until)s
FROM waiting WHERE d.id = waiting.id RETURNING d.id
"""


def tell(webhook: Webhook, event: str, data: Mapping[str, Any], *, at: datetime) -> WebhookDelivery:
    """Write one delivery in the caller's transaction."""
    return WebhookDelivery.objects.create(
        webhook=webhook, event=event, created_at=at, next_attempt_at=at,
        body={"type": event, "timestamp": at.isoformat(), "data": dict(data)},
    )  # fmt: skip


def again(delivery: WebhookDelivery, *, at: datetime) -> None:
    """Send it once more, under the same id, whatever became of it."""
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        delivered_at=None, dead_at=None, attempts=0, next_attempt_at=at, last_attempt_at=None
    )


def deliver(*, at: datetime, batch: int = BATCH) -> int:
    """Deliver what is waiting; returns how many were taken by the other side."""
    done, failing, until = 0, set(), monotonic() + RUN
    for pk in _claim(at=at, batch=batch):
        delivery = WebhookDelivery.objects.select_related("webhook").filter(pk=pk).first()
        if delivery is None:  # its chat was taken away since it was claimed
            continue
        if delivery.webhook_id in failing or monotonic() > until:
            _put_back(delivery, at=at)
        elif _attempt(delivery, at=at):
            done += 1
        else:
            failing.add(delivery.webhook_id)
            _rest(delivery, at=at)
    return done


def _claim(*, at: datetime, batch: int) -> list[int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM_SQL, {"at": at, "batch": batch, "until": at + CLAIM})
        return sorted(row[0] for row in cursor.fetchall())


def body_of(delivery: WebhookDelivery) -> bytes:
    """What is sent: the same bytes in every attempt."""
    return json.dumps(
        delivery.body, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def _attempt(delivery: WebhookDelivery, *, at: datetime) -> bool:
    webhook, body = delivery.webhook, body_of(delivery)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "leadflow",
        "webhook-id": str(delivery.uid),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": webhook.signature(delivery.uid, body, at=at),
    }
    try:
        status = calling_out.post(webhook.url, body, headers)
    except (Unsafe, NoAnswer) as error:
        taken, said = False, str(error)[:160]
    else:
        taken, said = 200 <= status < 300, status_words(status)
    _mark(delivery, taken, said, at=at)
    return taken


def _mark(delivery: WebhookDelivery, taken: bool, said: str, *, at: datetime) -> None:
    facts: dict[str, Any] = {"last_status": said, "last_attempt_at": at}
    Webhook.objects.filter(pk=delivery.webhook_id).update(**facts)
    if taken:
        facts["delivered_at"] = at
    else:
        wait = min(timedelta(seconds=5 * 2**delivery.attempts), LONGEST_WAIT)
        facts["next_attempt_at"] = at + wait
        facts["dead_at"] = at if delivery.attempts >= MOST_ATTEMPTS else None
        log.warning("webhook_failed", webhook=delivery.webhook_id, attempts=delivery.attempts)
    with transaction.atomic():
        WebhookDelivery.objects.filter(pk=delivery.pk).update(**facts)
        if facts.get("dead_at"):
            _tell_who_minds(delivery, said, at=at)


def _tell_who_minds(delivery: WebhookDelivery, said: str, *, at: datetime) -> None:
    """The admins, or whose chat it is: one line a day and webhook, however much was given up."""
    webhook = delivery.webhook
    if webhook.person_id is not None:
        outbox.send([
            outbox.message(
                webhook.person_id, "webhook", "Your chat does not answer",
                f"{said}. It was tried {MOST_ATTEMPTS} times; look at its address.",
                reverse("telling"), at=at, dedupe_key=f"webhook-dead:{webhook.pk}:{at:%Y-%m-%d}",
            )
        ])  # fmt: skip
        return
    outbox.send([
        outbox.message(
            admin, "webhook", f"The webhook {webhook} does not answer",
            f"{said}. It was tried {MOST_ATTEMPTS} times; what was given up can be sent again.",
            reverse("webhook", args=[webhook.pk]), at=at,
            dedupe_key=f"webhook-dead:{webhook.pk}:{at:%Y-%m-%d}:{admin}",
        )
        for admin in User.objects.admins().values_list("pk", flat=True)
    ])  # fmt: skip


def _put_back(delivery: WebhookDelivery, *, at: datetime) -> None:
    """Claimed and not tried: as if it had not been claimed, a little later."""
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        attempts=F("attempts") - 1, next_attempt_at=at + REST
    )


def _rest(failed: WebhookDelivery, *, at: datetime) -> None:
    """Leave a webhook alone that has just failed, so that it does not hold up the others."""
    WebhookDelivery.objects.filter(
        webhook=failed.webhook_id, delivered_at=None, dead_at=None, next_attempt_at__lte=at
    ).exclude(pk=failed.pk).update(next_attempt_at=at + REST)


def forget(*, before: datetime) -> int:
    """Drop old deliveries, whatever became of them; returns how many."""
    return WebhookDelivery.objects.filter(created_at__lt=before).delete()[0]
