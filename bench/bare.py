"""The floor of capture: a bare WSGI application that does one INSERT with psycopg2.

It reads the same JSON, writes one row in one transaction, and answers 201 with the row's id.
Nothing is validated, looked up or compared. Its table has the columns, checks and indexes of
leads_lead (`LIKE leads_lead INCLUDING ALL`; no foreign keys) and as many rows.
"""

import json
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg2

TABLE = "CREATE TABLE bench_lead (LIKE leads_lead INCLUDING ALL)"
FILL = "INSERT INTO bench_lead OVERRIDING SYSTEM VALUE SELECT * FROM leads_lead"
INSERT = """
INSERT INTO bench_lead (email, email_typed, phone, phone_typed, first_name, last_name, company,
    company_domain, job_title, country, match_text, source, team_id, consent_text, extra, tags,
    stage, aida, score, fit, engagement, score_reasons, score_version, tier, created_at, updated_at)
VALUES (%(email)s, %(email)s, %(phone)s, '', %(first_name)s, %(last_name)s, %(company)s, '',
    %(job_title)s, %(country)s, %(first_name)s, '', 1, '', '{}', '{}', 'inquiry', 'awareness', 0,
    0, 0, '[]', 0, 'cold', clock_timestamp(), clock_timestamp())
RETURNING id
"""
_of_thread = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """One INSERT; or nothing at all, for the ceiling of server and client."""
    if environ["PATH_INFO"] == "/nothing/":
        return _answer(start_response, "200 OK", b"{}")
    sent = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    with _connection().cursor() as cursor:
        cursor.execute(INSERT, sent)
        (number,) = cursor.fetchone()
    return _answer(start_response, "201 Created", json.dumps({"id": number}).encode())


def _answer(start_response: Callable[..., Any], status: str, body: bytes) -> list[bytes]:
    start_response(
        status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    )
    return [body]


def _connection() -> Any:
    if not hasattr(_of_thread, "connection"):
        _of_thread.connection = psycopg2.connect(os.environ["DATABASE_URL"])
        _of_thread.connection.autocommit = True
    return _of_thread.connection
