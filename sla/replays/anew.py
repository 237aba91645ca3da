"""The handoffs of the past lived again under the promises of a draft contract.

Every clock is made anew from what was recorded, as if the draft had been in force all the time:
which promise fits the lead (its filters, the first in order), in whose hours it is counted, how
many attempts keep it, for which reasons it stood still. Facts of the lead are those of its receipt.

A promise counted as one of the record was is counted in the calendar version that one had frozen,
so that an unchanged draft gives the record. One that is counted otherwise has today's calendars,
and all the leave that was entered.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, groupby
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT

from leads.models import Activity, Assignment, Handoff, Kind, Sourced
from sla.agreement import Agreement
from sla.clocks import following
from sla.models import Claim, Clock, CountedIn, Leg, Side, Term
from sla.replays.acknowledged import acknowledged
from sla.replays.draft import Draft
from sla.replays.in_whose_hours import Frozen, Own, choice
from sla.replays.lived import Past, counted_like, live
from sla.replays.recorded import Recorded, Replayed, judged, owner_at
from sla.replays.rerun import ACTS, close

FACTS = ("tier", "persona", "source")
ASKED = ("pk", "lead_id", "handed_over_by_id", "lead__team_id", "pool_id", *FACTS)
# What they carry besides their instants matters: reason and day of a pause, a pool's line.
TELLING = (Kind.PAUSED, Kind.RESUMED, Kind.REASSIGNED)
# Rows fetched at once.
CHUNK = 5000
MOMENT = timedelta(microseconds=1)
Versions = dict[int, list[Leg]]


def anew(draft: Draft, *, start: datetime, at: datetime, stamp: UUID) -> list[Replayed]:
    """Every clock that started, or would have started, in [start, at); writes nothing.

    The number of queries does not grow with the handoffs.
    """
    promised = draft.contract
    assert promised is not None
    period = Clock.objects.filter(started_at__gte=start, started_at__lt=at).order_by()
    # What starts a clock lies between the handing over and the end.
    handoffs = Handoff.objects.filter(
        Q(pk__in=period.values("handoff"))
        | Q(handed_over_at__lt=at, sourced_by=Sourced.MARKETING)
        & (Q(closed_at=None) | Q(closed_at__gte=start))
    ).order_by()
    recorded, legs, own = _recorded(handoffs, at=at), _legs(handoffs), Own()
    found: list[Replayed] = []
    for past in _pasts(handoffs, promised):
        ours = recorded.pop(past.id, ())
        choose = choice(draft, _frozen(past, ours, legs), own, stamp=stamp)
        lived = live(past, promised, choose, at=at, stamp=stamp)
        found += _paired(ours, lived, at=at)
    for each in chain.from_iterable(recorded.values()):  # nothing is known of their handoffs
        found.append(replace(each, after=each.before))
    found += acknowledged(draft, own, start=start, at=at, stamp=stamp)
    return [each for each in found if start <= each.clock.started_at < at]


def _recorded(handoffs: QuerySet[Handoff], *, at: datetime) -> dict[int, list[Replayed]]:
    terms = {term.pk: term for term in Term.objects.agreed()}
    found: dict[int, list[Replayed]] = defaultdict(list)
    rows = Clock.objects.filter(handoff__in=handoffs).order_by("pk")
    for row in rows.values_list(*Recorded._fields):
        clock = Recorded._make(row)
        before = judged(clock, at=at)
        found[clock.handoff_id or 0].append(Replayed(clock, terms[clock.term_id], before, None))
    return found


def _legs(handoffs: QuerySet[Handoff]) -> Versions:
    found: Versions = defaultdict(list)
    for leg in Leg.objects.filter(clock__handoff__in=handoffs):
        found[leg.clock_id].append(leg)
    return found


def _pasts(handoffs: QuerySet[Handoff], promised: Agreement) -> Iterator[Past]:
    """Each handoff's record; of what was recorded no more than one's is in memory at a time."""
    lines: dict[int, list[tuple[datetime, int | None]]] = defaultdict(list)
    given = Assignment.objects.filter(handoff__in=handoffs).order_by("at", "id")
    for handoff, at, rep in given.values_list("handoff_id", "at", "rep_id"):
        lines[handoff].append((at, rep))
    approved = Claim.objects.filter(state=Claim.State.APPROVED, clock__handoff__in=handoffs)
    believed = frozenset(approved.values_list("activity_id", flat=True))
    # Only what promises ask of a lead, of a receipt that says much more.
    receipts = handoffs.annotate(
        tier=KT("receipt__tier"), persona=KT("receipt__persona__slug"),
        source=KT("receipt__source"),
    )  # fmt: skip
    rows = {pk: more for pk, *more in receipts.values_list(*ASKED)}
    for pk, acts in _acts(handoffs, promised):
        lead, by, team, pool, *facts = rows[pk]
        known = dict(zip(FACTS, facts, strict=True))
        yield Past(pk, lead, by, team, pool, known, lines[pk], acts, believed)


def _acts(
    handoffs: QuerySet[Handoff], promised: Agreement
) -> Iterator[tuple[int, Sequence[Activity]]]:
    """Handoff by handoff what can start, stop, hold, move or end its clocks, as recorded."""
    kinds = {kind for term in promised.terms for kind in (term.starts_on, *term.stops_on)}
    kinds |= following.MOVING | following.PAUSING | {Kind.HANDED_OVER}
    rows = Activity.objects.filter(handoff__in=handoffs, kind__in=kinds)
    told = dict(rows.filter(kind__in=TELLING).order_by().values_list("pk", "data"))
    ordered = rows.order_by("handoff_id", "pk").only(*ACTS).iterator(chunk_size=CHUNK)
    for handoff, acts in groupby(ordered, key=lambda act: act.handoff_id or 0):
        found = list(acts)
        for act in found:
            act.data = told.get(act.pk, {})
        yield handoff, found


def _frozen(past: Past, recorded: Sequence[Replayed], legs: Versions) -> Frozen:
    found: Frozen = {}
    for each in recorded:
        clock, owner = each.clock, each.clock.owner_id
        if each.term.calendar_of == CountedIn.OWNER:
            for leg in legs.get(clock.id, ()):
                before = owner_at(past.lines, leg.until - MOMENT)
                if leg.calendar_version_id is not None:
                    found[counted_like(each.term, before)] = leg.calendar_version_id
        elif each.term.side == Side.SALES:
            owner = owner_at(past.lines, clock.started_at)
        if clock.calendar_version_id is not None:
            found[counted_like(each.term, owner)] = clock.calendar_version_id
    return found


def _paired(
    recorded: Sequence[Replayed], lived: Sequence[Clock], *, at: datetime
) -> Iterator[Replayed]:
    """What was and what would have been of one handoff: the same kind of promise in one round."""
    waiting: dict[tuple[str, int], list[Replayed]] = defaultdict(list)
    for each in recorded:
        waiting[each.term.measure, each.clock.round].append(each)
    for clock in lived:
        kin = waiting[clock.term.measure, clock.round]
        was = kin.pop(0) if kin else None
        close(clock, was.clock if was else None, at=at)
        after = judged(clock, at=at)
        if was is None:
            yield Replayed(_as_row(clock), clock.term, None, after)
        else:
            was.after, was.under = after, clock.term
            yield was
    for kin in waiting.values():
        yield from kin


def _as_row(clock: Clock) -> Recorded:
    clock.pk = 0
    return Recorded._make(getattr(clock, name) for name in Recorded._fields)
