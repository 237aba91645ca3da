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

    def disputed(self) -> Self:
        """Marketing disagrees, and the managers have not ruled."""
        return self.filter(answer=Return.Answer.DISPUTED, ruling="")

    def visible_to(self, user: User) -> Self:
        """Returns this person has to do with: of leads they see, of handoffs they had."""
        if user.is_marketing:
            return self.filter(handoff__lead__in=Lead.objects.visible_to(user))
        # Of leads that are in the bin nothing is told.
        there = self.filter(handoff__lead__in=Lead.objects.values("pk"))
        had = Handoff.objects.offered_to(user)
        return there.filter(Q(handoff__in=had) | Q(returned_by=user))

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

    class Ruled(models.TextChoices):
        STANDS = "stands", "The return stands"
        OVERTURNED = "overturned", "Sales should have taken it"

    handoff = models.OneToOneField(Handoff, on_delete=models.CASCADE, related_name="returned")
    returned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    returned_at = models.DateTimeField()
    reason = models.CharField(max_length=24, choices=RejectReason.choices)
    note = models.TextField(blank=True)
    answer = models.CharField(max_length=12, choices=Answer.choices, blank=True)
    answer_note = models.TextField(blank=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    # What both managers said about a disputed one; why is in the Ruling.
    ruling = models.CharField(max_length=12, choices=Ruled.choices, blank=True)

    objects = ReturnQuerySet.as_manager()

    class Meta:
        ordering = ["returned_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="return_ruled_when_disputed", condition=Q(ruling="") | Q(answer="disputed")
            ),
        ]
        indexes = [
            models.Index(
                fields=["returned_at"], name="return_waiting", condition=Q(answered_at=None)
            ),
            models.Index(
                fields=["answered_at"],
                name="return_disputed",
                condition=Q(answer="disputed", ruling=""),
            ),
        ]

    def __str__(self) -> str:
        return f"Return of handoff {self.handoff_id}"

    @property
    def is_disputed(self) -> bool:
        """Whether it waits for the managers."""
        return self.answer == self.Answer.DISPUTED and not self.ruling
