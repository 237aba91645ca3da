"""A person's hours or leave changed, and with them the running clocks counted in their hours."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from sla import agreement
from sla.agreement import Hours
from sla.clocks.rebasing import Choose, Ground, Plan, giving_way, preview, rebase
from sla.models import Clock, ClockQuerySet, CountedIn

# Enters or removes leave, gives or takes hours; writes, in the caller's transaction.
Change = Callable[[], object]


def running_for(person: User) -> ClockQuerySet:
    """The clocks that run in this person's own hours, whichever those were at the start."""
    return Clock.objects.running().unended().filter(
        owner=person, term__calendar_of=CountedIn.OWNER
    )  # fmt: skip


def _onto_present_hours() -> Choose:
    known: dict[int | None, Hours | None] = {}

    def onto(clock: Clock) -> Ground:
        if clock.team_id not in known:
            known[clock.team_id] = agreement.hours_of_person(clock.owner_id, clock.team_id)
        hours = known[clock.team_id]
        return Ground(
            hours.working if hours else None, hours.version_id if hours else None,
            clock.term, clock.target_seconds,
        )  # fmt: skip

    return onto


def looked_at(person: User, change: Change, *, at: datetime) -> Plan:
    """Which deadlines a change would move. The change is made and taken back: nothing stays."""
    with transaction.atomic():
        change()
        plan = preview(running_for(person), _onto_present_hours(), at=at)
        transaction.set_rollback(True)
    return plan


def carry_out(person: User, change: Change, *, move: bool, by: User, at: datetime) -> int:
    """Make a change; with `move` the clocks go along, all or none. Answers how many deadlines did.

    Raises Conflict when the clocks are too busy; then nothing was changed.
    """

    def both() -> Plan:
        change()
        plan = rebase(running_for(person), _onto_present_hours(), by=by, at=at)
        facts = {"clocks": len(plan.moves), "moved": len(plan.moved)}
        audit.record("person_rebased", person, by=by, at=at, facts=facts)
        return plan

    if move:
        return len(giving_way(both).moved)
    with transaction.atomic():
        change()
    return 0
