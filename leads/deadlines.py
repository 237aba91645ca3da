"""Handoffs with their clocks, as the pages of this room read them.

`sla` may not be imported here, so the clocks come by the handoff's reverse relation.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, Prefetch, Q, QuerySet

from accounts.models import User
from leads.models import Handoff, Kind, Return
from personas.models import OfferChange

RUNNING = "running"
PAUSED = "paused"
MISSED = "missed"


def clocks(*, ended: bool) -> QuerySet[Any]:
    """Clocks with term and owner and the instant of their warning; without `ended` only those
    that still wait for something, with it also a typed time that waits for a manager,
    and the end of a pause."""
    found = Handoff._meta.get_field("clocks").related_model.objects.all()  # type: ignore[union-attr,attr-defined]
    if ended:
        waits = Q(claims__state="waiting")
        found = found.annotate(
            claimed_at=Min("claims__claimed_at", filter=waits),
            paused_until=Max("pauses__until", filter=Q(pauses__ended_at=None)),
        )
    else:
        found = found.unended()
    warn = Min("alarms__fire_at", filter=Q(alarms__action="warn"))
    return found.select_related("term", "owner").annotate(warn_at=warn).order_by("due_at", "pk")


def with_clocks(handoffs: QuerySet[Handoff], *, ended: bool = False) -> QuerySet[Handoff]:
    """The handoffs with `clocks` fetched in one further query, next deadline first."""
    return handoffs.prefetch_related(Prefetch("clocks", queryset=clocks(ended=ended)))


def of_changes(user: User, changes: Iterable[OfferChange]) -> Mapping[int, Any]:
    """Change → the clock of this person's acknowledgement that waits, the nearest of several."""
    mine = clocks(ended=False).filter(
        acknowledgement__user=user, acknowledgement__change__in=list(changes)
    )
    found = mine.select_related("acknowledgement", "term", "owner")
    return {clock.acknowledgement.change_id: clock for clock in found.order_by("-due_at", "pk")}


def of_disputes(returns: Iterable[Return]) -> dict[int, Any]:
    """Handoff → the clock that waits for the ruling on its return, the nearest of several."""
    disputed = [each.handoff_id for each in returns if each.is_disputed]
    if not disputed:
        return {}
    found = clocks(ended=False).filter(handoff__in=disputed, term__starts_on=Kind.DISPUTED)
    return {clock.handoff_id: clock for clock in found.order_by("-due_at", "pk")}


def _waiting(handoff: Handoff, side: str) -> list[Any]:
    return sorted(
        (
            clock
            for clock in handoff.clocks.all()  # type: ignore[attr-defined]
            if clock.ended_at is None and clock.due_at is not None and clock.term.side == side
        ),
        key=lambda clock: (clock.due_at, clock.pk),
    )


def next_clock(handoff: Handoff, *, side: str = "sales") -> Any | None:
    """The clock whose deadline comes first (or is longest past), None when none is running."""
    return next(iter(_waiting(handoff, side)), None)


def following_clock(handoff: Handoff, *, at: datetime, side: str = "sales") -> Any | None:
    """Where the first deadline is past: the next one that can still be kept."""
    first, *others = [*_waiting(handoff, side), None]
    if first is None or first.due_at >= at:
        return None
    return next((clock for clock in others if clock and clock.due_at >= at), None)


def is_at_risk(clock: Any | None, *, at: datetime) -> bool:
    """Past its warning or past its end, and still waiting."""
    if clock is None:
        return False
    if clock.state == MISSED or (clock.due_at is not None and clock.due_at < at):
        return True
    return clock.warn_at is not None and clock.warn_at <= at


def is_paused(handoff: Handoff | None) -> bool:
    """Whether any of its clocks stands still."""
    return handoff is not None and any(c.state == PAUSED for c in handoff.clocks.all())  # type: ignore[attr-defined]


def can_pause(handoff: Handoff | None, *, at: datetime) -> bool:
    """Whether any of its clocks may be made to stand still: its term allows it, in time."""
    return handoff is not None and any(
        clock.term.pause_reasons
        and (
            clock.state == PAUSED
            or (clock.state == RUNNING and clock.due_at and clock.due_at >= at)
        )
        for clock in handoff.clocks.all()  # type: ignore[attr-defined]
    )


def label(clock: Any) -> str:
    """The promise in a word or two: "Accept", "First touch"."""
    return str(clock.term.measure).replace("_", " ").capitalize()
