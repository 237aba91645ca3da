"""How many leads a list has, at a cost that does not grow with them.

Up to EXACT they are counted. Beyond that, and where counting takes too long, the planner says
about how many: it knows how the values are spread without looking at the rows.
"""

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from leads.lists import patience

EXACT = 1000
PATIENCE = 300  # milliseconds


@dataclass(frozen=True, slots=True)
class Count:
    """A number, and whether it is exactly that."""

    number: int
    is_exact: bool

    @property
    def rounded(self) -> int:
        """To two figures where it is about so many."""
        step = 10 ** max(len(str(self.number)) - 2, 0)
        return self.number if self.is_exact else round(self.number / step) * step


def count(rows: QuerySet[Any], *, exact: int = EXACT) -> Count:
    """How many rows there are."""
    least = 0
    try:
        with patience.within(PATIENCE):
            least = len(rows.order_by().values_list("pk")[: exact + 1])
    except patience.TooSlow:
        pass
    else:
        if least <= exact:
            return Count(least, is_exact=True)
    return Count(max(_planned(rows), least), is_exact=False)


def _planned(rows: QuerySet[Any]) -> int:
    plan = json.loads(rows.order_by().values("pk").explain(format="json"))
    rows_planned: int = plan[0]["Plan"]["Plan Rows"]
    return rows_planned
