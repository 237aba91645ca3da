"""What an answer does to a clock: at which instant it counts, and what follows from that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts import audit
from accounts.models import User
from leads.models import Activity, Outcome
from sla.clocks.breaches import record_breaches
from sla.clocks.legs import Passed
from sla.models import Claim, Clock


@dataclass(slots=True)
class Findings:
    """What answers and moves did to clocks that is written down beside the clocks themselves."""

    breached: list[Clock] = field(default_factory=list)
    # Missed, until an answer at that instant showed that it was not.
    overturned: list[tuple[Clock, Activity, datetime]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    # Counted in their owner's hours, and now another's (sla.clocks.legs).
    passed: list[Passed] = field(default_factory=list)
    # All that was recorded on the handoff, where somebody has it in memory; else it is read.
    acts: Sequence[Activity] | None = None

    def take_passed(self) -> list[Passed]:
        """Those that changed hands since this was last asked."""
        taken, self.passed = self.passed, []
        return taken

    def write_down(self, *, at: datetime, by: User | None = None) -> None:
        """Record breaches and what overturned them, before the clocks are saved: their rows still
        name the owners at the deadlines. `by`: who decided it, else whoever answered."""
        record_breaches([clock.pk for clock in self.breached], at=at)
        for clock, activity, instant in self.overturned:
            _overturn(clock, activity, instant, by=by or activity.actor, at=at)


def stopping_instant(clock: Clock, activity: Activity, *, at: datetime) -> datetime | None:
    """The instant an activity counts for a clock; None when it does not count.

    A time typed after the deadline is the word of the person judged: it counts as now. A
    contact from before the clock started, or with nobody at the other end, does not count.
    """
    if activity.outcome == Outcome.WRONG_NUMBER or activity.occurred_at < clock.started_at:
        return None
    typed = activity.evidence == Activity.Evidence.TYPED
    if typed and clock.due_at is not None and at > clock.due_at:
        return at
    return activity.occurred_at


def stop(clock: Clock, activity: Activity, found: Findings, *, at: datetime) -> None:
    """Let an activity stop a clock, in memory; the caller has locked it, and saves.

    Finds a claim for a manager to decide when the time was typed after the deadline and would
    have met the clock had it been believed.
    """
    if clock.term.stops_after > 1:
        _attempt(clock, activity, found, at=at)
        return
    instant = stopping_instant(clock, activity, at=at)
    if instant is None:
        return
    believe(clock, activity, instant, found, at=at)
    in_time = clock.outcome_at(activity.occurred_at) == Clock.State.MET
    if instant == activity.occurred_at or clock.state == Clock.State.MET or not in_time:
        return
    found.claims.append(
        Claim(clock=clock, activity=activity, claimed_at=activity.occurred_at, made_at=at)
    )


def _attempt(clock: Clock, activity: Activity, found: Findings, *, at: datetime) -> None:
    """Stop a clock that takes several attempts by the last it takes, if that is done.

    Told from all that was recorded so far, so late reports count where they belong. One that is not
    far enough from the attempt before it is none: a double click, a webhook that was replayed.
    """
    term = clock.term
    recorded = _recorded(clock, activity, found)
    told = [(stopping_instant(clock, each, at=each.recorded_at), each) for each in recorded]
    counted = sorted(((i, each) for i, each in told if i), key=lambda pair: (pair[0], pair[1].pk))
    number, last = 0, None
    for instant, each in counted:
        if last is not None and not (
            instant > last and (instant - last).total_seconds() >= term.spacing_seconds
        ):
            continue
        number, last = number + 1, instant
        if number == term.stops_after:
            believe(clock, each, instant, found, at=at)
            return


def _recorded(clock: Clock, until: Activity, found: Findings) -> Iterable[Activity]:
    kinds = clock.term.stops_on
    if found.acts is not None:
        return [act for act in found.acts if act.kind in kinds and act.pk <= until.pk]
    return Activity.objects.filter(handoff=clock.handoff_id, kind__in=kinds, pk__lte=until.pk)


def believe(
    clock: Clock, activity: Activity, instant: datetime, found: Findings, *, at: datetime
) -> None:
    """Judge the clock by an answer at `instant`, in memory; of several the earliest counts."""
    if clock.stopped_at is not None and instant >= clock.stopped_at:
        return
    if clock.stopped_at is None and clock.ended_at is not None and instant > clock.ended_at:
        # Passed on since: what the next owner does is not the answer of this one.
        return
    outcome = clock.outcome_at(instant)
    if outcome == Clock.State.MISSED and clock.state == Clock.State.RUNNING:
        found.breached.append(clock)
    if outcome == Clock.State.MET and clock.state == Clock.State.MISSED:
        clock.excused = False
        found.overturned.append((clock, activity, instant))
    clock.state = outcome
    clock.stopped_at = instant
    clock.stopped_by = activity
    clock.ended_at = at


def _overturn(
    clock: Clock, activity: Activity, instant: datetime, *, by: User | None, at: datetime
) -> None:
    """Later evidence shows the promise was kept: the breach stays on file, overturned."""
    clock.breach.overturned_at = at
    clock.breach.save(update_fields=["overturned_at"])
    # Whoever said it was not much earlier need not be believed any more.
    waiting = Claim.objects.waiting().filter(clock=clock, claimed_at__gte=instant)
    waiting.update(state=Claim.State.SETTLED, decided_at=at)
    audit.record(
        "breach_overturned", clock, by=by, at=at,
        facts={
            "activity": activity.pk,
            "evidence": activity.evidence,
            "occurred_at": activity.occurred_at.isoformat(),
            "due_at": clock.due_at.isoformat() if clock.due_at else None,
        },
    )  # fmt: skip
