"""Clocks of the past run again under a draft, in memory, by the engine's own steps.

A clock the draft doesn't touch keeps its recorded outcome. One whose target or hours change gets
the deadline the draft gives it, and then everything that was recorded on its handoff acts on it
again as it did at the time (sla.clocks.following.apply). What people did is history: they would
have answered at the same instants.

Most clocks need no replay: where nobody else ever had the lead and the answer was recorded as it
was given, the outcome follows from the deadline alone. A test holds the short way to the long one.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from leads.models import Assignment, Handoff
from leads.routing import pool_team
from sla import agreement
from sla.clocks.counting import run, stretches_of
from sla.models import Calendar, CalendarVersion, Clock, Leg, Pause, Side, Term
from sla.models.clock import in_time
from sla.replays.draft import Draft
from sla.replays.recorded import Course, Judged, Ledger, Recorded, Replayed, judged, owner_at
from sla.replays.rerun import rerun


def replay(
    draft: Draft, *, start: datetime, at: datetime, stamp: UUID, short: bool = True
) -> list[Replayed]:
    """Every clock started in [start, at), before and under the draft; writes nothing.

    The number of queries does not grow with the clocks. Without `short` every clock is run again
    step by step.
    """
    terms = {term.pk: term for term in Term.objects.agreed()}
    period = Clock.objects.filter(started_at__gte=start, started_at__lt=at)
    found = []
    for row in period.order_by("pk").values_list(*Recorded._fields):
        clock = Recorded._make(row)
        before = judged(clock, at=at)
        found.append(Replayed(clock, terms[clock.term_id], before, before))
    if draft.targets or draft.hours:
        handoffs = Handoff.objects.filter(pk__in=period.order_by().values("handoff"))
        _rerun(found, handoffs, draft, at=at, stamp=stamp, short=short)
    return found


def _rerun(
    found: Sequence[Replayed],
    handoffs: QuerySet[Handoff],
    draft: Draft,
    *,
    at: datetime,
    stamp: UUID,
    short: bool,
) -> None:
    ledger = _ledger(handoffs, short=short)
    teams = _first_teams(found, ledger, stamp=stamp) if draft.hours else {}
    own = _own_hours() if draft.hours else frozenset()
    # Whether it would have been paused under another deadline, nobody knows: left as it was.
    held = Pause.objects.filter(clock__handoff__in=handoffs.order_by())
    paused = set(held.values_list("clock_id", flat=True))
    legs: dict[int, list[Leg]] = defaultdict(list)
    for leg in Leg.objects.filter(clock__handoff__in=handoffs.order_by()):
        legs[leg.clock_id].append(leg)
    again: dict[int, list[Course]] = defaultdict(list)
    for each in found:
        passed = legs.get(each.clock.id, ())
        by_team = each.clock.calendar_version_id not in own and not passed
        course = _course(each, draft, teams.get(each.clock.id) if by_team else None, passed)
        if course is None or each.clock.id in paused:
            continue
        of_change = each.clock.handoff_id is None  # nothing moves it or holds it
        plain = short and each.clock.handoff_id not in ledger and _is_plain(each.clock)
        if plain or of_change:
            each.after = straight(each.clock, course.due_at, at=at)
        else:
            again[each.clock.handoff_id or 0].append(course)
    if again:
        rerun(again, ledger, at=at, stamp=stamp)


def _own_hours() -> frozenset[int | None]:
    """Versions of somebody's own hours, or less their leave, or of wall time: no team's draft is
    theirs."""
    teams = CalendarVersion.objects.filter(calendar__in=Calendar.objects.of_teams())
    others = CalendarVersion.objects.exclude(pk__in=teams.values("pk"))
    return frozenset(others.order_by().values_list("pk", flat=True))


def _course(
    each: Replayed, draft: Draft, team_id: int | None, legs: Sequence[Leg]
) -> Course | None:
    """None: the draft leaves this clock as it was. What ran in the hours of several owners runs in
    them again."""
    clock = each.clock
    hours = draft.hours.get(team_id or 0)
    target = draft.targets.get(each.term.key, clock.target_seconds)
    if hours is None and target == clock.target_seconds:
        return None
    known = clock.calendar_version_id
    recorded = agreement.hours(known).working if known else None
    working = hours or recorded
    due_at, _ = run(stretches_of(clock.started_at, legs, working), target)
    return Course(each, target, due_at)


def _is_plain(clock: Recorded) -> bool:
    """Whether its outcome follows from its deadline alone: not voided, and answered, if at all,
    by what was recorded as it happened. (A time typed late counts as when it was typed: had it
    been believed under the draft, that instant was in time as well.)"""
    answered = clock.stopped_at is None or clock.stopped_at == clock.ended_at
    return answered and clock.state != Clock.State.VOIDED


def straight(clock: Recorded, due_at: datetime | None, *, at: datetime) -> Judged:
    """How a clock stands that nothing moved or held, had its deadline been this one."""
    state = Clock.State
    if clock.stopped_at is not None:
        outcome = state.MET if in_time(due_at, clock.stopped_at) else state.MISSED
    elif not in_time(due_at, clock.ended_at or at):
        outcome = state.MISSED
    else:
        outcome = state.VOIDED if clock.ended_at else state.RUNNING
    excused = clock.excused and outcome == Clock.State.MISSED
    return Judged(str(outcome), excused, clock.owner_id, due_at)


def _ledger(handoffs: QuerySet[Handoff], *, short: bool) -> Ledger:
    """Handoff → who got it when, oldest first; with `short` only of those that changed hands."""
    lines: dict[int, list[tuple[datetime, int | None]]] = defaultdict(list)
    rows = Assignment.objects.filter(handoff__in=handoffs.order_by())
    if short:
        counted = rows.order_by().values("handoff").annotate(n=Count("pk"))
        moved = counted.filter(n__gt=1).values("handoff")
        rows = Assignment.objects.filter(handoff__in=moved)
    for handoff, at, rep in rows.order_by("at", "id").values_list("handoff_id", "at", "rep_id"):
        lines[handoff].append((at, rep))
    return lines


def _first_teams(
    found: Sequence[Replayed], ledger: Ledger, *, stamp: UUID
) -> dict[int, int | None]:
    """Clock → the team by whose hours it was counted when it started (as sla.clocks chooses)."""
    owners: dict[int, int | None] = {}
    for each in found:
        clock = each.clock
        lines = ledger.get(clock.handoff_id or 0)
        owners[clock.id] = owner_at(lines, clock.started_at) if lines else clock.owner_id
    nobodys = {each.clock.handoff_id or 0 for each in found if owners[each.clock.id] is None}
    pools = dict(Handoff.objects.filter(pk__in=nobodys).values_list("pk", "pool_id"))
    teams = {
        owner: agreement.team_of(owner, Side.SALES, stamp=stamp) for owner in set(owners.values())
    }
    return {
        each.clock.id: each.clock.team_id
        if each.term.side != Side.SALES
        else teams[owners[each.clock.id]]
        or pool_team(pools.get(each.clock.handoff_id or 0), stamp=stamp)
        for each in found
    }
