"""A model of one chance: two learners, mixed and calibrated on rows they had not seen.

A straight one (logistic regression over bins and words) holds when the world moves on, a bent one
(gradient boosted trees) sees what works together. How much of each, and how far their chances
must be pulled together, is decided on a part kept back: the newest rows where they have an
order, else each fold in turn. Then both learn from all.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, OrdinalEncoder, TargetEncoder
from threadpoolctl import threadpool_limits

from leads.prediction.columns import (
    MANY,
    Column,
    Layout,
    Matrix,
    Row,
    layout_of,
    matrix,
    usual_values,
)

Chances = NDArray[np.float64]
Outcomes = NDArray[np.bool_]

SEED = 42
BINS = 8
RARE = 10  # a word of fewer rows is one of "the others"
INNER_FOLDS = 3
KEPT_BACK = 0.25
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the straight one
# Fewer successes than this among the rows kept back decide nothing.
DECIDING = 10
CERTAIN = 1e-6


@dataclass(slots=True)
class Model:
    """A fitted model; `chances` of rows that have the columns it learned from.

    `usual` is the commonest value of each column, of numbers the middle one.
    """

    layout: Layout
    usual: dict[str, str]
    straight: Pipeline
    bent: Pipeline
    straight_share: float
    slope: float
    shift: float

    def chances(self, rows: Sequence[Row]) -> Chances:
        """The chance of each row, between 0 and 1."""
        return self.of_matrix(matrix(rows, self.layout))

    def of_matrix(self, made: Matrix) -> Chances:
        if not len(made):
            return np.empty(0)
        with _quiet():
            mixed = _mix(
                self.straight.predict_proba(made)[:, 1],
                self.bent.predict_proba(made)[:, 1],
                self.straight_share,
            )
        return _chance(self.slope * mixed + self.shift)


def fit(
    rows: Sequence[Row], won: Outcomes, columns: Sequence[Column], *, ordered: bool = False
) -> Model:
    """Learn from rows and what became of them; `ordered` rows come oldest first.

    Raises ValueError when all ended alike, or no column says anything.
    """
    if won.all() or not won.any():
        raise ValueError("All of them ended alike: there is nothing to tell apart.")
    layout = layout_of(columns)
    if not layout.sources:
        raise ValueError("No column is left to learn from.")
    made = matrix(rows, layout)
    share, slope, shift = _settle(made, won, layout, ordered=ordered)
    straight, bent = _learn(made, won, layout)
    return Model(layout, usual_values(rows, layout.columns), straight, bent, share, slope, shift)


def _learn(made: Matrix, won: Outcomes, layout: Layout) -> tuple[Pipeline, Pipeline]:
    straight, bent = _straight(layout), _bent(made, layout)
    with _quiet():
        return straight.fit(made, won), bent.fit(made, won)


def _straight(layout: Layout) -> Pipeline:
    numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        KBinsDiscretizer(
            BINS, encode="onehot", strategy="quantile", quantile_method="averaged_inverted_cdf"
        ),
    )
    words = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE)
    return make_pipeline(
        ColumnTransformer([
            ("numbers", numbers, list(layout.numbers)),
            ("words", words, list(layout.words)),
        ]),
        LogisticRegression(C=0.3, max_iter=2000),
    )  # fmt: skip


def _bent(made: Matrix, layout: Layout) -> Pipeline:
    many = [at for at in layout.words if len(set(made[:, at])) > MANY]
    few = [at for at in layout.words if at not in many]
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    first = len(layout.numbers) + len(many)
    return make_pipeline(
        ColumnTransformer([
            ("numbers", "passthrough", list(layout.numbers)),
            ("many", TargetEncoder(cv=folds), many),
            ("few", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan), few),
        ]),
        HistGradientBoostingClassifier(
            learning_rate=0.05, max_iter=150, max_leaf_nodes=15, min_samples_leaf=40,
            l2_regularization=1.0, random_state=SEED,
            categorical_features=list(range(first, first + len(few))),
        ),
    )  # fmt: skip


def _settle(
    made: Matrix, won: Outcomes, layout: Layout, *, ordered: bool
) -> tuple[float, float, float]:
    """How much of the straight one, and slope and shift of the calibration (Platt's)."""
    one, other = np.full(len(won), np.nan), np.full(len(won), np.nan)
    for learned, asked in _kept_back(won, ordered=ordered):
        straight, bent = _learn(made[learned], won[learned], layout)
        with _quiet():
            one[asked] = straight.predict_proba(made[asked])[:, 1]
            other[asked] = bent.predict_proba(made[asked])[:, 1]
    asked = ~np.isnan(one)
    truth = won[asked]
    if truth.sum() < DECIDING or (~truth).sum() < DECIDING:
        return 0.5, 1.0, 0.0
    mixed = {share: _mix(one[asked], other[asked], share) for share in SHARES}
    share = min(SHARES, key=lambda s: log_loss(truth, _chance(mixed[s])))
    platt = LogisticRegression(C=1e6).fit(mixed[share][:, None], truth)
    return share, float(platt.coef_[0, 0]), float(platt.intercept_[0])


def _kept_back(won: Outcomes, *, ordered: bool) -> Iterator[tuple[Any, Any]]:
    """Which rows to learn from, and which to ask: the newest, or each fold in turn."""
    if ordered:
        cut = int(len(won) * (1 - KEPT_BACK))
        if won[:cut].any() and not won[:cut].all():
            yield np.arange(cut), np.arange(cut, len(won))
    elif min(won.sum(), (~won).sum()) >= INNER_FOLDS:
        folds = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=SEED)
        yield from folds.split(np.zeros(len(won)), won)


def _mix(straight: Chances, bent: Chances, share: float) -> Chances:
    """Log odds of both, in these shares."""
    mixed: Chances = share * _log_odds(straight) + (1 - share) * _log_odds(bent)
    return mixed


def _log_odds(chances: Chances) -> Chances:
    inside = np.clip(chances, CERTAIN, 1 - CERTAIN)
    odds: Chances = np.log(inside / (1 - inside))
    return odds


def _chance(log_odds: Chances) -> Chances:
    chances: Chances = 1 / (1 + np.exp(-log_odds))
    return chances


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings (bins that fall together and new words are as they should be), and on one
    core: waiting for each other, threads take longer than one alone where a web server works too.
    """
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", UserWarning)
        yield
