"""The sweep's pulse: that it runs, and how much it has done."""

from django.db import models


class SweepPulse(models.Model):
    """One row, written by each sweep after its work: when the last one ended, and totals since
    the install began. Read for /metrics and /readyz; no deadline hangs on it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    last_swept_at = models.DateTimeField(null=True)
    fired = models.BigIntegerField(default=0)
    breached = models.BigIntegerField(default=0)
    reassigned = models.BigIntegerField(default=0)
    set_aside = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_sweep_pulse"),
        ]

    def __str__(self) -> str:
        return f"Swept last at {self.last_swept_at}"
