"""Fit anew on a rolling window, keep only what is better on later handoffs, watch what comes.

1. The newest ripe handoffs are split: the model learns from the older four fifths.
2. It is asked about the newest fifth. It must beat foreseeing the usual share for everybody, and
   the prediction in force on those of them that one had not learned from either.
3. If it does, it learns from all of them and is in force; if not, its figures are kept with why.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import numpy as np
import structlog
from django.db import transaction

from leads.models import Prediction
from leads.prediction import history
from leads.prediction.columns import columns_of
from leads.prediction.history import LABELS, Ended, ended_handoffs
from leads.prediction.keeping import Unreadable, pack, unpack
from leads.prediction.measuring import NEWEST, Measured, measure
from leads.prediction.model import fit

log = structlog.get_logger(__name__)

LEAST_AUC = 0.55
# So many handoffs, and wins among them, let two predictions be compared.
COMPARABLE = 50
COMPARABLE_WINS = 5


def refit(*, at: datetime) -> Prediction | None:
    """Fit and judge one prediction; None while there is not enough history."""
    if not history.history(at=at).enough:
        return None
    ended = ended_handoffs(at=at)
    rows, won = [one.facts for one in ended], np.array([one.won for one in ended])
    cut = int(len(ended) * (1 - NEWEST))
    newest, older = won[cut:], won[:cut]
    if older.all() or not older.any() or newest.all() or not newest.any():
        return None
    columns = columns_of(rows, tuple(LABELS))
    candidate = fit(rows[:cut], older, columns, ordered=True)
    chances = candidate.chances(rows[cut:])
    measured = measure(newest, chances)
    current = Prediction.objects.filter(in_force=True).first()
    keep, verdict = _judge(measured, ended[cut:], chances, current)
    model = fit(rows, won, columns, ordered=True) if keep else candidate
    with transaction.atomic():
        if keep:
            Prediction.objects.filter(in_force=True).update(in_force=False)
        made = Prediction.objects.create(
            fitted_at=at,
            learned=len(ended) if keep else cut,
            won=int(won.sum() if keep else older.sum()),
            learned_until=ended[-1 if keep else cut - 1].handed_over_at,
            in_force=keep,
            verdict=verdict,
            body=pack(model),
            **_figures(measured),
        )
    log.info("prediction_fitted", in_force=keep, verdict=verdict, auc=round(measured.auc, 3))
    return made


def _figures(measured: Measured) -> dict[str, object]:
    figures = asdict(measured)
    figures["asked"] = figures.pop("rows")
    del figures["won"]
    return figures


def _judge(
    measured: Measured, asked: Sequence[Ended], chances: "np.ndarray", current: Prediction | None
) -> tuple[bool, str]:
    """Whether the candidate is to be in force, and why."""
    if measured.auc < LEAST_AUC or measured.brier >= measured.always_usual:
        return False, "It tells no more about the newest handoffs than their usual share."
    if current is None:
        return True, "The first that tells more than the usual share."
    if current.drifted_at is not None:
        return True, "The one before no longer came true."
    try:
        model = unpack(bytes(current.body))
    except Unreadable as error:
        return True, f"The one before can't be read any more ({error})."
    unseen = [n for n, one in enumerate(asked) if one.handed_over_at > current.learned_until]
    won = np.array([asked[n].won for n in unseen], dtype=bool)
    if len(unseen) < COMPARABLE or not COMPARABLE_WINS <= won.sum() <= len(won) - COMPARABLE_WINS:
        return (
            False,
            f"Only {len(unseen)} handoffs are new to the one in force: too few to compare.",
        )
    before = measure(won, model.chances([asked[n].facts for n in unseen])).brier
    after = measure(won, chances[unseen]).brier
    if after < before:
        return (
            True,
            f"Nearer to what came than the one before: Brier {after:.4f}, was {before:.4f}.",
        )
    return False, f"The one in force is nearer to what came: Brier {before:.4f}, this {after:.4f}."
