"""Capture over HTTP, with all that follows from it, against one bare INSERT over HTTP."""

import json
from dataclasses import dataclass
from statistics import median

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


@dataclass(frozen=True, slots=True)
class Turn:
    """What the client saw, and the CPU seconds of server and database."""

    seen: client.Seen
    cpu_seconds: float

    @property
    def rate(self) -> float:
        return self.seen.rate

    @property
    def cpu(self) -> float:
        """Milliseconds a request."""
        return self.cpu_seconds / len(self.seen.delays) * 1000


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
    with serving.leadflow(plan.var, database) as ours, serving.bare(plan.var, database) as floor:
        turns = iter(range(1000))

        def turn(web: serving.Web, headers: dict[str, str] | None = None) -> Turn:
            before = plan.cpu_seconds(web.pid)
            seen = client.load(web.port, PATH, seconds=plan.seconds, status=201, method="POST",
                               headers=headers, bodies=bodies, mark=f"t{next(turns)}n")  # fmt: skip
            return Turn(seen, plan.cpu_seconds(web.pid) - before)

        def product() -> Turn:
            before = history.total("leads_handoff")
            turned = turn(ours, headers=headers)
            made = history.total("leads_handoff") - before
            assert made == handed_over * len(turned.seen.delays), (made, turned)
            history.dispose()
            return turned

        product(), turn(floor)  # workers awake, caches filled
        by_us, by_floor = in_turns(plan.rounds, product, lambda: turn(floor))
        ceiling = client.load(floor.port, "/nothing/", seconds=plan.seconds, status=200).rate
    return _figures(name, scale, by_us, by_floor, goal, ceiling)


def _figures(
    name: str, scale: int, by_us: list[Turn], by_floor: list[Turn], goal: float | None,
    ceiling: float,
) -> list[Figure]:  # fmt: skip
    rate, floor = (median(turn.rate for turn in turns) for turns in (by_us, by_floor))
    cpu, floor_cpu = (median(turn.cpu for turn in turns) for turns in (by_us, by_floor))
    delays = [delay * 1000 for turn in by_us for delay in turn.seen.delays]
    figures = [
        Figure(name, scale, rate, floor, goal, unit="leads/s"),
        Figure(f"{name}_p95", scale, percentile(delays, 0.95), unit="ms"),
        # The same comparison in CPU time, which depends less on who else is on the machine.
        Figure(f"{name}_cpu", scale, cpu, floor_cpu, unit="ms CPU"),
    ]
    if goal is not None:
        # The client must not be what limits the floor: the same server doing nothing at all.
        figures.append(Figure("client_ceiling", scale, ceiling, floor, unit="req/s"))
    return figures


def _make_bare_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(bare.TABLE)
        cursor.execute(bare.FILL)
        cursor.execute("SELECT setval(pg_get_serial_sequence('bench_lead', 'id'), max(id))"
                       " FROM bench_lead")  # fmt: skip
        cursor.execute("VACUUM ANALYZE bench_lead")
    connection.close()
