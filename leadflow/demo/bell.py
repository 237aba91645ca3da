"""The demo's news: what is past counts as delivered, the last days of it hang in the bell."""

from datetime import datetime, timedelta

from django.db import connection

from accounts.models import Notification, OutboxMessage
from leadflow.demo.history import History

KEPT = timedelta(days=10)
# Nobody reads within minutes; what is older than so many working seconds has been read.
UNREAD = 3 * 3600
MOST_UNREAD = 6


def ring(history: History, *, at: datetime) -> None:
    """Mark every message delivered without sending one, and fill the bells."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_outboxmessage SET delivered_at = created_at + interval '2 seconds',"
            " attempts = 1, envelope = gen_random_uuid() WHERE delivered_at IS NULL"
        )
    messages = OutboxMessage.objects.filter(created_at__gte=at - KEPT)
    unread: dict[int, int] = {}
    lines = []
    for message in messages.order_by("-created_at", "title"):
        news = unread.setdefault(message.recipient_id, 0)
        hours = history.hours(history.logins[message.recipient_id])
        is_new = hours.elapsed(message.created_at, at) < UNREAD and news < MOST_UNREAD
        unread[message.recipient_id] += is_new
        lines.append(
            Notification(
                user_id=message.recipient_id,
                delivery_id=message.pk,
                kind=message.kind,
                title=message.title,
                body=message.body,
                url=message.url,
                created_at=message.created_at,
                read_at=None if is_new else min(at, message.created_at + timedelta(hours=1)),
            )
        )
    Notification.objects.bulk_create(reversed(lines), batch_size=500)
