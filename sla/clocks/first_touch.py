"""When a typed contact counts for the speed to lead: as for the clocks, never earlier.

`leads` takes a typed time for the moment it was typed. Where every clock it answers believes it,
or a manager does, the handoff's first touch moves back to what was typed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Value
from django.db.models.functions import Least

from leads.models import Activity, Handoff
from sla.clocks.stopping import stopping_instant
from sla.models import Clock


def hear(
    activities: Sequence[Activity], clocks: Mapping[int, Sequence[Clock]], *, at: datetime
) -> None:
    """Move first touches back to what was just typed, where nothing waits for a manager."""
    for activity in activities:
        if not activity.is_touch or activity.evidence != Activity.Evidence.TYPED:
            continue
        answered = [
            clock for clock in clocks.get(activity.handoff_id or 0, ())
            if activity.kind in clock.term.stops_on
        ]  # fmt: skip
        told = [stopping_instant(clock, activity, at=at) for clock in answered]
        instants = [instant for instant in told if instant is not None]
        # The most doubtful of the clocks decides.
        if instants and len(instants) == len(told) and max(instants) < at:
            believe(activity, max(instants))


def believe(activity: Activity, instant: datetime) -> None:
    """The contact was made then; of several the earliest is the first."""
    if activity.is_touch and activity.handoff_id is not None:
        Handoff.objects.filter(pk=activity.handoff_id).update(
            first_touch_at=Least("first_touch_at", Value(instant))
        )
