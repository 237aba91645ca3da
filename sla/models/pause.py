"""A stretch of time in which a clock stands still."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from sla.models.clock import Clock


class PauseQuerySet(models.QuerySet["Pause"]):
    def open(self) -> Self:
        """Not over yet."""
        return self.filter(ended_at=None)


class Pause(models.Model):
    """One clock, paused from `started_at` until `until` (None: until somebody resumes it).

    A clock with several stands still until the last of them is over. Written by sla.clocks.pausing.
    """

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="pauses")
    started_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    # When it was over: resumed, or the clock answered or voided meanwhile.
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40)
    by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = PauseQuerySet.as_manager()

    class Meta:
        ordering = ["started_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="pause_until_after_start",
                condition=Q(until=None) | Q(until__gt=F("started_at")),
            ),
        ]
        indexes = [
            # sla.clocks.pausing: pauses whose end has come.
            models.Index(
                fields=["until"],
                name="pause_due",
                condition=Q(ended_at=None, until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Pause of clock {self.clock_id} from {self.started_at:%Y-%m-%d %H:%M}"
