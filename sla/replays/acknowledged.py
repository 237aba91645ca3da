"""Changes to acknowledge, judged again under the promises of a draft contract.

Their clocks pass to nobody and stand still for nothing, so the outcome follows from the deadline.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from personas.models import Acknowledgement
from sla import agreement
from sla.models import PUBLISHED, Clock, Side, Term
from sla.replays.draft import Draft
from sla.replays.in_whose_hours import Own, choice
from sla.replays.lived import counted_like
from sla.replays.recorded import Judged, Recorded, Replayed, judged
from sla.replays.replay import straight


def acknowledged(
    draft: Draft, own: Own, *, start: datetime, at: datetime, stamp: UUID
) -> Iterator[Replayed]:
    """Every clock of a change published in [start, at), as it was and as it would have been."""
    assert draft.contract is not None
    promised = {term.measure: term for term in draft.contract.started_by(PUBLISHED, {})}
    terms = {term.pk: term for term in Term.objects.agreed()}
    there: dict[str, set[int]] = defaultdict(set)
    period = Clock.objects.filter(started_at__gte=start, started_at__lt=at)
    ours = period.exclude(acknowledgement=None).order_by("pk")
    for subject, *row in ours.values_list("acknowledgement", *Recorded._fields):
        clock = Recorded._make(row)
        term = terms[clock.term_id]
        there[term.measure].add(subject)
        under = promised.get(term.measure)
        yield Replayed(
            clock, term, judged(clock, at=at), under=under,
            after=None if under is None else _judged(clock, term, under, draft, own, at, stamp),
        )  # fmt: skip
    for measure, term in promised.items():
        yield from _new(term, there[measure], draft, own, start, at, stamp)


def _judged(
    clock: Recorded, was: Term, under: Term, draft: Draft, own: Own, at: datetime, stamp: UUID
) -> Judged:
    version = clock.calendar_version_id
    frozen = {counted_like(was, clock.owner_id): version} if version is not None else {}
    working = choice(draft, frozen, own, stamp=stamp)(under, clock.owner_id, clock.team_id)
    due_at = working.add(clock.started_at, under.target_seconds) if working else None
    return straight(clock, due_at, at=at)


def _new(
    term: Term, known: set[int], draft: Draft, own: Own, start: datetime, at: datetime, stamp: UUID
) -> Iterator[Replayed]:
    """What only the draft promises."""
    rows = Acknowledgement.objects.filter(
        change__published_at__gte=start, change__published_at__lt=at
    ).exclude(pk__in=known)
    for row in rows.select_related("change").order_by("pk"):
        published = row.change.published_at
        assert published is not None
        clock = Recorded(
            id=0, handoff_id=None, lead_id=None, term_id=term.pk, round=0, owner_id=row.user_id,
            team_id=agreement.team_of(row.user_id, Side.SALES, stamp=stamp),
            calendar_version_id=None, target_seconds=term.target_seconds,
            state=Clock.State.RUNNING, started_at=published, due_at=None,
            stopped_at=row.acknowledged_at,
            ended_at=row.acknowledged_at or row.change.taken_back_at, excused=False,
        )  # fmt: skip
        yield Replayed(clock, term, None, _judged(clock, term, term, draft, own, at, stamp))
