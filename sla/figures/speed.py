"""How fast leads were answered, by the wall clock, and whose part of the delay was whose."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Aggregate, DurationField, ExpressionWrapper, F, FloatField, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Extract

from accounts.models import Role, User
from leads.models import Handoff, Sourced


class Percentile(Aggregate):
    """The value below which a share of all values lies, between the two nearest if need be."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Combinable, *, share: float, **extra: Any) -> None:
        super().__init__(expression, share=share, **extra)


@dataclass(slots=True)
class Speed:
    """Median and 90th percentile of one delay, in seconds; None without a case."""

    name: str
    meaning: str
    median: float | None
    p90: float | None


# Capture → assigned is the system's and marketing's; assigned → first touch the rep's.
DELAYS = {
    "system": ("Until a rep had it", "capture → assigned", "lead__created_at", "assigned_at"),
    "rep": ("Until contact was made", "assigned → first touch", "assigned_at", "first_touch_at"),
    "lead": ("Speed to lead", "capture → first touch", "lead__created_at", "first_touch_at"),
}  # fmt: skip


def of(user: User, start: datetime, end: datetime, *, at: datetime) -> list[Speed]:
    """Delays of the leads first handed over in [start, end), as far as they came by `at`."""
    wanted = {}
    for key, (_, _, since, until) in DELAYS.items():
        seconds = Extract(
            ExpressionWrapper(F(until) - F(since), output_field=DurationField()), "epoch"
        )
        known = Q(**{f"{until}__lte": at, f"{since}__isnull": False})
        wanted[f"{key}_median"] = Percentile(seconds, share=0.5, filter=known)
        wanted[f"{key}_p90"] = Percentile(seconds, share=0.9, filter=known)
    found = _handoffs(user).filter(
        cycle=1, handed_over_at__gte=start, handed_over_at__lt=end
    ).aggregate(**wanted)  # fmt: skip
    return [
        Speed(name, meaning, found[f"{key}_median"], found[f"{key}_p90"])
        for key, (name, meaning, _, _) in DELAYS.items()
    ]


def _handoffs(user: User) -> QuerySet[Handoff]:
    # What sales finds itself waits for nobody's answer.
    handoffs = Handoff.objects.filter(sourced_by=Sourced.MARKETING).order_by()
    if user.is_manager:
        return handoffs
    if user.role == Role.SALES_REP:
        return handoffs.filter(owner=user)
    if user.role == Role.MARKETER:
        return handoffs.filter(lead__team_id__in=user.marketing_teams)
    return handoffs.none()
