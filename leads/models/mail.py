"""E-mail between a person of ours and a lead: templates, what was sent, addresses that bounced."""

import secrets
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from accounts.models import Team, User
from leads.models.activity import Activity
from leads.models.handoff import Handoff
from leads.models.lead import Lead
from leads.models.meeting import Meeting
from leads.models.shared import SharedQuerySet


class MailTemplateQuerySet(SharedQuerySet["MailTemplate"]):
    """One's own templates, and those one's teams share."""


class MailTemplate(models.Model):
    """Words that are written again and again, with placeholders (leads.mail.placeholders)."""

    name = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # Whom it is shared with; nobody: it is one's own.
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE)
    changed_at = models.DateTimeField()
    # Taken away; kept for a while, so that it can be put back.
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = MailTemplateQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints = [
            models.UniqueConstraint(
                "by", Lower("name"), name="mail_template_name_once", condition=Q(removed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("template", args=[self.pk])


class SentMailQuerySet(models.QuerySet["SentMail"]):
    def under_way(self) -> Self:
        """Written, and neither gone out nor taken back."""
        return self.filter(sent_at=None, cancelled_at=None)


def new_token() -> str:
    """What a reply is known by: lower-case letters and digits, as addresses lose their case."""
    return secrets.token_hex(12)


class SentMail(models.Model):
    """One e-mail to a lead, written in one transaction, delivered by leads.mail.sending.

    `token` is in its Message-ID, the same in every attempt, and in the address replies go to.
    """

    token = models.CharField(max_length=24, unique=True, default=new_token, editable=False)
    # Of the form it was written in: a second click finds the first mail.
    once = models.UUIDField(unique=True)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="mails")
    # The handoff it was written on.
    handoff = models.ForeignKey(
        Handoff, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    sender = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    # An invitation, a change or a cancelling: what the calendar reads, and as what (RFC 5546).
    meeting = models.ForeignKey(Meeting, null=True, on_delete=models.CASCADE, related_name="mails")
    method = models.CharField(max_length=8, blank=True)
    calendar = models.TextField(blank=True)
    # Written because they booked, moved or called off: no touch of ours.
    automatic = models.BooleanField(default=False, db_default=False)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    written_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    cancelled_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    # Given up.
    dead_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    # It came back.
    bounced_at = models.DateTimeField(null=True)
    bounce = models.CharField(max_length=500, blank=True)
    activity = models.OneToOneField(
        Activity, null=True, on_delete=models.SET_NULL, related_name="mail"
    )

    objects = SentMailQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-id"]
        indexes = [
            # leads.mail.sending claims by this.
            models.Index(
                fields=["next_attempt_at"],
                name="mail_waiting",
                condition=Q(sent_at=None, cancelled_at=None, dead_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def can_be_taken_back(self) -> bool:
        """Until it was tried for the first time."""
        return not (self.attempts or self.cancelled_at or self.sent_at or self.dead_at)


class BadAddress(models.Model):
    """An address whose mail came back for good; nothing is sent there until somebody says so."""

    address = models.CharField(max_length=254, primary_key=True)
    since = models.DateTimeField()
    why = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return self.address

    @classmethod
    def note(cls, address: str, why: str, *, at: datetime) -> None:
        """Mail to it came back; the first time counts."""
        facts = {"since": at, "why": why[:500]}
        cls.objects.get_or_create(address=address.lower()[:254], defaults=facts)
