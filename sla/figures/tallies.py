"""Clocks counted without reading each: the figures of a period from tallies kept up to date.

Triggers note every change of judged or voided clocks (sla_tallychange); `fold` adds the notes up
into sla_tally. A period's figures are one statement over four parts that never overlap: whole
slots from the tallies, the notes not folded yet, the clocks of the slots that the period cuts,
and every clock that still runs. They equal a count of the clocks at any moment, folded or not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import CharField, Count, IntegerField, Model, Q, QuerySet, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from sla.models import Clock, Tally, TallyChange

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FOLDED_AT_ONCE = 20_000
COUNTED = ("met", "missed", "excused", "voided")

FOLD = """
WITH taken AS (
    DELETE FROM sla_tallychange WHERE id IN (
        SELECT id FROM sla_tallychange ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING *, date_trunc('day', slot, 'UTC') AS day
), spread AS (
    SELECT 'hour' AS cut, slot, owner_id, team_id, '' AS value, met, missed, excused, voided
        FROM taken
    UNION ALL
    SELECT 'term', day, owner_id, team_id, term_id::text, met, missed, excused, voided FROM taken
    UNION ALL
    SELECT 'persona', day, owner_id, team_id, persona_id::text, met, missed, excused, voided
        FROM taken
    UNION ALL
    SELECT 'campaign', day, owner_id, team_id, campaign_id::text, met, missed, excused, voided
        FROM taken
    UNION ALL
    SELECT 'source', day, owner_id, team_id, source, met, missed, excused, voided FROM taken
), folded AS (
    INSERT INTO sla_tally AS t
        (cut, slot, owner_id, team_id, value, met, missed, excused, voided)
    SELECT cut, slot, owner_id, team_id, value, sum(met), sum(missed), sum(excused), sum(voided)
    FROM spread GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (cut, slot, owner_id, team_id, value) DO UPDATE SET
        met = t.met + excluded.met, missed = t.missed + excluded.missed,
        excused = t.excused + excluded.excused, voided = t.voided + excluded.voided
)
SELECT count(*) FROM taken
"""


def fold() -> int:
    """Add the noted changes up into the tallies; returns how many there were."""
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(FOLD, [FOLDED_AT_ONCE])
            folded: int = cursor.fetchone()[0]
        total += folded
        if folded < FOLDED_AT_ONCE:
            return total


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose clocks: everybody's, or only one owner's or some teams'."""

    owner_id: int | None = None
    team_ids: tuple[int, ...] | None = None

    @property
    def condition(self) -> Q:
        """The same column names on clocks, tallies and notes."""
        found = Q()
        if self.owner_id is not None:
            found &= Q(owner_id=self.owner_id)
        if self.team_ids is not None:
            found &= Q(team_id__in=self.team_ids)
        return found


@dataclass(frozen=True, slots=True)
class Cutting:
    """How to group: the expression that tells the group, on each of the three tables."""

    cut: str
    clock: Combinable
    tally: Combinable
    change: Combinable
    # The groups don't fit whole slots: count the clocks themselves.
    direct: bool = False

    @property
    def slot(self) -> timedelta:
        return HOUR if self.cut == Tally.Cut.HOUR else DAY


def text(expression: Combinable | str) -> Combinable:
    """A group as text; nothing, 0 and "" are all "none", told as ""."""
    told = Cast(expression, CharField())
    return Coalesce(told, Value(""))


# (group, met, missed, excused, voided, running)
Row = tuple[Any, int, int, int, int, int]


def counted(
    cutting: Cutting, whose: Whose, start: datetime, end: datetime, *, at: datetime
) -> Iterable[Row]:
    """The clocks started in [start, end), by group, as their outcome is at `at`; one statement.

    A group may come in several rows.
    """
    first, last = _up(start, cutting.slot), _down(end, cutting.slot)
    parts: list[QuerySet[Any, Row]] = [_unended(cutting, whose, start, end, at=at)]
    if first < last and not cutting.direct:
        whole = Q(slot__gte=first, slot__lt=last) & whose.condition
        parts.append(_summed(Tally.objects.filter(whole, cut=cutting.cut), cutting.tally))
        parts.append(_summed(TallyChange.objects.filter(whole), cutting.change))
        edges = Q(started_at__gte=start, started_at__lt=first)
        edges |= Q(started_at__gte=last, started_at__lt=end)
    else:
        edges = Q(started_at__gte=start, started_at__lt=end)
    parts.append(_settled(cutting, whose, edges))
    head, *rest = parts
    return head.union(*rest, all=True)


def _unended(
    cutting: Cutting, whose: Whose, start: datetime, end: datetime, *, at: datetime
) -> QuerySet[Clock, Row]:
    """Running ones; those past their deadline are missed, whether the sweep has come or not."""
    late = Q(state=Clock.State.RUNNING, due_at__lt=at)
    return (
        Clock.objects.running()
        .filter(whose.condition, ended_at=None, started_at__gte=start, started_at__lt=end)
        .order_by()
        .annotate(told=cutting.clock)
        .values_list("told")
        .annotate(
            n_met=_nothing(),
            n_missed=Count("pk", filter=late),
            n_excused=_nothing(),
            n_voided=_nothing(),
            n_running=Count("pk", filter=~late),
        )
    )


def _settled(cutting: Cutting, whose: Whose, when: Q) -> QuerySet[Clock, Row]:
    counts = {f"n_{state}": Count("pk", filter=Q(state=state)) for state in ("met", "missed")}
    return (
        Clock.objects.exclude(state__in=[Clock.State.RUNNING, Clock.State.PAUSED])
        .filter(whose.condition, when)
        .order_by()
        .annotate(told=cutting.clock)
        .values_list("told")
        .annotate(
            **counts,
            n_excused=Count("pk", filter=Q(excused=True)),
            n_voided=Count("pk", filter=Q(state=Clock.State.VOIDED)),
            n_running=_nothing(),
        )
    )


def _summed(rows: QuerySet[Model], group: Combinable) -> QuerySet[Model, Row]:
    return (
        rows.order_by()
        .annotate(told=group)
        .values_list("told")
        .annotate(**{f"n_{name}": Sum(name) for name in COUNTED}, n_running=_nothing())
    )


def _nothing() -> Combinable:
    return Value(0, output_field=IntegerField())


def _up(instant: datetime, slot: timedelta) -> datetime:
    down = _down(instant, slot)
    return down if down == instant else down + slot


def _down(instant: datetime, slot: timedelta) -> datetime:
    instant = instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return instant.replace(hour=0) if slot == DAY else instant
