"""How good the predicted chances are, for managers."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads.models import Prediction
from leads.models.prediction import READERS
from leads.prediction import ENOUGH_OF_EACH, ENOUGH_ROWS
from leads.prediction.history import history

FITS_SHOWN = 12


@require_GET
def prediction(request: SignedInRequest) -> HttpResponse:
    """The prediction in force with its figures, and those tried before; or how much is missing."""
    if request.user.role not in READERS:
        raise PermissionDenied("How good the prediction is, is for managers.")
    at = database_now()
    fits = list(Prediction.objects.defer("body")[:FITS_SHOWN])
    current = next((fit for fit in fits if fit.in_force), None) or (
        Prediction.objects.defer("body").filter(in_force=True).first()
    )
    context = {
        "at": at,
        "current": current,
        "fits": fits,
        "history": None if current else history(at=at),
        "enough_rows": ENOUGH_ROWS,
        "enough_of_each": ENOUGH_OF_EACH,
        "chart": _calibration_chart(current) if current else None,
    }
    return render(request, "leads/prediction.html", context)


def _calibration_chart(current: Prediction) -> dict[str, Any]:
    """Foreseen and come, group by group; in per cent."""
    return {
        "kind": "bar",
        "categories": [f"{round(group['foreseen'] * 100)} %" for group in current.bins],
        "series": [
            {"name": "Foreseen", "tone": "quiet", "data": _percent(current, "foreseen")},
            {"name": "Became customers", "tone": "accent", "data": _percent(current, "won")},
        ],
        "unit": " %",
        "min": 0,
    }


def _percent(current: Prediction, name: str) -> list[float]:
    return [round(group[name] * 100, 1) for group in current.bins]
