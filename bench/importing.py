"""An import: rows a second through `capture_leads`, against one INSERT … SELECT of the same."""

import time
from typing import Any

from django.db import connection, transaction

from accounts.instants import database_now
from accounts.models import User
from bench import company, history
from bench.figures import Figure, medians
from bench.plan import Plan
from leads.capture import capture_leads

BATCH = 500
KNOWN = 10  # one row in so many is a person we have already

# The rows are in a temporary table, read, normalised and scored beforehand; one statement writes
# lead and touchpoint into the real tables with all their indexes, checks and foreign keys.
STAGED = """
CREATE TEMPORARY TABLE staged AS SELECT *, '{"path": "/guide"}'::jsonb AS data
FROM leads_lead WHERE id > %s
"""
COLUMNS = """
    email_typed, phone, phone_typed, first_name, last_name, company, company_domain, job_title,
    country, of_company_id, decision_role, match_text, source, campaign_id, team_id,
    captured_by_id, consent_text, consent_at,
    extra, tags, stage, aida, persona_id, score, fit, engagement, score_reasons, score_version,
    tier, scored_at, owner_id, pool_id, handed_over_at, respond_by, created_at, updated_at,
    first_touchpoint_at, last_touchpoint_at
"""
INSERT = f"""
WITH leads AS (
    INSERT INTO leads_lead (email, {COLUMNS}) SELECT 'again.' || %(turn)s || email, {COLUMNS}
    FROM staged LIMIT %(rows)s RETURNING id, campaign_id, captured_by_id, created_at
)
INSERT INTO leads_activity (lead_id, kind, actor_id, occurred_at, recorded_at, evidence, outcome,
    note, campaign_id, data)
SELECT id, 'imported', captured_by_id, created_at, created_at, 'system', '', '', campaign_id,
    '{{"path": "/guide"}}'
FROM leads
"""


def import_row(plan: Plan, scale: int) -> list[Figure]:
    """In turns over the same tables; a tenth of our rows are leads that we have already."""
    plan.fresh(scale)
    share = BATCH if plan.brief else 5 * BATCH
    marketer = User.objects.get(email="maya@bench.test")
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM leads_lead")
        last = cursor.fetchone()[0]
        firms = history.firms(scale)
        _ours(marketer, "first", share, firms)
        cursor.execute(STAGED, [last])
        cursor.execute("SELECT count(*) FROM staged")
        rows = cursor.fetchone()[0]
        turns = iter(range(1000))
        ours, floor = medians(
            plan.rounds,
            lambda: _ours(marketer, f"t{next(turns)}", share, firms),
            lambda: _floor(cursor, next(turns), rows),
        )
    return [Figure("import", scale, ours, floor, 0.15, unit="rows/s")]


def rows_of(turn: str, count: int, firms: int) -> list[dict[str, Any]]:
    """Rows as a CSV file gives them: every value a text as somebody typed it."""
    return [
        {
            "email": f"Person{i * 7 + 1}@Firm{(i * 7 + 1) % firms}.example" if i % KNOWN == 0
            else f"New.{turn}.{i}@Company{i % 3000}.example",
            "first_name": f"Ann{chr(97 + i % 26)}", "last_name": f"Meyer {turn}",
            "company": f"Company {i % 3000} Spas", "job_title": "Wellness director",
            "country": "US", "phone": f"(212) 555-{i % 10000:04d}", "source": "fair",
            "campaign": company.INQUIRIES, "utm_source": "fair", "touchpoint": "imported",
        }
        for i in range(count)
    ]  # fmt: skip


def _ours(marketer: User, turn: str, count: int, firms: int) -> float:
    rows = rows_of(turn, count, firms)
    began = time.perf_counter()
    for start in range(0, count, BATCH):
        at = database_now()
        captured = capture_leads(rows[start : start + BATCH], by=marketer, at=at)
        assert not any(one.refused for one in captured), captured[0].refused
    return count / (time.perf_counter() - began)


def _floor(cursor: Any, turn: int, rows: int) -> float:
    began = time.perf_counter()
    with transaction.atomic():
        cursor.execute(INSERT, {"turn": str(turn), "rows": rows})
    assert cursor.rowcount == rows
    return rows / (time.perf_counter() - began)
