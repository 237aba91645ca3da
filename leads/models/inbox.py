"""The mailbox that leads answer into: how far it was read, and what became of each mail."""

from django.db import models
from django.db.models import Q

from leads.models.activity import Activity
from leads.models.lead import Lead
from leads.models.mail import SentMail


class Mailbox(models.Model):
    """One folder on one server, read from `last_uid` on; nothing in it is changed."""

    name = models.CharField(max_length=300, unique=True)
    # Mail from before that day is none of ours.
    since = models.DateField()
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "mailboxes"

    def __str__(self) -> str:
        return self.name


class ReceivedMail(models.Model):
    """One mail that came in, known by `key`: the same one again changes nothing.

    Of mail that has nothing to do with a lead no word is kept.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", "Reply"
        AUTO_REPLY = "auto_reply", "Automatic reply"
        BOUNCE = "bounce", "Came back"
        DELAYED = "delayed", "Delayed, the server goes on trying"
        OURS = "ours", "Our own mail"
        UNKNOWN = "unknown", "Nobody we know"
        ASIDE = "aside", "Set aside after an error"

    key = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.UNKNOWN)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    lead = models.ForeignKey(
        Lead, null=True, on_delete=models.CASCADE, related_name="received", db_index=False
    )
    sent = models.ForeignKey(
        SentMail, null=True, on_delete=models.SET_NULL, related_name="answers", db_index=False
    )
    activity = models.OneToOneField(
        Activity, null=True, on_delete=models.SET_NULL, related_name="received_mail"
    )
    # Of what was set aside: what went wrong, and the mail as it came.
    error = models.CharField(max_length=500, blank=True)
    raw = models.BinaryField(null=True)

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["recorded_at"], name="mail_set_aside", condition=Q(kind="aside")),
            models.Index(fields=["lead"], name="mail_of_lead", condition=Q(lead__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.received_at:%Y-%m-%d %H:%M}"
