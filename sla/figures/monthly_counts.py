"""The handoffs of the monthly promises, counted; what the counts mean is in sla.figures.monthly."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import TruncMonth

from accounts.models import Team
from leads.models import Handoff, Return
from sla import agreement
from sla.agreement import Hours
from sla.contracts.drafting import MONTHLY_FACTS
from sla.figures.monthly import Measured, Month, combined, month_of, moved
from sla.models import Contract, Exclusion, MonthlyPromise

S = Handoff.State
TAKEN = ~Q(state__in=[S.REJECTED, S.OFFERED]) & (
    Q(accepted_at__isnull=False) | Q(state__in=[S.QUALIFIED, S.ACCEPTED])
)
OVERTURNED = Q(returned__ruling=Return.Ruled.OVERTURNED)
OUTCOME = Case(
    When(OVERTURNED, then=Value("accepted")),
    When(returned__answer=Return.Answer.DISPUTED, returned__ruling="", then=Value("disputed")),
    When(TAKEN, then=Value("accepted")),
    When(state=S.OFFERED, then=Value("undecided")),
    When(state=S.WITHDRAWN, then=Value("withdrawn")),
    default=Value("rejected"),
    output_field=CharField(),
)


def hours_of_marketing() -> Hours | None:
    """The working hours in which months are counted: those of the first marketing team."""
    team = Team.objects.filter(kind=Team.Kind.MARKETING).order_by("pk").first()
    return agreement.hours_of_team(team.pk if team else None)


def measured(found: Sequence[Month], *, at: datetime) -> list[Measured]:
    """Every monthly promise in each of these months (newest first), in the order of the contract.

    Two queries for the contracts, one for the handoffs.
    """
    hours = hours_of_marketing()
    contracts = list(Contract.objects.agreed().order_by("version").prefetch_related("monthly"))
    every = [m for month in found for m in _stretches(month, contracts)]
    for each in every:
        _prorate(each, hours, at=at)
    every = [each for each in every if each.target]
    if every:
        rows = list(_rows(found, [each.promise for each in every]))
        for each in every:
            _count(each, rows)
    return every


def measured_over(found: Sequence[Month], *, at: datetime) -> list[Measured]:
    """The same over periods of several months: each promise added up (sla.figures.monthly)."""
    zone = found[0].start.tzinfo
    assert isinstance(zone, ZoneInfo)
    single = [
        month_of(moved(whole.first, n), zone=zone)
        for whole in found
        for n in reversed(range(whole.count))
    ]
    every = measured(single, at=at)
    if all(whole.count == 1 for whole in found):
        return every
    keys = dict.fromkeys(each.promise.key for each in every)
    return [
        each
        for whole in found
        for key in keys
        for each in combined(
            [m for m in every if m.promise.key == key and whole.start <= m.start < whole.end], whole
        )
    ]


def _stretches(month: Month, contracts: Iterable[Contract]) -> list[Measured]:
    found: dict[str, list[Measured]] = {}
    for contract in contracts:
        starts, ends = contract.in_force_from, contract.in_force_to
        if starts is None or starts >= month.end or (ends is not None and ends <= month.start):
            continue
        start, end = max(starts, month.start), min(ends or month.end, month.end)
        for promise in sorted(contract.monthly.all(), key=lambda p: p.pk):
            mine = found.setdefault(promise.key, [])
            if mine and mine[-1].end == start and _same(mine[-1].promise, promise):
                last = mine[-1]
                last.promise, last.end = promise, end
                last.versions = (*last.versions, contract.version)
            else:
                mine.append(Measured(promise, month, start, end, (contract.version,)))
    return [each for mine in found.values() for each in mine]


def _same(one: MonthlyPromise, other: MonthlyPromise) -> bool:
    return all(getattr(one, n) == getattr(other, n) for n in MONTHLY_FACTS if n != "name")


def _prorate(each: Measured, hours: Hours | None, *, at: datetime) -> None:
    def worked(start: datetime, end: datetime) -> float:
        wall = max((end - start).total_seconds(), 0)
        return hours.working.elapsed(start, end) if hours and end > start else wall

    whole, mine = worked(each.month.start, each.month.end), worked(each.start, each.end)
    each.over = at >= each.end
    each.part = mine / whole if whole else 0.0
    each.gone = worked(each.start, min(at, each.end)) / mine if mine else 0.0
    if each.part:
        scaled = round(each.promise.target * each.part) if each.is_number else each.promise.target
        each.target = max(scaled, 1)


def _rows(
    found: Sequence[Month], promises: Sequence[MonthlyPromise]
) -> QuerySet[Any, dict[str, Any]]:
    """The handoffs of these months, counted by all that these promises ask, and no more: a
    receipt is costly to open."""
    packet = {item for promise in promises for item in promise.packet}
    holding = {f"holds_{item}": _holds(item) for item in sorted(packet)}
    by_persona = any(promise.personas for promise in promises)
    persona = ["handed_persona"] if by_persona else []
    zone = found[0].start.tzinfo
    return (
        told(Handoff.objects.filter(contract_version__isnull=False))
        .filter(handed_over_at__gte=found[-1].start, handed_over_at__lt=found[0].end)
        .annotate(month=TruncMonth("handed_over_at", tzinfo=zone), **holding)
        .order_by()
        .values("month", "contract_version", "outcome", "out", "overturned", *persona, *holding)
        .annotate(n=Count("pk"))
    )


def told(handoffs: QuerySet[Handoff]) -> QuerySet[Any]:
    """Each with its `outcome`, whether a ruling made it so (`overturned`), and whether it is left
    `out`; less those by which a ruling gave a lead back: that lead counts already."""
    agreed = Exclusion.objects.filter(
        handoff=OuterRef("pk"), agreed_at__isnull=False, dropped_at=None
    )
    overturned = Case(When(OVERTURNED, then=Value(True)), default=Value(False))
    return handoffs.filter(by_ruling=None).annotate(
        outcome=OUTCOME, overturned=overturned, out=Exists(agreed),
    )  # fmt: skip


def _holds(item: str) -> Case:
    """Whether a handoff has this item of a packet (sla.figures.packets)."""
    has = When(packet__contains=[item], then=Value(True))
    return Case(has, default=Value(False), output_field=BooleanField())


def _count(each: Measured, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        mine = row["month"].date() == each.month.first and row["contract_version"] in each.versions
        if not mine or (
            each.promise.personas and row["handed_persona"] not in each.promise.personas
        ):
            continue
        if row["out"]:
            each.left_out += row["n"]
            continue
        each.counts[row["outcome"]] = each.of(row["outcome"]) + row["n"]
        each.overturned += row["n"] if row["overturned"] else 0
        counted = row["outcome"] != "withdrawn"
        if counted and all(row[f"holds_{item}"] for item in each.promise.packet):
            each.complete += row["n"]


def handoffs_of(each: Measured, outcome: str = "") -> QuerySet[Any]:
    """The handoffs a figure counts: of one outcome, "complete", "incomplete", "overturned", "out",
    or all of them."""
    found = told(Handoff.objects.filter(contract_version__in=each.versions)).filter(
        handed_over_at__gte=each.month.start, handed_over_at__lt=each.month.end
    )
    if each.promise.personas:
        found = found.filter(handed_persona__in=each.promise.personas)
    if outcome == "out":
        return found.filter(out=True)
    found = found.filter(out=False).exclude(outcome="withdrawn")
    if outcome in ("complete", "incomplete"):
        holding = {f"holds_{item}": _holds(item) for item in each.promise.packet}
        whole = Q(**dict.fromkeys(holding, True))
        return found.annotate(**holding).filter(whole if outcome == "complete" else ~whole)
    if outcome == "overturned":
        return found.filter(overturned=True)
    return found.filter(outcome=outcome) if outcome else found
