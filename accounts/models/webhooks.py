"""Webhooks: addresses of other programs, and what is delivered to them."""

import base64
import hashlib
import hmac
import secrets
import uuid
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models.people import User


def new_salt() -> str:
    return secrets.token_hex(16)


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def of_the_company(self) -> "WebhookQuerySet":
        """Those an admin looks after; people's own chats are theirs (accounts.chat)."""
        return self.filter(person=None)


class Webhook(models.Model):
    """An address that is told of things, signed with a secret only its owner and we know.

    The secret is made of `salt` and SECRET_KEY and kept nowhere: a dump of the database does not
    give it away. Whoever changes SECRET_KEY gives each webhook a new secret.
    """

    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    salt = models.CharField(max_length=32, default=new_salt)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # Whose own chat it is; null for a program of the company's.
    person = models.OneToOneField(User, null=True, on_delete=models.CASCADE, related_name="chat")
    # How the last attempt went, in a few words.
    last_status = models.CharField(max_length=160, blank=True)
    last_attempt_at = models.DateTimeField(null=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def host(self) -> str:
        """What may be told of its address: the rest of it is often a secret of the receiver's."""
        return urlsplit(self.url).hostname or ""

    def secret(self) -> str:
        """The signing secret, as Standard Webhooks writes it: "whsec_" and base64."""
        return f"whsec_{base64.b64encode(self._key()).decode()}"

    def signature(self, delivery: uuid.UUID, body: bytes, *, at: datetime) -> str:
        """Of "id.timestamp.body" (standardwebhooks.com): HMAC-SHA256, base64."""
        said = f"{delivery}.{int(at.timestamp())}.".encode() + body
        return "v1," + base64.b64encode(hmac.digest(self._key(), said, "sha256")).decode()

    def _key(self) -> bytes:
        said = f"leadflow.webhook:{self.salt}".encode()
        return hmac.new(settings.SECRET_KEY.encode(), said, hashlib.sha256).digest()

    def renew_secret(self) -> None:
        """From now on another secret signs what is sent."""
        self.salt = new_salt()
        self.save(update_fields=["salt"])


class WebhookDelivery(models.Model):
    """One thing to tell one webhook, written in the transaction of the fact itself.

    `uid` is the same in every attempt, so that the receiver can tell a repetition.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    body = models.JSONField()
    dedupe_key = models.CharField(max_length=120, null=True)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_attempt_at = models.DateTimeField(null=True)
    last_status = models.CharField(max_length=160, blank=True)
    delivered_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["dedupe_key"], name="webhook_tells_once"),
        ]
        indexes = [
            # accounts.webhooks.deliver claims by this.
            models.Index(
                fields=["next_attempt_at"],
                name="webhook_waiting",
                condition=Q(delivered_at=None, dead_at=None),
            ),
            # accounts.webhooks.forget.
            models.Index(fields=["created_at"], name="webhook_delivery_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook_id}"

    @property
    def state(self) -> str:
        """Where it stands: "delivered", "given up", "failed, trying again" or "waiting"."""
        if self.delivered_at:
            return "delivered"
        if self.dead_at:
            return "given up"
        return "failed, trying again" if self.last_attempt_at else "waiting"
