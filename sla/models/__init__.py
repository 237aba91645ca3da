"""The tables of the agreement and of what runs under it."""

from sla.models.agreement import (
    ACKNOWLEDGED,
    PUBLISHED,
    Action,
    Calendar,
    CalendarVersion,
    Contract,
    CountedIn,
    PersonCalendar,
    Side,
    TeamCalendar,
    Term,
    looked_after_by,
)
from sla.models.claim import Claim
from sla.models.clock import Alarm, Breach, Clock, ClockQuerySet
from sla.models.ending import Ending
from sla.models.excuse import Excuse
from sla.models.leg import Leg
from sla.models.monthly import Counted, Exclusion, MonthlyPromise, Packet
from sla.models.pause import Pause
from sla.models.pulse import SweepPulse
from sla.models.tally import Tally, TallyChange

__all__ = [
    "ACKNOWLEDGED",
    "PUBLISHED",
    "Action",
    "Alarm",
    "Breach",
    "Calendar",
    "CalendarVersion",
    "Claim",
    "Clock",
    "ClockQuerySet",
    "Contract",
    "Counted",
    "CountedIn",
    "Ending",
    "Exclusion",
    "Excuse",
    "Leg",
    "MonthlyPromise",
    "Packet",
    "Pause",
    "PersonCalendar",
    "Side",
    "SweepPulse",
    "Tally",
    "TallyChange",
    "TeamCalendar",
    "Term",
    "looked_after_by",
]
