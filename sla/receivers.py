"""`sla` listens to what `leads` announces."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from leads.models import Activity
from leads.signals import activities_recorded
from sla.clocks.following import follow


@receiver(activities_recorded, dispatch_uid="sla-follows-activities")
def follow_activities(
    activities: Sequence[Activity], at: datetime, stamp: UUID | None = None, **_: Any
) -> None:
    """Start, stop and pass on clocks in the transaction that recorded the activities."""
    follow(activities, at=at, stamp=stamp)
