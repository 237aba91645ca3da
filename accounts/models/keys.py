"""API keys and the memory of requests that may be repeated."""

import hashlib
import secrets
from datetime import datetime

from django.db import models

from accounts.models.people import User


class ApiKeyManager(models.Manager["ApiKey"]):
    def issue(self, user: User, *, scope: str, label: str = "") -> tuple["ApiKey", str]:
        """Make a key; the text is returned here once and can't be read again."""
        prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        text = f"lf_{prefix}_{secret}"
        key = self.create(
            user=user, scope=scope, label=label, prefix=prefix, hash=ApiKey.hashed(text)
        )
        return key, text

    def for_text(self, text: str) -> "ApiKey | None":
        """The live key a caller shows, or None; its person must be active."""
        return (
            self.select_related("user")
            .filter(hash=ApiKey.hashed(text), revoked_at=None, user__is_active=True)
            .first()
        )


class ApiKey(models.Model):
    """A secret for programs. Only its SHA-256 is kept: 256 random bits need no slow hash."""

    class Scope(models.TextChoices):
        CAPTURE = "capture", "Capture leads only"
        FULL = "full", "All its person may do"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    label = models.CharField(max_length=80, blank=True)
    scope = models.CharField(max_length=16, choices=Scope.choices)
    prefix = models.CharField(max_length=8)
    hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyManager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"lf_{self.prefix}_…"

    @staticmethod
    def hashed(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    def revoke(self, *, at: datetime) -> None:
        """End the key; doing it twice keeps the first instant."""
        ApiKey.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=at)


class IdempotentRequest(models.Model):
    """The answer given to an `Idempotency-Key`, so that a repeat changes nothing."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return self.key
