"""The secret link by which a calendar app reads somebody's agenda."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models

from accounts.models.people import User

SELDOM = timedelta(minutes=10)


class CalendarFeedManager(models.Manager["CalendarFeed"]):
    def issue(self, user: User, *, at: datetime) -> str:
        """A new link, which ends the one before; its secret is returned here and never again."""
        secret = secrets.token_urlsafe(32)
        self.update_or_create(
            user=user,
            defaults={"hash": CalendarFeed.hashed(secret), "made_at": at, "read_at": None},
        )
        return secret

    def for_secret(self, secret: str) -> "CalendarFeed | None":
        """The live link with this secret; its person must be active."""
        found = self.select_related("user").filter(user__is_active=True)
        return found.filter(hash=CalendarFeed.hashed(secret)).first()


class CalendarFeed(models.Model):
    """Of the secret only its SHA-256 is kept: 256 random bits need no slow hash."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="calendar_feed")
    hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    objects = CalendarFeedManager()

    def __str__(self) -> str:
        return f"Calendar of {self.user_id}"

    @staticmethod
    def hashed(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    def seen(self, *, at: datetime) -> None:
        """Note that an app asked, not more often than anybody looks."""
        if self.read_at is None or at - self.read_at > SELDOM:
            CalendarFeed.objects.filter(pk=self.pk).update(read_at=at)
