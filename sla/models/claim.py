"""A typed time that waits for a manager."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from leads.models import Activity
from sla.models.clock import Clock


class ClaimQuerySet(models.QuerySet["Claim"]):
    def waiting(self) -> Self:
        """Nobody has decided yet."""
        return self.filter(state=Claim.State.WAITING)


class Claim(models.Model):
    """A time typed after the deadline that would have met the clock, had it been believed.

    Written by sla.clocks.following with the activity; decided in sla.clocks.claims. Until then
    the clock is missed.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for a manager"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        SETTLED = "settled", "Settled by other evidence"

    # No index of its own: claim_once begins with it.
    clock = models.ForeignKey(
        Clock, on_delete=models.CASCADE, related_name="claims", db_index=False
    )
    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="+")
    claimed_at = models.DateTimeField()
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["clock", "activity"], name="claim_once"),
            models.CheckConstraint(
                name="claim_decided_or_waiting",
                condition=Q(state="waiting", decided_at=None)
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["made_at"], name="claim_waiting", condition=Q(state="waiting")),
            models.Index(
                fields=["decided_at"], name="claim_decided", condition=Q(decided_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity} for clock {self.clock_id}"
