"""What follows within `leads` from what was recorded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from leads.models import Activity
from leads.sequences import running
from leads.signals import activities_recorded


@receiver(activities_recorded, dispatch_uid="leads-sequences-follow")
def follow_sequences(activities: Sequence[Activity], at: datetime, **_: Any) -> None:
    """Do, put off or stop steps of sequences in the transaction that recorded the activities."""
    running.hear(activities, at=at)
