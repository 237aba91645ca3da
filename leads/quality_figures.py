"""Ratings rolled up by campaign, persona, source and definition.

Few ratings say little. Beside the plain mean stands an estimate that leans on the mean of all the
less it has of its own, (n · mean + WEIGHT · mean of all) / (n + WEIGHT): the usual shrinkage of a
mean towards a prior worth WEIGHT ratings.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Case, Count, F, Q, QuerySet, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, Concat

from leads.models import Feedback
from leads.models.feedback import POOR

WEIGHT = 5
FEW = 5


def _of_receipt(*path: str) -> KeyTextTransform:
    first, last = path
    return KeyTextTransform(last, KeyTransform(first, "handoff__receipt"))


# What ratings are rolled up by, and how those are called that have none. What marketing knew at
# the handoff counts: persona and definition are those of the receipt.
BY: dict[str, tuple[Any, str]] = {
    "campaign": (F("handoff__lead__campaign__name"), "No campaign"),
    "persona": (_of_receipt("persona", "name"), "No persona"),
    "source": (F("handoff__lead__source"), "No source"),
    # Someone's word in place of the definition is a way in of its own.
    "definition": (
        Case(
            When(~Q(handoff__override_reason=""), then=Value("Handed over all the same")),
            When(
                handoff__receipt__definition__version__isnull=False,
                then=Concat(Value("MQL version "), _of_receipt("definition", "version")),
            ),
            output_field=TextField(),
        ),
        "No definition",
    ),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The ratings of one of them. Means are 1 to 5; `poor` counts ratings of 2 and less."""

    name: str
    count: int
    mean: float
    estimate: float
    poor: int

    @property
    def is_few(self) -> bool:
        return self.count < FEW

    @property
    def poor_share(self) -> float:
        return self.poor / self.count if self.count else 0.0


def overall(feedback: QuerySet[Feedback]) -> Standing:
    """All of it as one."""
    found = feedback.aggregate(**_figures())
    mean = float(found["mean"] or 0)
    return Standing("All", found["count"], mean, mean, found["poor"])


def standings(feedback: QuerySet[Feedback], by: str, *, prior: float) -> list[Standing]:
    """Ratings by campaign, persona, source or definition, best estimate first; one query.

    `prior` is the mean of all, to which few ratings are drawn.
    """
    key, none = BY[by]
    rows = feedback.order_by().annotate(key=Coalesce(key, Value(""), output_field=TextField()))
    found = []
    for name, count, mean, poor in rows.values_list("key").annotate(**_figures()):
        estimate = (count * float(mean) + WEIGHT * prior) / (count + WEIGHT)
        found.append(Standing(name or none, count, float(mean), estimate, poor))
    return sorted(found, key=lambda each: (-each.estimate, each.name))


def _figures() -> dict[str, Any]:
    return {
        "count": Count("pk"),
        "mean": Avg("rating"),
        "poor": Count("pk", filter=Q(rating__lte=POOR)),
    }
