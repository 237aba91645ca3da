"""Capture over HTTP, with all that follows from it, against one bare INSERT over HTTP."""

import json

from django.db import connection

from bench import bare, client, company, history, serving
from bench.figures import Figure, in_turns, percentile
from bench.plan import Plan

PATH = "/api/v1/leads/"
# What a form sends. Scores 80 (hot) as a visitor of an event, 45 (no MQL) as a reader of a guide.
LEAD = {
    "email": "Visitor.{n}@Hotel-{n}.example", "phone": "+1 212 555 0123", "first_name": "Pat",
    "last_name": "Visitor {n}", "company": "Hotel {n}", "job_title": "Owner and manager",
    "country": "US", "campaign": company.CAMPAIGN, "utm_source": "newsletter",
    "utm_medium": "email", "landing_page": "https://shop.example/guide?from=newsletter",
    "referrer": "https://search.example/", "touchpoint": "event",
    "consent": {"text": "You may write to me."},
}  # fmt: skip


def capture_row(plan: Plan, scale: int) -> list[Figure]:
    """Every lead is new, an MQL and handed over: three clocks and ten alarms start with it.

    Half of them fall to each region's pool. After a turn sales disposes of what came in.
    """
    abroad = {**LEAD, "country": "GB", "phone": "+44 20 7946 0958"}
    return _measured(plan, scale, "capture", [LEAD, abroad], goal=0.12, handed_over=1)


def inquiry_row(plan: Plan, scale: int) -> list[Figure]:
    """The same for leads that stay with marketing, for reading."""
    inquiry = {**LEAD, "campaign": company.INQUIRIES, "touchpoint": "download"}
    return _measured(plan, scale, "capture_inquiry", [inquiry], goal=None, handed_over=0)


def _measured(
    plan: Plan, scale: int, name: str, leads: list[dict[str, object]], *, goal: float | None,
    handed_over: int,
) -> list[Figure]:  # fmt: skip
    database = plan.fresh(scale)
    _make_bare_table()
    headers = {"Authorization": f"Bearer {company.capture_key()}"}
    bodies = [json.dumps(lead) for lead in leads]
    delays: list[float] = []
    with serving.leadflow(plan.var, database) as ours, serving.bare(plan.var, database) as floor:
        turns = iter(range(1000))

        def product() -> float:
            before = history.total("leads_handoff")
            mark = f"t{next(turns)}n"
            seen = client.load(ours, PATH, seconds=plan.seconds, status=201, method="POST",
                               headers=headers, bodies=bodies, mark=mark)  # fmt: skip
            made = history.total("leads_handoff") - before
            assert made == handed_over * len(seen.delays), (made, len(seen.delays))
            history.dispose()
            delays.extend(seen.delays)
            return seen.rate

        def bare_insert() -> float:
            mark = f"t{next(turns)}n"
            return client.load(floor, PATH, seconds=plan.seconds, status=201, method="POST",
                               bodies=bodies, mark=mark).rate  # fmt: skip

        product(), bare_insert()  # workers awake, caches filled
        delays.clear()
        rate, insert_rate = in_turns(plan.rounds, product, bare_insert)
        ceiling = client.load(floor, "/nothing/", seconds=plan.seconds, status=200).rate
    figures = [
        Figure(name, scale, rate, insert_rate, goal, unit="leads/s"),
        Figure(f"{name}_p95", scale, percentile(delays, 0.95) * 1000, unit="ms"),
    ]
    if goal is not None:
        # The client must not be what limits the floor: the same server doing nothing at all.
        figures.append(Figure("client_ceiling", scale, ceiling, insert_rate, unit="req/s"))
    return figures


def _make_bare_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(bare.TABLE)
        cursor.execute(bare.FILL)
        cursor.execute("SELECT setval(pg_get_serial_sequence('bench_lead', 'id'), max(id))"
                       " FROM bench_lead")  # fmt: skip
        cursor.execute("VACUUM ANALYZE bench_lead")
    connection.close()
