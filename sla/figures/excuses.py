"""Excuse a miss, with a reason that stays on file; the figures show it with and without."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Role, User
from accounts.refusals import Conflict, NotAllowed, Refused
from sla.clocks.breaches import record_breaches
from sla.models import Clock, Excuse, Side, Term

REASON_LENGTH = 500
# Who may excuse what each side owes; an admin keeps out of it.
JUDGES = {Side.MARKETING: Role.MARKETING_MANAGER, Side.SALES: Role.SALES_MANAGER}


def may_excuse(user: User, term: Term) -> bool:
    """Whether this person may excuse misses of this term."""
    return JUDGES.get(Side(term.side)) == user.role


def excuse(clock: Clock, *, by: User, reason: str, at: datetime) -> None:
    """Set a miss apart from the others; it stays a miss.

    Raises NotAllowed for anybody but a manager of the side that owes the term, Refused without a
    reason, Conflict when it is not a miss or excused already.
    """
    reason = reason.strip()
    if not may_excuse(by, clock.term):
        raise NotAllowed(f"Only a manager of {clock.term.side} may excuse “{clock.term}”.")
    if not reason:
        raise Refused(
            "Say why this miss is excused.", fields={"reason": "Say why, in a few words."}
        )
    if len(reason) > REASON_LENGTH:
        raise Refused(
            f"The reason has {len(reason)} characters; {REASON_LENGTH} is the most.",
            fields={"reason": f"Use at most {REASON_LENGTH} characters."},
        )
    with transaction.atomic():
        now = Clock.objects.select_for_update(of=("self",)).get(pk=clock.pk)
        if now.is_overdue(at):
            # Missed by its deadline; the sweep has not come yet.
            record_breaches([now.pk], at=at)
            now.state = Clock.State.MISSED
        if now.state != Clock.State.MISSED:
            raise Conflict(f"This clock is {now.get_state_display().lower()}, not missed.")
        if now.excused:
            raise Conflict("This miss is excused already.")
        Clock.objects.filter(pk=now.pk).update(excused=True)
        # One that was left when later evidence had made it met for a while.
        Excuse.objects.standing().filter(clock=now).update(taken_back_at=at)
        Excuse.objects.create(clock=now, reason=reason, by=by, at=at)
        # Never changed again: so nothing that anybody wrote.
        audit.record("miss_excused", clock, by=by, at=at)
    clock.refresh_from_db()


def take_back(clock: Clock, *, by: User, at: datetime) -> None:
    """Count an excused miss again; doing it twice changes nothing. Raises NotAllowed."""
    if not may_excuse(by, clock.term):
        raise NotAllowed(f"Only a manager of {clock.term.side} may excuse “{clock.term}”.")
    with transaction.atomic():
        if Clock.objects.filter(pk=clock.pk, excused=True).update(excused=False):
            Excuse.objects.standing().filter(clock=clock).update(taken_back_at=at)
            audit.record("excuse_taken_back", clock, by=by, at=at)
    clock.refresh_from_db()


def reasons(clocks: Iterable[Clock]) -> Mapping[int, Excuse]:
    """Clock → what excused it, for those that are excused now."""
    excused = [clock.pk for clock in clocks if clock.excused]
    found = Excuse.objects.standing().filter(clock__in=excused).select_related("by")
    return {excuse.clock_id: excuse for excuse in found}
