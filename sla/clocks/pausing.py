"""Pause the clocks of a handoff for a reason the contract allows, and resume them.

Both are recorded as activities, so the clocks follow (sla.clocks.standing_still) and can be
rebuilt. The sweep resumes what was paused until a date that has come.
"""

from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

from accounts import outbox
from accounts.models import Role, User
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.handover import sales_managers
from leads.models import Handoff, Kind
from sla import agreement
from sla.clocks.standing_still import can_pause, reasons
from sla.models import Clock, Side

log = structlog.get_logger(__name__)

JUDGES = (Role.SALES_MANAGER, Role.ADMIN)
LONGEST = timedelta(days=366)
# Of one handoff at a time, skipping what somebody answers right now.
CLAIM = """
SELECT h.id, p.until FROM sla_pause p
JOIN sla_clock c ON c.id = p.clock_id JOIN leads_handoff h ON h.id = c.handoff_id
WHERE p.ended_at IS NULL AND p.until <= %s AND c.state = 'paused'
ORDER BY p.until LIMIT 1 FOR UPDATE OF h SKIP LOCKED
"""


def reasons_for(handoff: Handoff, *, at: datetime) -> dict[str, str]:
    """For which reasons something of this handoff can be paused now: key → words."""
    found: dict[str, str] = {}
    for clock in _waiting(handoff):
        if can_pause(clock, at=at):
            found |= reasons(clock)
    return found


def is_paused(handoff: Handoff) -> bool:
    """Whether anything of this handoff stands still now."""
    return _waiting(handoff).filter(state=Clock.State.PAUSED).exists()


def _waiting(handoff: Handoff) -> QuerySet[Clock]:
    return Clock.objects.unended().filter(handoff=handoff).select_related("term")


def pause(
    handoff: Handoff,
    *,
    by: User,
    at: datetime,
    reason: str,
    until: datetime | None = None,
    note: str = "",
) -> None:
    """Let the clocks whose terms allow this reason stand still from now, until then or resumed.

    The managers are told of a pause that is not a manager's own. Raises NotAllowed for anybody but
    the owner and the sales managers, Conflict when nothing that runs can be paused, Refused for an
    unknown reason or an end that is not ahead.
    """
    with transaction.atomic():
        now = _locked(handoff, by)
        allowed = reasons_for(now, at=at)
        if not allowed:
            raise Conflict("Nothing here can be paused: no clock runs whose term allows it.")
        if reason not in allowed:
            raise Refused(
                f"“{reason}” is not a reason to pause; use one of {', '.join(allowed)}.",
                fields={"reason": "Choose one of these reasons."},
            )
        if until is not None and not at < until <= at + LONGEST:
            raise Refused(
                "A pause ends later than now and within a year; leave it empty if you can't say.",
                fields={"until": "Choose a day after today, within a year."},
            )
        data = {"reason": reason, "words": allowed[reason]}
        if until is not None:
            data["until"] = until.isoformat()
        now.lead.record(
            Kind.PAUSED, by=by, at=at, handoff=now, occurred_at=at, note=note, data=data
        )
        if by.role not in JUDGES:
            _tell_managers(now, by, allowed[reason], until, note, at=at)


def _tell_managers(
    handoff: Handoff, by: User, why: str, until: datetime | None, note: str, *, at: datetime
) -> None:
    """Whoever is judged by a clock has stopped it: a manager hears of it, and may resume."""
    lead = handoff.lead
    # The day as it is where whoever paused is.
    day = f"until {until:%a %-d %b}" if until is not None else "until resumed"
    body = ". ".join(filter(None, [f"{why}, {day}", note.strip()]))
    team_id = agreement.team_of(by.pk, Side.SALES)
    outbox.send([
        outbox.message(
            manager, "paused", f"{by} paused the clocks of {lead.name}", body,
            lead.get_absolute_url(), at=at,
        )
        for manager in sales_managers(team_id)
    ])  # fmt: skip


def resume(handoff: Handoff, *, by: User, at: datetime) -> None:
    """Let everything run on from now. Raises NotAllowed as `pause`, Conflict when nothing stands
    still."""
    with transaction.atomic():
        now = _locked(handoff, by)
        if not is_paused(now):
            raise Conflict("Nothing here is paused.")
        now.lead.record(Kind.RESUMED, by=by, at=at, handoff=now, occurred_at=at)


def _locked(handoff: Handoff, by: User) -> Handoff:
    now = Handoff.objects.select_for_update(of=("self",)).get(pk=handoff.pk)
    if not now.is_open:
        raise now.gone()
    if now.owner_id != by.pk and by.role not in JUDGES:
        raise NotAllowed("Only whoever has the lead, or a sales manager, may pause its clocks.")
    return now


def resume_due(*, at: datetime, most: int) -> int:
    """Resume what was paused until an instant that has come; returns how many handoffs."""
    done = 0
    while done < most:
        try:
            with transaction.atomic():
                if not _resume_one(at):
                    return done
        except DatabaseError as error:
            log.warning("resume_failed", error=type(error).__name__)
            return done
        done += 1
    return done


def _resume_one(at: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [at])
        row = cursor.fetchone()
    if row is None:
        return False
    handoff = Handoff.objects.select_related("lead").get(pk=row[0])
    handoff.lead.record(
        Kind.RESUMED, by=None, at=at, handoff=handoff, occurred_at=row[1],
        data={"until": row[1].isoformat()},
    )  # fmt: skip
    return True
