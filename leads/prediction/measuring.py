"""How good are predicted chances? Measured on rows the model had not seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from leads.prediction.columns import Column, Row
from leads.prediction.model import SEED, Chances, Outcomes, fit

FOLDS = 5
NEWEST = 0.2  # of ordered rows, to be asked about
GROUPS = 10
LEAST_IN_GROUP = 20
BEST = 0.2


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of much the same chance: what was foreseen on average, and what came of them."""

    rows: int
    foreseen: float
    won: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one evaluation, over `rows` rows of which `won` were won.

    `auc`: how often a won row has the higher chance of two (Mann-Whitney). `brier`: mean squared
    error of the chance. `calibration_error`: mean distance of foreseen and true share over ten
    groups of equal size (fewer where rows are few), weighted by their rows. `best_fifth`: share
    of all won rows among the fifth with the highest chances. `always_usual`: the Brier score of
    foreseeing the usual share of these rows for everybody, which a model must beat.
    """

    rows: int
    won: int
    auc: float
    brier: float
    calibration_error: float
    best_fifth: float
    always_usual: float
    bins: tuple[Bin, ...]


def evaluate(
    rows: Sequence[Row], won: Outcomes, columns: Sequence[Column], *, ordered: bool
) -> Measured:
    """By stratified 5-fold; ordered rows (oldest first) by their newest fifth.

    Raises ValueError when one side has no row that was won, or none that was not.
    """
    asked, chances = [], []
    for learned, kept in _splits(won, ordered=ordered):
        if won[learned].all() or not won[learned].any():
            raise ValueError("The older rows all ended alike: there is nothing to learn from.")
        model = fit([rows[i] for i in learned], won[learned], columns, ordered=ordered)
        asked.append(kept)
        chances.append(model.chances([rows[i] for i in kept]))
    return measure(won[np.concatenate(asked)], np.concatenate(chances))


def _splits(won: Outcomes, *, ordered: bool) -> Iterator[tuple[NDArray[np.int_], NDArray[np.int_]]]:
    if ordered:
        cut = int(len(won) * (1 - NEWEST))
        yield np.arange(cut), np.arange(cut, len(won))
    elif min(won.sum(), (~won).sum()) < FOLDS:
        raise ValueError(f"Too few: five folds need {FOLDS} rows of each outcome.")
    else:
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
        yield from folds.split(np.zeros(len(won)), won)


def measure(won: Outcomes, chances: Chances) -> Measured:
    """Hold chances against what came. Raises ValueError when all ended alike."""
    if won.all() or not won.any():
        raise ValueError("The rows to be asked about all ended alike: nothing can be measured.")
    bins = calibration(won, chances)
    best = np.argsort(-chances, kind="stable")[: max(1, round(len(chances) * BEST))]
    usual = np.full(len(won), won.mean())
    return Measured(
        rows=len(won),
        won=int(won.sum()),
        auc=float(roc_auc_score(won, chances)),
        brier=float(brier_score_loss(won, chances)),
        calibration_error=sum(b.rows * abs(b.foreseen - b.won) for b in bins) / len(won),
        best_fifth=float(won[best].sum() / won.sum()),
        always_usual=float(brier_score_loss(won, usual)),
        bins=tuple(bins),
    )


def calibration(won: Outcomes, chances: Chances) -> list[Bin]:
    """Groups of equal size by chance, ten or fewer: what was foreseen, and what came."""
    order = np.argsort(chances, kind="stable")
    groups = max(1, min(GROUPS, len(order) // LEAST_IN_GROUP))
    return [
        Bin(len(group), float(chances[group].mean()), float(won[group].mean()))
        for group in np.array_split(order, groups)
    ]
