"""A past for the company, written by SQL: leads, touchpoints, handoffs, clocks and alarms.

Every lead has one touchpoint; every fifth was handed over. The newest of those are still open,
OPEN_A_REP for each rep at any scale, as a rep's day has only so many hours; the others were
qualified, met their terms, and left their clocks and alarms behind. One lead in ten
is the person of the one before under another address; else no two have nearly the same number.
What somebody is called has nothing to do with whether they were handed over.
"""

from django.db import connection

from bench.company import REPS

OPEN_A_REP = 40
EVERY = 5  # one lead in so many was handed over

LEADS = """
INSERT INTO leads_lead (email, email_typed, phone, phone_typed, first_name, last_name, company,
    company_domain, job_title, country, match_text, source, campaign_id, team_id, captured_by_id,
    consent_text, consent_at, extra, tags, stage, aida, persona_id, score, fit, engagement,
    score_reasons, score_version, tier, scored_at, owner_id, pool_id, handed_over_at, respond_by,
    created_at, updated_at, first_touchpoint_at, last_touchpoint_at)
SELECT 'person' || i || '@' || f.domain, 'Person' || i || '@' || f.domain,
    '+1212' || lpad((p.who::bigint * 7654321 %% 10000000)::text, 7, '0'), '', f.first, f.last,
    f.company, f.domain, f.job, f.country, lower(f.first || ' ' || f.last || ' ' || f.company),
    'web', p.campaign, p.team, p.marketer, '', NULL, '{}', '{}',
    CASE WHEN NOT f.over THEN 'inquiry' WHEN f.open THEN 'mql' ELSE 'sql' END, 'interest',
    CASE WHEN f.over THEN p.persona END, f.score, f.score / 2, f.score - f.score / 2,
    jsonb_build_array(
        jsonb_build_object('label', 'Sent a form', 'points', 20, 'part', 'engagement'),
        jsonb_build_object('label', 'Fits Wellness', 'points', 20, 'part', 'fit'),
        jsonb_build_object('label', 'Company known', 'points', 5, 'part', 'fit')),
    1, CASE WHEN f.over THEN 'warm' ELSE 'cold' END, f.at,
    CASE WHEN f.over THEN p.reps[1 + (i / %(every)s) %% array_length(p.reps, 1)] END,
    CASE WHEN f.over THEN p.pools[1 + (i / %(every)s) %% array_length(p.reps, 1)] END,
    CASE WHEN f.over THEN f.at END, NULL, f.at, f.at, f.at, f.at
FROM generate_series(1, %(scale)s) AS i
CROSS JOIN LATERAL (
    SELECT (SELECT id FROM leads_campaign WHERE slug = 'kept') AS campaign,
        (SELECT id FROM accounts_team WHERE slug = 'marketing') AS team,
        (SELECT id FROM accounts_user WHERE email = 'maya@bench.test') AS marketer,
        (SELECT min(id) FROM personas_persona) AS persona,
        (SELECT array_agg(user_id ORDER BY id) FROM leads_poolmember) AS reps,
        (SELECT array_agg(pool_id ORDER BY id) FROM leads_poolmember) AS pools,
        twice.who, twice.who %% %(firms)s AS firm,
        hashint4(twice.who) & 2147483647 AS called
    FROM (SELECT i - (i %% 10 = 0)::int AS who) twice
) p
CROSS JOIN LATERAL (
    SELECT (ARRAY['Ann','Ben','Cleo','Dan','Eva','Finn','Gus','Hana','Ida','Jon'])[1 + called %% 10]
            || chr(97 + called / 10 %% 26) AS first,
        initcap(left(md5((who %% 47659)::text), 7)) AS last,
        initcap(left(md5(firm::text), 6)) || ' Spas' AS company,
        'firm' || firm || '.example' AS domain,
        (ARRAY['Wellness director','Owner','Engineer','Buyer','Nurse'])[1 + i %% 5] AS job,
        (ARRAY['US','GB'])[1 + i %% 2] AS country,
        i %% %(every)s = 0 AS over,
        i > %(scale)s - %(open)s * %(every)s AS open,
        (CASE WHEN i %% %(every)s = 0 THEN 55 ELSE i %% 50 END)::smallint AS score,
        %(at)s - (%(scale)s - i) * interval '700 days' / %(scale)s - interval '1 minute' AS at
) f
"""
TOUCHPOINTS = """
INSERT INTO leads_activity (lead_id, kind, actor_id, occurred_at, recorded_at, evidence, outcome,
    note, campaign_id, data)
SELECT id, 'form', captured_by_id, created_at, created_at, 'system', '', '', campaign_id,
    '{"utm_source": "news", "landing_page": "https://shop.example/guide"}'
FROM leads_lead
"""
HANDOFFS = """
INSERT INTO leads_handoff (lead_id, cycle, state, pool_id, owner_id, handed_over_by_id,
    handed_over_at, override_reason, receipt, contract_version, assigned_at, accepted_at,
    first_touch_at, closed_at, reason, note, hops)
SELECT id, 1, CASE WHEN stage = 'mql' THEN 'offered' ELSE 'qualified' END, pool_id, owner_id,
    captured_by_id, handed_over_at, '',
    jsonb_build_object('score', score, 'tier', tier, 'reasons', score_reasons, 'source', source),
    1, handed_over_at, CASE WHEN stage <> 'mql' THEN handed_over_at + interval '9 minutes' END,
    CASE WHEN stage <> 'mql' THEN handed_over_at + interval '30 minutes' END,
    CASE WHEN stage <> 'mql' THEN handed_over_at + interval '50 minutes' END, '', '', 0
FROM leads_lead WHERE handed_over_at IS NOT NULL ORDER BY id
"""
LEDGER = """
INSERT INTO leads_assignment (handoff_id, at, how, rep_id, pool_id, by_id, reason, skipped)
SELECT id, handed_over_at, 'routed', owner_id, pool_id, NULL, 'US: their turn (3 available)', '[]'
FROM leads_handoff ORDER BY id
"""
STEPS = """
INSERT INTO leads_activity (lead_id, handoff_id, kind, actor_id, occurred_at, recorded_at,
    evidence, outcome, note, data)
SELECT h.lead_id, h.id, step.kind, h.owner_id, step.at, step.at, 'system', '', '', '{}'
FROM leads_handoff h CROSS JOIN LATERAL (VALUES ('handed_over', h.handed_over_at),
    ('accepted', h.accepted_at), ('call', h.first_touch_at), ('qualified', h.closed_at)
) AS step (kind, at) WHERE step.at IS NOT NULL ORDER BY h.id
"""
# Of what is open, the deadlines lie in the days to come, so that nothing falls due by itself.
CLOCKS = """
INSERT INTO sla_clock (term_id, handoff_id, lead_id, round, owner_id, team_id,
    calendar_version_id, target_seconds, state, started_at, due_at, stopped_at, ended_at, excused,
    persona_id, campaign_id, source)
SELECT t.id, h.id, h.lead_id, 0, h.owner_id, m.team_id, (SELECT id FROM sla_calendarversion),
    t.target_seconds, CASE WHEN h.closed_at IS NULL THEN 'running' ELSE 'met' END,
    h.handed_over_at,
    h.handed_over_at + t.target_seconds * interval '1 second'
        + CASE WHEN h.closed_at IS NULL THEN interval '30 days' ELSE interval '0' END,
    h.accepted_at, h.accepted_at, false, l.persona_id, l.campaign_id, l.source
FROM leads_handoff h JOIN leads_lead l ON l.id = h.lead_id
JOIN sla_term t ON t.key IN ('accept', 'first_touch', 'disposition')
JOIN accounts_membership m ON m.user_id = h.owner_id ORDER BY h.id, t.id
"""
ALARMS = """
INSERT INTO sla_alarm (clock_id, step, action, fire_at, state, error)
SELECT c.id, step.number - 1, step.facts->>'action',
    c.due_at + coalesce((step.facts->>'after')::int, 0) * interval '1 second'
        - coalesce(1 - (step.facts->>'share')::float, 0) * c.target_seconds * interval '1 second',
    CASE WHEN c.ended_at IS NULL THEN 'waiting' ELSE 'void' END, ''
FROM sla_clock c JOIN sla_term t ON t.id = c.term_id
CROSS JOIN LATERAL jsonb_array_elements(t.steps) WITH ORDINALITY AS step (facts, number)
ORDER BY c.id
"""
RESPOND_BY = """
UPDATE leads_lead l SET respond_by = first.due_at
FROM (SELECT lead_id, min(due_at) AS due_at FROM sla_clock WHERE ended_at IS NULL GROUP BY lead_id)
    AS first WHERE first.lead_id = l.id
"""
# A crowd of late answers: every lead has one open handoff whose accept is due within the hour
# before, five minutes more or less in the order of the leads, and which the manager hears of a
# day later: two open alarms a lead.
ALL_OPEN = """
UPDATE leads_lead SET stage = 'mql', handed_over_at = created_at,
    owner_id = (SELECT (array_agg(user_id ORDER BY id))[1 + leads_lead.id %% count(*)]
        FROM leads_poolmember),
    pool_id = (SELECT (array_agg(pool_id ORDER BY id))[1 + leads_lead.id %% count(*)]
        FROM leads_poolmember)
"""
LATE_CLOCKS = """
INSERT INTO sla_clock (term_id, handoff_id, lead_id, round, owner_id, team_id,
    calendar_version_id, target_seconds, state, started_at, due_at, excused,
    persona_id, campaign_id, source)
SELECT t.id, h.id, h.lead_id, 0, h.owner_id, m.team_id, (SELECT id FROM sla_calendarversion),
    t.target_seconds, 'running', late.due_at - t.target_seconds * interval '1 second', late.due_at,
    false, l.persona_id, l.campaign_id, l.source
FROM leads_handoff h JOIN leads_lead l ON l.id = h.lead_id JOIN sla_term t ON t.key = 'accept'
JOIN accounts_membership m ON m.user_id = h.owner_id
CROSS JOIN LATERAL (
    SELECT %(at)s - (%(scale)s - h.id) * interval '1 hour' / %(scale)s
        - (h.id * 7919 %% 300) * interval '1 second' AS due_at
) late
ORDER BY h.id
"""
LATE_ALARMS = """
INSERT INTO sla_alarm (clock_id, step, action, fire_at, state, error)
SELECT c.id, step.number, step.action, c.due_at + step.after, 'waiting', ''
FROM sla_clock c CROSS JOIN (VALUES (1, 'breach', interval '1 microsecond'),
    (2, 'tell_manager', interval '1 day')) AS step (number, action, after) ORDER BY c.id
"""


DISPOSE = (
    "UPDATE sla_alarm SET state = 'void' WHERE state = 'waiting' AND clock_id IN (SELECT c.id"
    " FROM sla_clock c JOIN leads_handoff h ON h.id = c.handoff_id WHERE h.receipt ? 'engagement')",
    "UPDATE sla_clock SET state = 'voided', ended_at = clock_timestamp() WHERE ended_at IS NULL"
    " AND handoff_id IN (SELECT id FROM leads_handoff WHERE receipt ? 'engagement')",
    "UPDATE leads_handoff SET state = 'withdrawn', closed_at = clock_timestamp()"
    " WHERE closed_at IS NULL AND receipt ? 'engagement'",
)


def dispose() -> None:
    """Sales is done with every handoff that was captured here (the past has shorter receipts)."""
    with connection.cursor() as cursor:
        for statement in DISPOSE:
            cursor.execute(statement)


def firms(scale: int) -> int:
    """How many companies the leads work for: at most eight a company, however many leads."""
    return 4999 + scale // 8


def live(scale: int, reps: int = REPS) -> None:
    """Give the company `scale` leads and what followed from them."""
    few = min(OPEN_A_REP * reps, scale // EVERY)
    _run(
        [LEADS, TOUCHPOINTS, HANDOFFS, LEDGER, STEPS, CLOCKS, ALARMS, RESPOND_BY],
        {"scale": scale, "every": EVERY, "open": few, "firms": firms(scale)},
    )


def fall_due(alarms: int) -> None:
    """Give the company that many open alarms; half of them are breaches, due already."""
    _run(
        [LEADS, ALL_OPEN, HANDOFFS, LATE_CLOCKS, LATE_ALARMS, RESPOND_BY],
        {"scale": alarms // 2, "every": EVERY, "open": 0, "firms": firms(alarms // 2)},
    )


def _run(statements: list[str], values: dict[str, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at = cursor.fetchone()[0]
        cursor.execute("SET synchronous_commit = off")
        for statement in statements:
            cursor.execute(statement, {**values, "at": at})
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET synchronous_commit")


def total(table: str) -> int:
    """How many rows a table has."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])
