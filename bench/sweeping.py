"""The sweep against one bare statement, and how long a breach takes to be on record."""

import subprocess
import threading
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.instants import database_now
from bench import history, stage
from bench.figures import Figure, medians, percentile
from bench.plan import Plan
from leadflow import supervisor
from sla.sweep import BATCH, sweep

ROUNDS = 6
MOST_DUE = 60_000

# What it includes: claim a batch by the partial index, skipping what others hold, alarm and clock
# locked together; mark the alarms fired; mark their clocks missed; insert the breaches, once each.
# What it leaves out: the words to whoever owned the lead (its outbox row with a unique key, and
# the joins to lead and term that it is worded from), warnings, news to managers, other actions.
BARE = """
WITH claimed AS MATERIALIZED (
    SELECT a.id, c.id AS clock_id, c.owner_id, c.team_id, c.started_at, c.due_at
    FROM sla_alarm a JOIN sla_clock c ON c.id = a.clock_id
    WHERE a.state = 'waiting' AND a.fire_at <= %(at)s
    ORDER BY a.fire_at LIMIT %(batch)s FOR UPDATE OF a, c SKIP LOCKED
), fired AS (
    UPDATE sla_alarm a SET state = 'fired', fired_at = %(at)s FROM claimed WHERE a.id = claimed.id
), missed AS (
    UPDATE sla_clock c SET state = 'missed' FROM claimed WHERE c.id = claimed.clock_id
)
INSERT INTO sla_breach (clock_id, owner_id, team_id, started_at, breached_at, noticed_at)
SELECT clock_id, owner_id, team_id, started_at, due_at, %(at)s FROM claimed
ON CONFLICT (clock_id) DO NOTHING
"""


def sweep_row(plan: Plan, scale: int) -> list[Figure]:
    """Alarms a second, in turns over one table: so many by us, so many by the bare statement."""
    plan.fresh_late(scale)
    at = database_now()
    share = min(scale // 2, MOST_DUE) // (2 * ROUNDS)
    batch = min(BATCH, share)
    share -= share % batch
    before = history.total("sla_breach")
    ours, bare = medians(
        ROUNDS,
        lambda: by_us(at, share=share, batch=batch),
        lambda: by_bare_statement(at, share=share, batch=batch),
    )
    assert history.total("sla_breach") - before == 2 * ROUNDS * share
    return [Figure("sweep", scale, ours, bare, 0.5, unit="alarms/s")]


def by_us(at: datetime, *, share: int, batch: int) -> float:
    began = time.perf_counter()
    swept = sweep(at=at, batch=batch, most=share)
    seconds = time.perf_counter() - began
    assert (swept.fired, swept.breached, swept.aside) == (share, share, 0), swept
    return share / seconds


def by_bare_statement(at: datetime, *, share: int, batch: int) -> float:
    began = time.perf_counter()
    for _ in range(share // batch):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BARE, {"at": at, "batch": batch})
            assert cursor.rowcount == batch
    return share / (time.perf_counter() - began)


def breach_delay_row(plan: Plan, scale: int) -> list[Figure]:
    """Seconds from deadline to committed breach, by the real worker and beat."""
    found = []
    for rate, goal in ((200, 3.0), (1000, None)):
        due = rate * plan.seconds_due
        if due >= scale // 2:
            continue
        plan.fresh_late(scale)
        delays = breach_delays(plan, rate=rate, due=due)
        name = "deadline_to_breach" + ("" if rate == 200 else f"_{rate}")
        found.append(
            Figure(name, scale, percentile(delays, 0.99), goal=goal, at_most=True, unit="s, p99")
        )
    return found


def breach_delays(
    plan: Plan, *, rate: int, due: int, meanwhile: threading.Thread | None = None
) -> list[float]:
    """The first alarm is due at once and shows that the parts are awake; then the others begin."""
    with connection.cursor() as cursor:
        _set_deadlines(cursor, begin=database_now(), rate=rate, due=1)
        parts = [_start(plan, name) for name in ("clockwork", "beat")]
        try:
            _wait_for(1, seconds=60)
            begin = database_now() + timedelta(seconds=plan.seconds_ahead)
            _set_deadlines(cursor, begin=begin, rate=rate, due=due)
            if meanwhile:
                meanwhile.start()
            _wait_for(1 + due, seconds=plan.seconds_ahead + due / rate + 30)
            if meanwhile:
                meanwhile.join()
        finally:
            for part in parts:
                part.terminate()
            for part in parts:
                part.wait()
        cursor.execute(
            "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - breached_at)::float"
            " FROM sla_breach WHERE breached_at >= %s",
            [begin],
        )
        return [delay for (delay,) in cursor.fetchall()]


def _set_deadlines(cursor: Any, *, begin: datetime, rate: int, due: int) -> None:
    """Let `rate` of the clocks that still run fall due a second from `begin` on, the rest later."""
    cursor.execute(
        "UPDATE sla_clock c SET due_at = %(begin)s + CASE WHEN n <= %(due)s"
        " THEN (n - 1) / %(rate)s::float * interval '1 second' ELSE interval '9 days' END"
        " FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM sla_clock"
        "   WHERE state = 'running') r WHERE c.id = r.id",
        {"begin": begin, "due": due, "rate": rate},
    )
    cursor.execute(
        "UPDATE sla_alarm a SET fire_at = c.due_at + CASE WHEN action = 'breach'"
        " THEN interval '1 microsecond' ELSE interval '1 day' END"
        " FROM sla_clock c WHERE c.id = a.clock_id AND a.state = 'waiting'"
    )
    cursor.execute("VACUUM ANALYZE sla_clock, sla_alarm")


def _wait_for(breaches: int, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while history.total("sla_breach") < breaches:
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {history.total('sla_breach')} of {breaches} were recorded")
        time.sleep(0.5)


def _start(plan: Plan, name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        supervisor.commands()[name],
        cwd=stage.ROOT,
        env=stage.environment(plan.var, "row"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # the e-mails, which the relay prints
    )
