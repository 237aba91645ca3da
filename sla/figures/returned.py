"""What became of the leads that sales sent back, by when they were handed over."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Case, CharField, Count, F, Q, Value, When
from django.db.models.functions import TruncMonth

from leads.models import Return
from sla.figures.monthly import Month, moved

A, R = Return.Answer, Return.Ruled
# Each return is one of these; the names are those of leads.views.rulings.
FATES = ("waiting", "accepted", "fixed", "disputed", "stands", "overturned")
FATE = Case(
    When(~Q(ruling=""), then=F("ruling")),
    When(answered_at=None, then=Value("waiting")),
    default=F("answer"),
    output_field=CharField(),
)


@dataclass(slots=True, eq=False)
class Returned:
    """The returns of one month's handoffs, each counted once."""

    month: Month
    fates: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FATES, 0))

    @property
    def all(self) -> int:
        return sum(self.fates.values())


def returned(found: Sequence[Month]) -> list[Returned]:
    """Those of each of these months (newest first); one query."""
    lines = {
        moved(period.first, n): line
        for period, line in ((period, Returned(period)) for period in found)
        for n in range(period.count)
    }
    mine = Return.objects.filter(
        handoff__handed_over_at__gte=found[-1].start, handoff__handed_over_at__lt=found[0].end
    )
    month = TruncMonth("handoff__handed_over_at", tzinfo=found[0].start.tzinfo)
    rows = mine.order_by().annotate(month=month, fate=FATE).values_list("month", "fate")
    for first, fate, count in rows.annotate(n=Count("pk")):
        lines[first.date()].fates[fate] += count
    return list(dict.fromkeys(lines.values()))
