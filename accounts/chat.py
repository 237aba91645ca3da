"""A person's own chat: an incoming webhook as Slack, Mattermost and others understand it.

It is a webhook with a person; what is told there are deliveries like any other, retried and given
up in the same way. Nobody but its owner sees the address, which is a secret of the chat's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts import audit
from accounts.models import OutboxMessage, User, Webhook, WebhookDelivery

# Texts longer than this are cut by the chats themselves, in the middle of a link.
LONGEST = 1000


def chat_of(person: User) -> Webhook | None:
    """Somebody's chat, if there is one."""
    return Webhook.objects.filter(person=person).first()


def connect(person: User, url: str, *, at: datetime) -> Webhook:
    """Tell this chat from now on; what waited for another goes with it."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # one after the other
        Webhook.objects.filter(person=person).delete()
        made = Webhook.objects.create(
            name=f"Chat of {person}"[:80], url=url, person=person, created_at=at, created_by=person
        )
        audit.record("chat_connected", made, by=person, at=at, facts={"host": made.host})
    return made


def disconnect(person: User, *, at: datetime) -> None:
    """Tell the chat nothing more."""
    with transaction.atomic():
        for webhook in Webhook.objects.filter(person=person):
            audit.record("chat_disconnected", webhook, by=person, at=at)
            webhook.delete()


def say(webhook: Webhook, messages: Sequence[OutboxMessage], *, at: datetime) -> None:
    """Write one delivery a message in the caller's transaction; a known one adds nothing."""
    WebhookDelivery.objects.bulk_create(
        (
            WebhookDelivery(
                webhook=webhook, event="notification", dedupe_key=f"chat:{m.pk}",
                body=_body(m.title, m.body, m.url), created_at=at, next_attempt_at=at,
            )
            for m in messages
        ),
        ignore_conflicts=True,
    )  # fmt: skip


def say_hello(webhook: Webhook, *, at: datetime) -> None:
    """A test, on the way that everything takes."""
    WebhookDelivery.objects.create(
        webhook=webhook, event="test", created_at=at, next_attempt_at=at,
        body=_body("leadflow can reach you here", "", "/profile/notifications/"),
    )  # fmt: skip


def _body(title: str, body: str, url: str) -> dict[str, Any]:
    """As an incoming webhook of Slack takes it (mrkdwn: &, < and > escaped, <address|words>)."""
    said = f"*{_escaped(' '.join(title.split()))}*"
    if body:
        said += f"\n{_escaped(body[:LONGEST])}"
    if url.startswith("/"):
        said += f"\n<{settings.SITE_URL}{url}|Open in leadflow>"
    return {"text": said}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
