"""Take an unanswered handoff from its owner: to another rep, or back to its pool; a limited number
of times, then to the manager.

Whoever had it before is not asked again, and somebody who got it since the miss keeps it: both
actions hold to the same fair chance, hop limit and locks.
"""

from datetime import UTC, datetime

import structlog
from django.db import connection, transaction

from accounts import configuration, outbox
from accounts.models import User
from leads.handover import who_decides
from leads.models import Assignment, Handoff
from leads.qualification import back_to_pool, reassign
from leads.routing import at_hand, pool_for, route
from sla import agreement, setting_aside
from sla.clocks.breaches import record_breaches
from sla.models import Action, Alarm, Clock

log = structlog.get_logger(__name__)

# Alarm, clock and handoff are locked together, skipping what others hold: an accept that holds
# the handoff is never waited for, so the two can't lock each other out.
CLAIM = """
SELECT a.fire_at, a.id FROM sla_alarm a
JOIN sla_clock c ON c.id = a.clock_id JOIN leads_handoff h ON h.id = c.handoff_id
WHERE a.state = 'waiting' AND a.action IN ('reassign', 'back_to_pool')
    AND a.fire_at <= %s AND (a.fire_at, a.id) > (%s, %s)
ORDER BY a.fire_at, a.id LIMIT 1 FOR UPDATE OF a, c, h SKIP LOCKED
"""


def move_due(*, at: datetime, most: int) -> tuple[int, int]:
    """Carry out what is due; returns how many handoffs moved and how many alarms were set aside."""
    done = aside = 0
    last = (datetime.min.replace(tzinfo=UTC), 0)
    for _ in range(most):
        claimed = None
        try:
            with transaction.atomic():
                claimed = _claim(at, after=last)
                if claimed is None:
                    break
                done += _carry_out(Alarm.objects.get(pk=claimed[1]), at=at)
        except Exception as error:
            if claimed is None:
                raise
            aside += setting_aside.failed(claimed[1], error)
        last = claimed
    return done, aside


def _claim(at: datetime, *, after: tuple[datetime, int]) -> tuple[datetime, int] | None:
    """The longest due after the one before, locked; by the index alarm_moving."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [at, *after])
        row: tuple[datetime, int] | None = cursor.fetchone()
    return row


def _carry_out(alarm: Alarm, *, at: datetime) -> int:
    alarm.state, alarm.fired_at = Alarm.State.FIRED, at
    alarm.save(update_fields=["state", "fired_at"])
    # Each row by its key: joined, a planner that takes these tables for empty reads them whole.
    clock = alarm.clock
    clock.term = agreement.term(clock.term_id)
    if clock.is_overdue(at):
        # Another sweeper has the alarm of its breach in hand, or that failed: the miss comes first.
        record_breaches([clock.pk], at=at)
        clock.state = Clock.State.MISSED
    handoff = clock.handoff
    # Somebody else has it since the miss: they get their own fair chance.
    if handoff is None or not handoff.is_open or handoff.owner_id != clock.owner_id:
        return 0
    if clock.state != Clock.State.MISSED or clock.stopped_at is not None:
        return 0
    had_it = set(handoff.assignments.exclude(rep=None).values_list("rep_id", flat=True))
    if handoff.hops >= agreement.hop_limit(clock.term.contract_id):
        why = f"passed on {handoff.hops} times already"
        return _to_manager(alarm, handoff, why, skipped=[], at=at)
    if alarm.action == Action.BACK_TO_POOL:
        return _to_pool(alarm, handoff, without=had_it, at=at)
    return _to_next_rep(alarm, handoff, without=had_it, at=at)


def _to_next_rep(alarm: Alarm, handoff: Handoff, *, without: set[int], at: datetime) -> int:
    found = route([handoff.lead], at=at, without=without, stamp=configuration.stamp())[0]
    if found.rep_id is None:
        return _to_manager(alarm, handoff, found.reason, skipped=found.skipped, at=at)
    _pass_on(
        alarm, handoff, User.objects.get(pk=found.rep_id), found.reason, found.skipped, at=at
    )  # fmt: skip
    return 1


def _to_pool(alarm: Alarm, handoff: Handoff, *, without: set[int], at: datetime) -> int:
    pool = pool_for(handoff.lead, handoff.pool_id)
    if pool is None:
        why = "no pool takes this region and persona"
        return _to_manager(alarm, handoff, why, skipped=[], at=at)
    if handoff.owner_id is None:
        why = f"nobody of {pool.name} took it"
        return _to_manager(alarm, handoff, why, skipped=[], at=at)
    asked, skipped = at_hand(pool, at=at, without=without)
    if not asked:
        why = f"{pool.name}: nobody is available"
        return _to_manager(alarm, handoff, why, skipped=skipped, at=at)
    why = _because(alarm, f"back to {pool.name}, where any member may take it")
    back_to_pool(handoff, pool, by=None, at=at, reason=why, skipped=skipped, tell=asked)
    log.info("handoff_back_to_pool", handoff=handoff.pk, pool=pool.id)
    return 1


def _to_manager(
    alarm: Alarm, handoff: Handoff, why: str, *, skipped: list[dict[str, str]], at: datetime
) -> int:
    """Tell the managers; a handoff that somebody has goes onto their list."""
    lead = handoff.lead
    outbox.send([
        outbox.message(
            manager, "unassigned", f"Nobody took {lead.name}", f"{lead.name}: {why}",
            lead.get_absolute_url(), at=at, dedupe_key=f"unassigned:{alarm.pk}:{manager}",
        )
        for manager in who_decides(alarm.clock.team_id, at=at)
    ])  # fmt: skip
    if handoff.owner_id is None:
        return 0
    _pass_on(alarm, handoff, None, why, skipped, at=at)
    return 1


def _pass_on(
    alarm: Alarm,
    handoff: Handoff,
    rep: User | None,
    why: str,
    skipped: list[dict[str, str]],
    *,
    at: datetime,
) -> None:
    reassign(
        handoff, rep, by=None, at=at, reason=_because(alarm, why),
        how=Assignment.How.ESCALATED, skipped=skipped,
    )  # fmt: skip
    log.info("handoff_escalated", handoff=handoff.pk, rep=rep.pk if rep else None)


def _because(alarm: Alarm, why: str) -> str:
    return f"{alarm.clock.term.name} was missed; {why}"[:300]
