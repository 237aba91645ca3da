"""The one writer of breaches. Two callers: the sweep, and a late stop that comes before it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

# What a clock runs on, in words: of a lead its name and company, of a change its title and offer.
SUBJECT = """
    SELECT coalesce(nullif(concat_ws(' ', nullif(l.first_name, ''), nullif(l.last_name, '')),
        ''), l.email, l.phone) AS name, l.company AS beside, '/leads/' || l.id || '/' AS url
    FROM leads_lead l WHERE l.id = {clock}.lead_id
    UNION ALL
    SELECT g.title, o.name, '/changes/' || g.id || '/' FROM personas_acknowledgement k
    JOIN personas_offerchange g ON g.id = k.change_id JOIN personas_offer o ON o.id = g.offer_id
    WHERE k.id = {clock}.acknowledgement_id
"""
# Marks clocks missed, writes the breach and tells whoever owned the lead (nobody: the managers
# of the team). Expects a CTE `due (clock_id)` before it, its clocks locked by this transaction.
# `breached_at` is the deadline; when we noticed is kept beside it. Owner is the clock's owner,
# who is the owner at the deadline: sla.clocks.following settles what is overdue before a lead
# changes hands.
BREACH_STEPS = (
    """
late AS (
    UPDATE sla_clock c SET state = 'missed' FROM due
    WHERE c.id = due.clock_id AND c.state = 'running'
    RETURNING c.id, c.owner_id, c.team_id, c.started_at, c.due_at, c.lead_id, c.term_id,
        c.acknowledgement_id
), breaches AS (
    INSERT INTO sla_breach (clock_id, owner_id, team_id, started_at, breached_at, noticed_at)
    SELECT id, owner_id, team_id, started_at, due_at, %(at)s FROM late
    ON CONFLICT (clock_id) DO NOTHING RETURNING clock_id
), breach_news AS (
    INSERT INTO accounts_outboxmessage (id, recipient_id, kind, title, body, url, dedupe_key,
        created_at, next_attempt_at, attempts, last_error)
    SELECT gen_random_uuid(), r.user_id, 'breach', left(t.name || ' missed: ' || n.name, 300),
        n.beside, n.url, 'breach:' || late.id || ':' || r.user_id, %(at)s, %(at)s, 0, ''
    FROM late JOIN sla_term t ON t.id = late.term_id
    CROSS JOIN LATERAL ("""
    + SUBJECT.format(clock="late")
    + """) n
    CROSS JOIN LATERAL (
        SELECT late.owner_id AS user_id WHERE late.owner_id IS NOT NULL
        UNION
        SELECT m.user_id FROM accounts_membership m
        WHERE late.owner_id IS NULL AND m.team_id = late.team_id AND m.is_manager
    ) r
    ON CONFLICT (dedupe_key) DO NOTHING
)
"""
)


def record_breaches(clock_ids: Sequence[int], *, at: datetime) -> None:
    """Record the breach of running clocks that are past their deadline, once each.

    The caller holds the clocks' locks.
    """
    if not clock_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH due AS (SELECT unnest(%(clocks)s::bigint[]) AS clock_id), "
            + BREACH_STEPS
            + " SELECT count(*) FROM late",
            {"clocks": list(clock_ids), "at": at},
        )
