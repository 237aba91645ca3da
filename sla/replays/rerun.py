"""Run clocks again, step by step: everything recorded on their handoffs happens to them anew."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from leads.models import Activity, Handoff, Kind
from sla.clocks import following
from sla.clocks.stopping import Findings, believe
from sla.models import Claim, Clock, Side, Term
from sla.replays.recorded import Course, Ledger, Lines, Recorded, judged, owner_at

ACTS = ("handoff_id", "kind", "occurred_at", "recorded_at", "evidence", "outcome")


def rerun(
    courses: Mapping[int, Sequence[Course]], ledger: Ledger, *, at: datetime, stamp: UUID
) -> None:
    """Run the clocks of these handoffs again; `after` of each is what came of it."""
    ids = [course.of.clock.id for each in courses.values() for course in each]
    models = Clock.objects.in_bulk(ids)
    terms = {course.of.term for each in courses.values() for course in each}
    acts: dict[int, list[Activity]] = defaultdict(list)
    for act in _acts(courses, terms):
        acts[act.handoff_id or 0].append(act)
    believed = _believed(ids)
    for handoff_id, each in courses.items():
        for course in each:
            models[course.of.clock.id].term = course.of.term
        run = [models[course.of.clock.id] for course in each]
        lines = ledger.get(handoff_id, ())
        for course, clock in zip(each, run, strict=True):
            _restart(clock, course, lines)
        _run(run, acts[handoff_id], lines, believed, stamp=stamp)
        for course, clock in zip(each, run, strict=True):
            close(clock, course.of.clock, at=at)
            course.of.after = judged(clock, at=at)


def _acts(handoffs: Iterable[int], terms: Iterable[Term]) -> Iterable[Activity]:
    """What can start, stop, move or end these clocks, in the order in which it was recorded."""
    kinds = {kind for term in terms for kind in (term.starts_on, *term.stops_on)} | following.MOVING
    kinds -= {Kind.HANDED_OVER}  # clocks that start with the handoff run from the beginning
    rows = Activity.objects.filter(handoff__in=list(handoffs), kind__in=kinds)
    return rows.order_by("pk").only(*ACTS)


def _believed(ids: Sequence[int]) -> set[tuple[int, int]]:
    """(clock, activity) of the typed times a manager approved."""
    approved = Claim.objects.filter(state=Claim.State.APPROVED, clock__in=ids)
    return set(approved.values_list("clock_id", "activity_id"))


def _run(
    run: Sequence[Clock],
    acts: Sequence[Activity],
    lines: Lines,
    believed: set[tuple[int, int]],
    *,
    stamp: UUID,
) -> None:
    """Let everything that was recorded on one handoff happen to its clocks again."""
    handoff, found = Handoff(pk=run[0].handoff_id), Findings(acts=acts)
    live = [clock for clock in run if _starts_on(clock) == Kind.HANDED_OVER]
    for act in acts:
        handoff.owner_id = owner_at(lines, act.recorded_at)
        act.handoff = handoff
        # In whose hours they go on, their deadlines know already (sla.replays.replay).
        following.apply(act, live, found, at=act.recorded_at, stamp=stamp)
        for clock in live if believed else ():
            if (clock.pk, act.pk) in believed:
                believe(clock, act, act.occurred_at, found, at=act.recorded_at)
        live = [clock for clock in live if clock.state != Clock.State.VOIDED]
        live += [c for c in run if _starts_on(c) == act.kind and c.started_at == act.occurred_at]


def _starts_on(clock: Clock) -> str:
    return Kind.REASSIGNED if clock.round else clock.term.starts_on


def _restart(clock: Clock, course: Course, lines: Lines) -> None:
    clock.target_seconds, clock.due_at = course.target, course.due_at
    clock.state, clock.excused = Clock.State.RUNNING, False
    clock.stopped_at = clock.ended_at = None
    if clock.term.side == Side.SALES and lines:
        clock.owner_id = owner_at(lines, clock.started_at)


def close(clock: Clock, was: Recorded | None, *, at: datetime) -> None:
    """What ended without an activity (a merged lead) ends here too; an excuse holds for a miss."""
    over = was.ended_at if was is not None and was.state == Clock.State.VOIDED else None
    if clock.ended_at is None and over is not None:
        late = clock.is_overdue(over)
        clock.state = Clock.State.MISSED if late else Clock.State.VOIDED
        clock.ended_at = over
    if clock.is_overdue(at):
        clock.state = Clock.State.MISSED
    clock.excused = was is not None and was.excused and clock.state == Clock.State.MISSED
