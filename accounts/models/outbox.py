"""Messages to people: the outbox row written with the fact, and the bell it ends up in."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models.people import User


class OutboxMessage(models.Model):
    """One thing to tell one person, written in the transaction of the fact itself.

    `id` is stable over every attempt. Messages that travel together share an `envelope`,
    which is fixed before the first attempt and names the e-mail (its Message-ID).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    # A fact that may be seen twice (two sweepers, a replay) tells a person once.
    dedupe_key = models.CharField(max_length=120, null=True)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    envelope = models.UUIDField(null=True)
    delivered_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            # Not `unique=True`, which adds a second index for LIKE.
            models.UniqueConstraint(fields=["dedupe_key"], name="outbox_tells_once"),
        ]
        indexes = [
            # accounts.outbox.relay claims by this.
            models.Index(
                fields=["next_attempt_at"],
                name="outbox_waiting",
                condition=Q(delivered_at=None, dead_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)


class Notification(models.Model):
    """A line in somebody's bell. `delivery_id` is its outbox row: a redelivery adds nothing."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    delivery_id = models.UUIDField(unique=True)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notification_by_user"),
            models.Index(fields=["user"], name="notification_unread", condition=Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return self.title
