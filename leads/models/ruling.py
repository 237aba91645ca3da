"""What both managers say about a disputed return."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from leads.models.handoff import Handoff
from leads.models.returned import Return


class RulingQuerySet(models.QuerySet["Ruling"]):
    def proposed(self) -> Self:
        """One side's manager says so, the other side's has not answered."""
        return self.filter(ruled_at=None, dropped_at=None)

    def agreed(self) -> Self:
        """Both sides' managers said so: these count."""
        return self.filter(ruled_at__isnull=False)


class Ruling(models.Model):
    """One proposal how to rule on a disputed return; agreed by the other side it is the ruling.

    Written by leads.rulings alone. What was declined or taken back stays to be read.
    """

    returned = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="rulings")
    outcome = models.CharField(max_length=12, choices=Return.Ruled.choices)
    reason = models.CharField(max_length=300)
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField()
    signed_for_marketing_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    signed_for_sales_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    ruled_at = models.DateTimeField(null=True)
    dropped_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    dropped_at = models.DateTimeField(null=True)
    # The handoff by which sales has the lead again, if it was overturned.
    sent = models.OneToOneField(
        Handoff, null=True, on_delete=models.SET_NULL, related_name="by_ruling"
    )

    objects = RulingQuerySet.as_manager()

    class Meta:
        ordering = ["proposed_at", "id"]
        constraints = [
            # Two managers at once: the second reads what the first proposed.
            models.UniqueConstraint(
                fields=["returned"], name="ruling_one_at_a_time", condition=Q(dropped_at=None)
            ),
            models.CheckConstraint(
                name="ruling_is_of_both",
                condition=Q(ruled_at=None)
                | Q(
                    dropped_at=None,
                    signed_for_marketing_by__isnull=False,
                    signed_for_sales_by__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="ruling_nobody_signs_twice",
                condition=Q(signed_for_marketing_by=None)
                | Q(signed_for_sales_by=None)
                | ~Q(signed_for_marketing_by=F("signed_for_sales_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.reason}"

    @property
    def proposed_for(self) -> str:
        """The side whose manager proposed it."""
        return "marketing" if self.proposed_by_id == self.signed_for_marketing_by_id else "sales"
