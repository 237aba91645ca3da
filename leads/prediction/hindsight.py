"""Columns that were probably filled in afterwards: splendid in the past, useless for the future.

Nothing proves it from the table alone, so this only warns; three signs are looked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import TargetEncoder

from leads.prediction.columns import Column, Kind, Row, read_number
from leads.prediction.model import SEED, Outcomes

# What one column alone rarely knows about people nobody has talked to yet.
TOO_GOOD = 0.8
# Filled in for so many more of the won (or of the others) than of the rest.
TOO_OFTEN = 0.5
SAYS_SO = re.compile(
    r"(?i)(^|[^a-z])(duration|talk_?time|won|lost|closed?|close_?date|outcome|result|converted|"
    r"conversion|signed|invoice|paid|payment|revenue|deal|order_?(id|date|value)|contract|churn|"
    r"seller|reason|disposition)"
)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One suspicious column, and what gives it away."""

    column: str
    why: str


def suspicious(rows: Sequence[Row], won: Outcomes, columns: Sequence[Column]) -> list[Suspicion]:
    """Columns that look known only after the outcome, most telling sign first."""
    found = []
    for column in columns:
        if column.kind == Kind.SAME:
            continue
        values = [(row.get(column.name) or "").strip() for row in rows]
        if why := _why(column, values, won):
            found.append(Suspicion(column.name, why))
    return found


def _why(column: Column, values: Sequence[str], won: Outcomes) -> str:
    filled = np.array([bool(value) for value in values])
    if not filled.all():
        gap = filled[won].mean() - filled[~won].mean()
        if abs(gap) >= TOO_OFTEN:
            who = "won" if gap > 0 else "not won"
            return f"filled in for {abs(gap):.0%} more of those {who} than of the others"
    if column.used and (alone := _alone(column, values, won)) >= TOO_GOOD:
        return f"alone it tells the outcome apart with AUC {alone:.2f}"
    if SAYS_SO.search(column.name):
        return "its name says so"
    return ""


def _alone(column: Column, values: Sequence[str], won: Outcomes) -> float:
    """The AUC of this column alone, whichever way round."""
    if column.kind == Kind.NUMBER:
        numbers = np.array([read_number(value) for value in values])
        said = np.where(np.isnan(numbers), np.nanmedian(numbers), numbers)
    elif min(won.sum(), (~won).sum()) < 5:
        return 0.5
    else:
        words = np.array(values, dtype=object)[:, None]
        folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
        said = TargetEncoder(cv=folds).fit_transform(words, won)[:, 0]
    auc = float(roc_auc_score(won, said))
    return max(auc, 1 - auc)
