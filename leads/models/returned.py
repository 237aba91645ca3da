"""The return: a rejected lead on its way through marketing's answer."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from leads.models.handoff import Handoff, RejectReason
from leads.models.lead import Lead


class ReturnQuerySet(models.QuerySet["Return"]):
    def waiting(self) -> Self:
        """Marketing has not answered yet."""
        return self.filter(answered_at=None)

    def answerable_by(self, user: User) -> Self:
        """Returns whose answer this person may give."""
        if not user.is_marketing:
            return self.none()
        return self.filter(handoff__lead__in=Lead.objects.visible_to(user))


class Return(models.Model):
    """A rejected lead on its way through marketing's answer."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", "Agreed: back to nurture"
        FIXED = "fixed", "Fixed and sent again"
        DISPUTED = "disputed", "Disputed"

    handoff = models.OneToOneField(Handoff, on_delete=models.CASCADE, related_name="returned")
    returned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    returned_at = models.DateTimeField()
    reason = models.CharField(max_length=24, choices=RejectReason.choices)
    note = models.TextField(blank=True)
    answer = models.CharField(max_length=12, choices=Answer.choices, blank=True)
    answer_note = models.TextField(blank=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = ReturnQuerySet.as_manager()

    class Meta:
        ordering = ["returned_at", "id"]
        indexes = [
            models.Index(
                fields=["returned_at"], name="return_waiting", condition=Q(answered_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"Return of handoff {self.handoff_id}"
