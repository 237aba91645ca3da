"""Give open handoffs their chance, with what moves it; hold earlier chances against what came."""

from collections.abc import Sequence
from datetime import datetime
from math import sqrt

import numpy as np
import structlog
from django.db import transaction
from django.urls import reverse

from accounts import outbox
from accounts.models import User
from leads.models import Chance, Prediction
from leads.models.prediction import READERS
from leads.prediction.due import waiting_for_chance
from leads.prediction.history import LABELS, ended_handoffs, known_handoffs
from leads.prediction.keeping import Unreadable, unpack
from leads.prediction.model import Model

log = structlog.get_logger(__name__)

BATCH = 500
TOLD = 3
LEAST_POINTS = 1
# So many ended handoffs must have had a chance, and be so many standard deviations off.
WATCHED = 50
FAR_OFF = 3.0


def foresee(*, at: datetime) -> int:
    """Give every open handoff a chance by the prediction in force; returns how many got one."""
    current = Prediction.objects.filter(in_force=True).first()
    if current is None:
        return 0
    try:
        model = unpack(bytes(current.body))
    except Unreadable as error:
        log.warning("prediction_unreadable", prediction=current.pk, why=str(error))
        return 0
    given = 0
    while ids := waiting_for_chance(current, most=BATCH):
        _give(current, model, ids)
        given += len(ids)
    return given


def _give(current: Prediction, model: Model, ids: Sequence[int]) -> None:
    known = known_handoffs(ids)
    rows = [facts for _, facts in known]
    values = model.chances(rows)
    reasons = why(model, rows)
    Chance.objects.bulk_create(
        [
            Chance(handoff_id=pk, prediction=current, value=float(value), reasons=said)
            for (pk, _), value, said in zip(known, values, reasons, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["handoff"],
        update_fields=["prediction", "value", "reasons"],
    )


def why(model: Model, rows: Sequence[dict[str, str]]) -> list[list[dict[str, object]]]:
    """For each row what moves its chance most: each fact held against the usual one.

    A fact's part is the chance with it less the chance with the usual value in its place, all
    else as it is; in points of a hundred, the largest first.
    """
    whole = model.chances(rows)
    parts: list[tuple[str, np.ndarray]] = []
    for name in {column.name: None for column in model.layout.columns}:
        usual = [{**row, name: model.usual[name]} for row in rows]
        parts.append((name, (whole - model.chances(usual)) * 100))
    told = []
    for at, row in enumerate(rows):
        moved = sorted(parts, key=lambda part: -abs(part[1][at]))[:TOLD]
        told.append([
            {"label": _label(name, row[name]), "points": round(float(points[at]))}
            for name, points in moved
            if abs(points[at]) >= LEAST_POINTS
        ])  # fmt: skip
    return told


def _label(name: str, value: str) -> str:
    if name in ("persona", "campaign"):
        value = value.replace("-", " ")  # a slug, which is no word of the page's
    return f"{LABELS[name]}: {value[:60]}" if value else f"{LABELS[name]}: not known"


def watch(*, at: datetime) -> bool:
    """Whether the chances in force still come true; if not, it is marked and managers are told."""
    current = Prediction.objects.filter(in_force=True, drifted_at=None).first()
    if current is None:
        return False
    ended = ended_handoffs(at=at, since=current.learned_until)
    given = dict(
        Chance.objects.filter(handoff__in=[one.handoff_id for one in ended]).values_list(
            "handoff", "value"
        )
    )
    pairs = [(one.won, given[one.handoff_id]) for one in ended if one.handoff_id in given]
    if len(pairs) < WATCHED:
        return False
    won = sum(won for won, _ in pairs)
    foreseen = sum(value for _, value in pairs)
    # The variance of a sum of independent yes-or-no outcomes.
    spread = sqrt(sum(value * (1 - value) for _, value in pairs)) or 1.0
    if abs(won - foreseen) < FAR_OFF * spread:
        return False
    _raise_alarm(current, f"{won} of {len(pairs)} became customers, {foreseen:.0f} foreseen", at=at)
    return True


def _raise_alarm(current: Prediction, said: str, *, at: datetime) -> None:
    log.warning("prediction_drifted", prediction=current.pk, said=said)
    managers = [user for user in User.objects.filter(is_active=True) if user.role in READERS]
    with transaction.atomic():
        Prediction.objects.filter(pk=current.pk).update(drifted_at=at)
        outbox.send([
            outbox.message(
                user.pk, "prediction", "The predicted chances no longer come true", said,
                reverse("prediction"), at=at, dedupe_key=f"prediction:{current.pk}:{user.pk}",
            )
            for user in managers
        ])  # fmt: skip
