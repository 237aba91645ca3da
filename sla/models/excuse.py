"""Why a miss was excused."""

from typing import Self

from django.db import models

from accounts.models import User
from sla.models.clock import Clock


class ExcuseQuerySet(models.QuerySet["Excuse"]):
    def standing(self) -> Self:
        """Those that were not taken back."""
        return self.filter(taken_back_at=None)


class Excuse(models.Model):
    """One excuse of one miss; taken back it stays on file. Written by sla.figures.excuses.

    The audit trail says who and when; the words are here, where they can be erased.
    """

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="excuses")
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)

    objects = ExcuseQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["clock"],
                name="one_excuse_a_clock",
                condition=models.Q(taken_back_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.reason
