"""Fire due alarms.

0. What was paused until now runs on; its alarms then fall due at their own instants.
1. One statement claims a batch of waiting alarms with their clocks, skipping what others hold.
2. The same statement marks them fired, records breaches, writes the outbox rows and
   what webhooks are told: all or none.
3. A batch that fails is done again alarm by alarm; one that fails alone is set aside, visibly.
4. What moves the lead (sla.escalation) runs one by one, each in its own transaction.
Any number of sweepers may run; each alarm fires once. A crash fires nothing and loses nothing.

One sweeper begins with the longest due; whoever comes while it does begins elsewhere (WHERE), so
that they don't spend their time on skipping what the others hold. Each goes on from where its
last batch ended, and looks once more from the front before it stops. Where somebody begins
decides nothing but speed: nobody waits for anybody.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from sla import escalation, setting_aside
from sla.clocks import pausing
from sla.clocks.alarms import MOVING
from sla.clocks.breaches import BREACH_STEPS, SUBJECT
from sla.models import Alarm

log = structlog.get_logger(__name__)

BATCH = 1000
FRONT = datetime.min.replace(tzinfo=UTC)

# Where to begin: at the front, or, while another transaction that began there lasts, somewhere
# among what is due. The key means this and nothing else.
WHERE = """
SELECT CASE WHEN NOT pg_try_advisory_xact_lock(hashtextextended('sla.sweep', 0)) THEN (
    SELECT min(fire_at) + random() * (%(at)s - min(fire_at)) FROM sla_alarm
    WHERE state = 'waiting' AND fire_at <= %(at)s
) END
"""
SWEEP = (
    """
WITH claimed AS MATERIALIZED (
    SELECT a.id AS alarm_id, a.action, a.fire_at, c.id AS clock_id, c.owner_id, c.team_id, c.due_at,
        c.lead_id, c.term_id, c.handoff_id, c.acknowledgement_id
    FROM sla_alarm a JOIN sla_clock c ON c.id = a.clock_id
    WHERE a.state = 'waiting' AND a.fire_at BETWEEN %(since)s AND %(at)s
        AND a.action NOT IN ('reassign', 'back_to_pool') {only}
    ORDER BY a.fire_at LIMIT %(batch)s
    FOR UPDATE OF a, c SKIP LOCKED
), fired AS (
    UPDATE sla_alarm a SET state = 'fired', fired_at = %(at)s
    FROM claimed WHERE a.id = claimed.alarm_id
), due AS (
    SELECT clock_id FROM claimed WHERE action = 'breach'
), """
    + BREACH_STEPS
    + """, news AS (
    INSERT INTO accounts_outboxmessage (id, recipient_id, kind, title, body, url, dedupe_key,
        created_at, next_attempt_at, attempts, last_error)
    SELECT gen_random_uuid(), r.user_id, claimed.action,
        left(CASE claimed.action WHEN 'warn' THEN t.name || ' is due soon: '
            ELSE t.name || ' is overdue: ' END || n.name, 300),
        coalesce(n.beside, ''), n.url,
        claimed.action || ':' || claimed.alarm_id || ':' || r.user_id, %(at)s, %(at)s, 0, ''
    FROM claimed JOIN sla_term t ON t.id = claimed.term_id
    CROSS JOIN LATERAL ("""
    + SUBJECT.format(clock="claimed")
    + """) n
    CROSS JOIN LATERAL (
        SELECT claimed.owner_id AS user_id
        WHERE claimed.action = 'warn' AND claimed.owner_id IS NOT NULL
        UNION
        -- Whoever has the lead since gets no reminder of another's miss.
        SELECT claimed.owner_id
        WHERE claimed.action = 'tell_owner' AND claimed.owner_id IS NOT NULL
            AND (t.side = 'marketing' OR claimed.handoff_id IS NULL OR claimed.owner_id = (
                SELECT h.owner_id FROM leads_handoff h WHERE h.id = claimed.handoff_id))
        UNION
        SELECT m.user_id FROM accounts_membership m
        WHERE claimed.action = 'tell_manager' AND m.team_id = claimed.team_id AND m.is_manager
    ) r
    WHERE claimed.action <> 'breach'
    ON CONFLICT (dedupe_key) DO NOTHING
), calls AS (
    INSERT INTO accounts_webhookdelivery (uid, webhook_id, event, body, dedupe_key,
        created_at, next_attempt_at, attempts, last_status)
    SELECT gen_random_uuid(), w.id, e.event, jsonb_build_object(
            'type', e.event, 'timestamp', claimed.fire_at, 'data', jsonb_build_object(
                'lead', claimed.lead_id, 'handoff', claimed.handoff_id, 'change', a.change_id,
                'clock', claimed.clock_id, 'term', t.key, 'contract_version', k.version,
                'due_at', claimed.due_at, 'owner', u.email, 'team', m.slug, 'url', %(site)s ||
                CASE WHEN a.id IS NULL THEN '/leads/' || claimed.lead_id || '/'
                    ELSE '/changes/' || a.change_id || '/' END)),
        'webhook:' || claimed.alarm_id || ':' || w.id, %(at)s, %(at)s, 0, ''
    FROM claimed JOIN sla_term t ON t.id = claimed.term_id
    JOIN sla_contract k ON k.id = t.contract_id
    LEFT JOIN personas_acknowledgement a ON a.id = claimed.acknowledgement_id
    LEFT JOIN accounts_user u ON u.id = claimed.owner_id
    LEFT JOIN accounts_team m ON m.id = claimed.team_id
    JOIN accounts_webhook w ON w.is_active AND w.person_id IS NULL
    CROSS JOIN LATERAL (SELECT CASE WHEN claimed.fire_at > claimed.due_at THEN 'deadline.missed'
        ELSE 'deadline.near' END AS event) e
    WHERE claimed.action = 'webhook'
    ORDER BY claimed.fire_at, claimed.alarm_id -- what is near is told before it is missed
    ON CONFLICT (dedupe_key) DO NOTHING
)
SELECT count(*), count(*) FILTER (WHERE action = 'breach'), max(fire_at) FROM claimed
"""
)


BEAT = """
INSERT INTO sla_sweeppulse AS p (id, last_swept_at, fired, breached, reassigned, set_aside)
VALUES (1, clock_timestamp(), %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE SET last_swept_at = excluded.last_swept_at,
    fired = p.fired + excluded.fired, breached = p.breached + excluded.breached,
    reassigned = p.reassigned + excluded.reassigned, set_aside = p.set_aside + excluded.set_aside
"""


@dataclass(slots=True)
class Swept:
    """What one sweep did."""

    fired: int = 0
    breached: int = 0
    reassigned: int = 0
    resumed: int = 0
    aside: int = 0


@dataclass(slots=True)
class Batch:
    """What one batch did, and up to which due instant it went (None: it found nothing)."""

    fired: int = 0
    breached: int = 0
    aside: int = 0
    began: datetime = FRONT
    until: datetime | None = None


def sweep(*, at: datetime, batch: int = BATCH, most: int = 100_000) -> Swept:
    """Fire every alarm due at `at` (the database's present instant), at most `most` of them."""
    swept = Swept(resumed=pausing.resume_due(at=at, most=batch))
    since = None
    while swept.fired + swept.aside < most:
        done = _fire_batch(at=at, batch=batch, since=since)
        swept.fired += done.fired
        swept.breached += done.breached
        swept.aside += done.aside
        if done.fired + done.aside >= batch:
            since = done.until
        elif done.began > FRONT:
            since = FRONT
        else:
            break
    reassigned, aside = escalation.move_due(at=at, most=batch)
    swept.reassigned += reassigned
    swept.aside += aside
    return swept


def sweep_once(*, at: datetime) -> Swept:
    """Sweep as whoever watches the time does: with the pulse that says so (SweepPulse)."""
    swept = sweep(at=at)
    with connection.cursor() as cursor:
        cursor.execute(BEAT, [swept.fired, swept.breached, swept.reassigned, swept.aside])
    return swept


def _fire_batch(*, at: datetime, batch: int, since: datetime | None) -> Batch:
    """One batch from `since` on; None: from wherever nobody else has begun."""
    try:
        return _fire(at=at, batch=batch, since=since)
    except DatabaseError as error:
        log.warning("sweep_batch_failed", error=type(error).__name__)
        return _fire_one_by_one(at=at, batch=batch, since=since or FRONT)


def _fire(
    *, at: datetime, batch: int, since: datetime | None, alarm_id: int | None = None
) -> Batch:
    only = "AND a.id = %(alarm)s" if alarm_id is not None else ""
    facts: dict[str, Any] = {"at": at, "batch": batch, "alarm": alarm_id}
    facts["site"] = settings.SITE_URL
    with transaction.atomic(), connection.cursor() as cursor:
        if since is None:
            cursor.execute(WHERE, facts)
            since = cursor.fetchone()[0] or FRONT
        cursor.execute(SWEEP.replace("{only}", only), facts | {"since": since})
        fired, breached, until = cursor.fetchone()
    return Batch(fired, breached, began=since, until=until)


def _fire_one_by_one(*, at: datetime, batch: int, since: datetime) -> Batch:
    """Find the bad rows of a batch that failed as a whole."""
    done = Batch(began=since)
    due = Alarm.objects.filter(state=Alarm.State.WAITING, fire_at__range=(since, at))
    for pk, fire_at in list(
        due.exclude(action__in=MOVING).order_by("fire_at").values_list("pk", "fire_at")[:batch]
    ):
        done.until = fire_at
        try:
            one = _fire(at=at, batch=1, since=FRONT, alarm_id=pk)
            done.fired, done.breached = done.fired + one.fired, done.breached + one.breached
        except DatabaseError as error:
            done.aside += setting_aside.failed(pk, error)
    return done
