"""`sla` listens to what `leads` and `personas` announce."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from leads.models import Activity, Handoff, Lead
from leads.signals import activities_recorded, leads_erased, touch_taken_back
from personas.models import Acknowledgement
from personas.signals import change_acknowledged, change_published, change_taken_back
from sla import erasing
from sla.clocks import acknowledging, rebuilding
from sla.clocks.following import follow


@receiver(activities_recorded, dispatch_uid="sla-follows-activities")
def follow_activities(
    activities: Sequence[Activity], at: datetime, stamp: UUID | None = None, **_: Any
) -> None:
    """Start, stop and pass on clocks in the transaction that recorded the activities."""
    follow(activities, at=at, stamp=stamp)


@receiver(touch_taken_back, dispatch_uid="sla-lives-it-again")
def live_it_again(lead: Lead, handoff: Handoff | None, at: datetime, **_: Any) -> None:
    """Make the clocks what they are without it."""
    rebuilding.without_it(lead, handoff, at=at)


@receiver(leads_erased, dispatch_uid="sla-forgets-the-erased")
def forget_the_erased(leads: Sequence[int], **_: Any) -> None:
    """Empty what was written of them here."""
    erasing.forget(leads)


@receiver(change_published, dispatch_uid="sla-starts-changes")
def start_changes(acknowledgements: Sequence[Acknowledgement], at: datetime, **_: Any) -> None:
    """Start the clocks of everybody who is asked to acknowledge a change."""
    acknowledging.start(acknowledgements, at=at)


@receiver(change_acknowledged, dispatch_uid="sla-stops-changes")
def stop_changes(acknowledgements: Sequence[Acknowledgement], at: datetime, **_: Any) -> None:
    """Judge the clocks of whoever has acknowledged."""
    acknowledging.stop(acknowledgements, at=at)


@receiver(change_taken_back, dispatch_uid="sla-ends-changes")
def end_changes(acknowledgements: Sequence[Acknowledgement], at: datetime, **_: Any) -> None:
    """End the clocks of a change that was taken back."""
    acknowledging.end(acknowledgements, at=at)
