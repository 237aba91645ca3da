"""One handoff lived again under other promises: clocks start, stand still, pass on and end anew.

In memory, by the engine's own steps (sla.clocks.following.apply, sla.clocks.counting.run): what was
recorded on the handoff happens again, in its order, with the owner the ledger names.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from leads.models import Activity, Handoff, Kind
from leads.routing import pool_team
from sla import agreement
from sla.agreement import Agreement
from sla.business_time import WorkingCalendar
from sla.clocks import following
from sla.clocks.counting import Stretch, merged, run
from sla.clocks.standing_still import can_pause, reasons
from sla.clocks.stopping import Findings, believe
from sla.models import Clock, CountedIn, Side, Term
from sla.replays.recorded import Lines, owner_at

# The hours of a promise, for an owner and their team.
Choose = Callable[[Term, int | None, int | None], WorkingCalendar | None]


@dataclass(slots=True)
class Past:
    """What is on record of one handoff."""

    id: int
    lead_id: int
    handed_over_by_id: int | None
    lead_team_id: int | None
    pool_id: int | None
    # What promises ask of its lead, from its receipt (sla.agreement.facts_of).
    facts: Mapping[str, Any]
    lines: Lines
    # In the order in which they were recorded.
    acts: Sequence[Activity]
    # The typed times that a manager approved, of this handoff and others.
    believed: Set[int]


@dataclass(slots=True)
class Hold:
    """One pause: from when, until which day, and when it was over."""

    start: datetime
    until: datetime | None
    end: datetime | None = None


@dataclass(slots=True)
class Lived:
    """A clock with what its deadline is counted from."""

    clock: Clock
    stretches: list[Stretch]
    holds: list[Hold] = field(default_factory=list)

    def wake(self, at: datetime, *, all_at: datetime | None = None) -> None:
        """End what was paused until an instant that has come; with `all_at` every pause."""
        if self.clock.state != Clock.State.PAUSED:
            return
        for hold in self.holds:
            if hold.end is None and hold.until is not None and hold.until <= at:
                hold.end = hold.until
            elif hold.end is None:
                hold.end = all_at
        if all(hold.end for hold in self.holds):
            self.clock.state = Clock.State.RUNNING
            self.count()

    def hold(self, activity: Activity) -> None:
        """Stand still, if the promise allows the reason and nothing is over or late."""
        clock, until = self.clock, activity.data.get("until")
        allowed = activity.data.get("reason", "") in reasons(clock)
        if not allowed or not can_pause(clock, at=activity.occurred_at):
            return
        end = datetime.fromisoformat(until) if until else None
        self.holds.append(Hold(activity.occurred_at, end))
        clock.state, clock.due_at = Clock.State.PAUSED, None

    def count(self) -> None:
        """Work out the deadline: none while it stands still."""
        clock = self.clock
        still = merged((hold.start, hold.end) for hold in self.holds)
        due_at, _ = run(self.stretches, clock.target_seconds, still)
        clock.due_at = None if clock.state == Clock.State.PAUSED else due_at


def live(
    past: Past, promised: Agreement, choose: Choose, *, at: datetime, stamp: UUID
) -> list[Clock]:
    """The clocks of this handoff had these promises been in force, as they stand at `at`."""
    handoff = Handoff(pk=past.id, pool_id=past.pool_id, handed_over_by_id=past.handed_over_by_id)
    found, lived, hops = Findings(acts=past.acts), list[Lived](), 0
    for act in past.acts:
        handoff.owner_id = owner_at(past.lines, act.recorded_at)
        act.handoff = handoff
        for each in lived:
            each.wake(act.recorded_at)
        live_on = [each for each in lived if each.clock.state != Clock.State.VOIDED]
        clocks = [each.clock for each in live_on]
        following.apply(act, clocks, found, at=act.recorded_at, stamp=stamp)
        _pass_on(live_on, found, choose)
        for clock in clocks if act.pk in past.believed else ():
            if act.kind in clock.term.stops_on and clock.term.stops_after == 1:
                believe(clock, act, act.occurred_at, found, at=act.recorded_at)
        if act.kind in following.PAUSING:
            _hold_or_release(live_on, act)
        hops += act.kind == Kind.REASSIGNED
        for term in _started(act, promised, past, lived):
            round_ = hops if act.kind == Kind.REASSIGNED else 0
            lived.append(_new(term, act, past, round_, choose, stamp=stamp))
    for each in lived:
        each.wake(at)
    return [each.clock for each in lived]


def _pass_on(lived: Sequence[Lived], found: Findings, choose: Choose) -> None:
    """Promises in their owner's hours go on in the next owner's (as sla.clocks.legs)."""
    for clock, instant in found.take_passed():
        each = next(each for each in lived if each.clock is clock)
        each.stretches.append((instant, choose(clock.term, clock.owner_id, clock.team_id)))
        each.count()


def _hold_or_release(lived: Sequence[Lived], act: Activity) -> None:
    for each in lived:
        if act.kind == Kind.PAUSED:
            each.hold(act)
        elif not act.data.get("until"):
            each.wake(act.recorded_at, all_at=act.occurred_at)


def _started(
    act: Activity, promised: Agreement, past: Past, lived: Sequence[Lived]
) -> Sequence[Term]:
    """The promises an activity starts (as sla.clocks.following chooses them)."""
    if act.kind == Kind.REASSIGNED:
        handoff = act.handoff
        if handoff is not None and handoff.owner_id is None and not act.data.get("pool"):
            return ()
        started = promised.started_by(Kind.HANDED_OVER, past.facts)
        return [term for term in started if term.per_owner]
    started = promised.started_by(act.kind, past.facts)
    if act.kind == Kind.ACCEPTED and started:
        there = {each.clock.term.key for each in lived}
        started = [term for term in started if term.key not in there]
    return started


def _new(
    term: Term, act: Activity, past: Past, round_: int, choose: Choose, *, stamp: UUID
) -> Lived:
    handoff = act.handoff
    assert handoff is not None
    if term.side == Side.SALES:
        owner_id = handoff.owner_id
        team_id = agreement.team_of(owner_id, Side.SALES, stamp=stamp) or pool_team(
            past.pool_id, stamp=stamp
        )
    else:
        owner_id, team_id = past.handed_over_by_id, past.lead_team_id
    start, hours = act.occurred_at, choose(term, owner_id, team_id)
    row = _blank() | {
        "handoff_id": past.id, "lead_id": past.lead_id, "round": round_, "owner_id": owner_id,
        "team_id": team_id, "target_seconds": term.target_seconds, "started_at": start,
        "due_at": hours.add(start, term.target_seconds) if hours else None,
    }  # fmt: skip
    clock = Clock(*row.values())  # by place: by name it takes three times as long
    clock.term = term
    return Lived(clock, [(start, hours)])


@cache
def _blank() -> dict[str, Any]:
    """The columns of a clock in their order, before anything is known of it."""
    return {field.attname: field.get_default() for field in Clock._meta.concrete_fields}


def counted_like(term: Term, owner_id: int | None) -> tuple[str, str, int | None]:
    """Clocks of one handoff for which this is the same were counted in the same hours."""
    return term.calendar_of, term.side, None if term.calendar_of == CountedIn.WALL else owner_id
