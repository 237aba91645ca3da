"""A stretch of a clock that was counted in the hours of somebody who had the lead before."""

from django.db import models

from sla.models.agreement import CalendarVersion
from sla.models.clock import Clock


class Leg(models.Model):
    """Until `until` the clock ran under this version; then the lead passed to another owner.

    Only promises counted in their owner's hours have any: the clock itself names the version of
    its last leg. Written by sla.clocks.legs.
    """

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="legs")
    # None: there were no working hours.
    calendar_version = models.ForeignKey(
        CalendarVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    until = models.DateTimeField()

    class Meta:
        ordering = ["until", "id"]

    def __str__(self) -> str:
        return f"Clock {self.clock_id} until {self.until:%Y-%m-%d %H:%M}"
