"""Every lead scored again after new rules, against one UPDATE of the same rows."""

import time
from itertools import count
from typing import Any

from django.db import connection, transaction

from accounts.instants import database_now
from bench.figures import Figure, medians
from bench.plan import Plan
from leadflow.starter import SCORE_RULES
from leads.models import ScoreRules
from leads.rescoring import begin, go_on

MANY = 500_000
# What the statement writes stands ready beside the leads, row for row.
STAGED = """
CREATE TEMPORARY TABLE staged AS SELECT id, persona_id, score, fit, engagement, score_reasons, tier
FROM leads_lead WHERE stage NOT IN ('customer', 'disqualified');
ALTER TABLE staged ADD PRIMARY KEY (id);
ANALYZE staged;
"""
UPDATE = """
UPDATE leads_lead lead SET persona_id = new.persona_id, score = new.score + %(more)s,
    fit = new.fit + %(more)s, engagement = new.engagement, score_reasons = new.score_reasons,
    score_version = %(version)s, tier = new.tier, scored_at = statement_timestamp()
FROM staged new WHERE lead.id = new.id
"""


def rescore_row(plan: Plan, scale: int) -> list[Figure]:
    """In turns over the same leads; each time every score that may still move moves by a point."""
    plan.fresh(scale)
    versions = count(2)
    rounds = 1 if scale >= MANY else plan.rounds  # one takes a quarter of an hour
    with connection.cursor() as cursor:
        cursor.execute(STAGED)
        cursor.execute("SELECT count(*) FROM staged")
        rows = cursor.fetchone()[0]
        ours, floor = medians(
            rounds,
            lambda: _ours(next(versions), rows),
            lambda: _floor(cursor, next(versions), rows),
        )
    return [Figure("rescore", scale, ours, floor, 0.3, unit="rows/s")]


def _ours(version: int, rows: int) -> float:
    """Rows a second of a run as the page starts it, from publishing to its last batch."""
    first, *others = SCORE_RULES["fit"]
    rules = {**SCORE_RULES, "fit": [_known(version), first, *others]}
    at = database_now()
    ScoreRules.objects.create(version=version, rules=rules, in_force_from=at)
    began = time.perf_counter()
    begin(version, at=at)
    run = go_on(at=at)
    taken = time.perf_counter() - began
    assert run is not None
    assert run.changed == run.done == rows, run
    return rows / taken


def _known(version: int) -> dict[str, Any]:
    """A rule that every lead meets, with other points each time."""
    return {"field": "last_name", "op": "present", "points": 1 + version % 2, "label": "Name known"}


def _floor(cursor: Any, version: int, rows: int) -> float:
    began = time.perf_counter()
    with transaction.atomic():
        cursor.execute(UPDATE, {"version": version, "more": 1 + version % 2})
    assert cursor.rowcount == rows
    return rows / (time.perf_counter() - began)
