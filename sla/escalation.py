"""Give an unanswered handoff to somebody else: a limited number of times, then to the manager."""

from datetime import datetime

import structlog
from django.db import connection, transaction

from accounts import configuration, outbox
from accounts.models import User
from leads.handover import sales_managers
from leads.models import Assignment
from leads.qualification import reassign
from leads.routing import route
from sla import agreement
from sla.models import Alarm, Clock

log = structlog.get_logger(__name__)

# Alarm, clock and handoff are locked together, skipping what others hold: an accept that holds
# the handoff is never waited for, so the two can't lock each other out.
CLAIM = """
SELECT a.id FROM sla_alarm a
JOIN sla_clock c ON c.id = a.clock_id JOIN leads_handoff h ON h.id = c.handoff_id
WHERE a.state = 'waiting' AND a.action = 'reassign' AND a.fire_at <= %s AND a.id > %s
ORDER BY a.id LIMIT 1 FOR UPDATE OF a, c, h SKIP LOCKED
"""


def reassign_due(*, at: datetime, most: int) -> tuple[int, int]:
    """Carry out the due reassignments; returns how many were done and how many set aside."""
    done = aside = last = 0
    while done + aside < most:
        try:
            with transaction.atomic():
                last_claimed = _claim(at, after=last)
                if last_claimed is None:
                    break
                last = last_claimed
                done += _carry_out(Alarm.objects.get(pk=last), at=at)
        except Exception as error:
            from sla.sweep import set_aside

            aside += 1
            set_aside(last, error)
    return done, aside


def _claim(at: datetime, *, after: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [at, after])
        row = cursor.fetchone()
    return row[0] if row else None


def _carry_out(alarm: Alarm, *, at: datetime) -> int:
    alarm.state, alarm.fired_at = Alarm.State.FIRED, at
    alarm.save(update_fields=["state", "fired_at"])
    # Each row by its key: joined, a planner that takes these tables for empty reads them whole.
    clock = alarm.clock
    clock.term = agreement.term(clock.term_id)
    handoff = clock.handoff
    # Somebody else has it since the miss: they get their own fair chance.
    if handoff is None or not handoff.is_open or handoff.owner_id != clock.owner_id:
        return 0
    if clock.state != Clock.State.MISSED or clock.stopped_at is not None:
        return 0
    had_it = set(handoff.assignments.exclude(rep=None).values_list("rep_id", flat=True))
    name = handoff.lead.name
    if handoff.hops >= agreement.hop_limit(clock.term.contract_id):
        why, rep_id, skipped = f"passed on {handoff.hops} times already", None, []
    else:
        found = route([handoff.lead], at=at, without=had_it, stamp=configuration.stamp())[0]
        why, rep_id, skipped = found.reason, found.rep_id, found.skipped
    if rep_id is None:
        _to_manager(alarm, f"{name}: {why}", at=at)
        if handoff.owner_id is None:
            return 0
    reassign(
        handoff,
        User.objects.get(pk=rep_id) if rep_id else None,
        by=None,
        at=at,
        reason=f"{clock.term.name} was missed; {why}"[:300],
        how=Assignment.How.ESCALATED,
        skipped=skipped,
    )
    log.info("handoff_escalated", handoff=handoff.pk, rep=rep_id)
    return 1


def _to_manager(alarm: Alarm, why: str, *, at: datetime) -> None:
    lead = alarm.clock.lead
    outbox.send([
        outbox.message(
            manager, "unassigned", f"Nobody took {lead.name}", why, lead.get_absolute_url(),
            at=at, dedupe_key=f"unassigned:{alarm.pk}:{manager}",
        )
        for manager in sales_managers(alarm.clock.team_id)
    ])  # fmt: skip
