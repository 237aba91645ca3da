"""Is there something to predict? A few cheap queries, for the worker that wakes the predicting."""

from datetime import datetime, timedelta

from leads.models import Handoff, Prediction, Sourced
from leads.prediction.history import history

REFIT_EVERY = timedelta(days=7)


def is_due(*, at: datetime) -> bool:
    """Whether `manage.py predict` would do anything."""
    current = Prediction.objects.filter(in_force=True).defer("body").first()
    if current is not None and waiting_for_chance(current, most=1):
        return True
    return refit_is_due(at=at)


def refit_is_due(*, at: datetime) -> bool:
    """Once a week while there is enough history, and at once when chances no longer come true."""
    newest = Prediction.objects.defer("body").first()
    if newest is None:
        return history(at=at).enough
    drifted = newest.in_force and newest.drifted_at is not None
    return drifted or newest.fitted_at <= at - REFIT_EVERY


def waiting_for_chance(current: Prediction, *, most: int) -> list[int]:
    """Open handoffs that have no chance by this prediction, the newest first."""
    open_now = Handoff.objects.open().filter(sourced_by=Sourced.MARKETING)
    open_now = open_now.exclude(chance__prediction=current)
    return list(open_now.order_by("-handed_over_at", "-id").values_list("pk", flat=True)[:most])
