"""Running clocks put on other ground: new hours, or a new promise; looked at first, then at once.

Editing a calendar or a contract leaves running clocks under what they started with. Whoever edits
may decide otherwise. Then:

* A deadline is counted anew from the clock's start, as if the new ground had been there all along:
  a holiday entered at noon takes the morning's work back. Pauses count as they were; a paused clock
  keeps what it then has left.
* What is past its deadline at `at` is a miss and stays one, noticed or not; so does all history.
* A new deadline may lie in the past: it is missed then, and the preview counts these beforehand.
* Alarms that have fired have fired, unless the new promise has another step in their place; those
  that wait are moved, and the sweep never sees half of it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Q

from accounts.models import AuditEntry, User
from accounts.refusals import Conflict
from sla.business_time import WorkingCalendar
from sla.clocks.alarms import alarms_of
from sla.clocks.counting import deadline
from sla.clocks.following import RESPOND_BY
from sla.models import Clock, ClockQuerySet, CountedIn, Leg, Term

T = TypeVar("T")

TRIES = 5
# Below PostgreSQL's deadlock_timeout of a second: it is we who give way, never a rep's deed.
PATIENCE = "SET LOCAL lock_timeout = '900ms'"
LOCK_NOT_AVAILABLE = "55P03"

CLOCKS = """
UPDATE sla_clock c SET due_at = n.due_at, calendar_version_id = n.version, term_id = n.term,
    target_seconds = n.target, remaining_seconds = n.remaining
FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::int[], %s::int[])
    AS n (id, due_at, version, term, target, remaining)
WHERE c.id = n.id
"""
ALARMS = """
WITH wanted AS (
    SELECT * FROM unnest(%(clocks)s::bigint[], %(steps)s::int[], %(actions)s::text[],
        %(instants)s::timestamptz[]) AS w (clock_id, step, action, fire_at)
), gone AS (
    UPDATE sla_alarm a SET state = 'void'
    WHERE a.clock_id = ANY(%(moved)s) AND a.state = 'waiting' AND NOT EXISTS (
        SELECT FROM wanted w WHERE w.clock_id = a.clock_id AND w.step = a.step)
)
INSERT INTO sla_alarm AS a (clock_id, step, action, fire_at, state, error)
SELECT clock_id, step, action, fire_at, 'waiting', '' FROM wanted
ON CONFLICT (clock_id, step) DO UPDATE
    SET fire_at = excluded.fire_at, action = excluded.action, state = 'waiting', fired_at = NULL,
        error = ''
    WHERE a.state IN ('waiting', 'void') OR a.action <> excluded.action
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a clock shall run under: hours (of a draft: no version yet), term and target."""

    working: WorkingCalendar | None
    version_id: int | None
    term: Term
    target_seconds: int


@dataclass(frozen=True, slots=True)
class Move:
    """One clock, and the deadline it had and would get (UTC)."""

    clock: Clock
    ground: Ground
    was: datetime | None
    due_at: datetime | None
    left: int | None  # working seconds, of a paused clock


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rebase would do, or has done."""

    at: datetime
    moves: list[Move]

    @property
    def moved(self) -> list[Move]:
        """The clocks whose deadline becomes another, next deadline first."""
        return [move for move in self.moves if move.due_at != move.was]

    @property
    def overdue(self) -> list[Move]:
        """Those whose new deadline would be past already."""
        return [move for move in self.moved if move.due_at is not None and move.due_at < self.at]


# None: the clock stays where it is.
Choose = Callable[[Clock], Ground | None]


def preview(clocks: ClockQuerySet, onto: Choose, *, at: datetime) -> Plan:
    """What `rebase` would do at this instant; writes and locks nothing."""
    found = _movable(clocks, at=at).with_subject()
    found = found.select_related("term", "owner", "calendar_version")
    return _plan(found, onto, at=at)


def rebase(clocks: ClockQuerySet, onto: Choose, *, by: User, at: datetime) -> Plan:
    """Put the running ones of these clocks onto other ground, all or none.

    The clocks are locked against the sweep and against deeds. Call it within `giving_way`.
    """
    with transaction.atomic():
        found = _movable(clocks, at=at).select_related("term", "calendar_version")
        plan = _plan(found.select_for_update(of=("self",)).order_by("pk"), onto, at=at)
        if plan.moves:
            _audit(plan, by=by)
            _write(plan.moves)
    return plan


def giving_way(do: Callable[[], T]) -> T:
    """Run a transaction that would rather start again than keep others waiting for its locks.

    Raises Conflict when it has been in the way too often.
    """
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(PATIENCE)
                return do()
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) != LOCK_NOT_AVAILABLE:
                raise
    raise Conflict("The clocks are busy just now; nothing was changed. Try again.", code="busy")


def _movable(clocks: ClockQuerySet, *, at: datetime) -> ClockQuerySet:
    """Running and paused ones; what is past its deadline is a miss."""
    running = clocks.running().unended().filter(Q(due_at=None) | Q(due_at__gte=at))
    return running.prefetch_related("pauses", "legs")


def _plan(clocks: Iterable[Clock], onto: Choose, *, at: datetime) -> Plan:
    moves = []
    for clock in clocks:
        ground = onto(clock)
        if ground is None:
            continue
        due_at, left = _due(clock, ground)
        moves.append(Move(clock, ground, clock.due_at, due_at, left))
    never = datetime.max.replace(tzinfo=at.tzinfo)
    return Plan(at, sorted(moves, key=lambda move: (move.due_at or never, move.clock.pk)))


def _due(clock: Clock, ground: Ground) -> tuple[datetime | None, int | None]:
    """The deadline on new ground, and for a paused clock the working seconds left instead.

    The clock's pauses and, in its owner's hours, its earlier owners' are lived through again
    (sla.clocks.counting), so that rebuilding it finds the same.
    """
    legs = None if ground.term.calendar_of == CountedIn.OWNER else ()
    return deadline(clock, ground.target_seconds, ground.working, legs=legs)


def _write(moves: Sequence[Move]) -> None:
    for move in moves:
        clock = move.clock
        clock.due_at, clock.calendar_version_id = move.due_at, move.ground.version_id
        clock.term, clock.target_seconds = move.ground.term, move.ground.target_seconds
    clocks = [move.clock for move in moves]
    alone = [c.pk for c in clocks if c.term.calendar_of != CountedIn.OWNER]
    Leg.objects.filter(clock__in=alone).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            CLOCKS,
            [
                [c.pk for c in clocks], [c.due_at for c in clocks],
                [c.calendar_version_id for c in clocks], [c.term_id for c in clocks],
                [c.target_seconds for c in clocks], [move.left for move in moves],
            ],
        )  # fmt: skip
        running = [c for c in clocks if c.state == Clock.State.RUNNING]
        alarms = [alarm for clock in running for alarm in alarms_of(clock)]
        cursor.execute(
            ALARMS,
            {
                "clocks": [a.clock_id for a in alarms],
                "steps": [a.step for a in alarms],
                "actions": [str(a.action) for a in alarms],
                "instants": [a.fire_at for a in alarms],
                "moved": [c.pk for c in running],
            },
        )
        leads = sorted({c.lead_id for c in clocks if c.lead_id is not None})
        cursor.execute(RESPOND_BY, {"leads": leads})


def _audit(plan: Plan, *, by: User) -> None:
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                at=plan.at,
                actor=by,
                verb="clock_rebased",
                subject=Clock._meta.label_lower,
                subject_id=move.clock.pk,
                facts={
                    "due_at": [_said(move.was), _said(move.due_at)],
                    "calendar_version": [move.clock.calendar_version_id, move.ground.version_id],
                    "term": [move.clock.term_id, move.ground.term.pk],
                },
            )
            for move in plan.moves
        ],
        batch_size=1000,
    )


def _said(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
