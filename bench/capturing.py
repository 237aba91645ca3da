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
Lead = dict[str, object]
LEAD: Lead = {
    "email": "Visitor.{n}@Hotel-{n}.example", "phone": "+1 212 555 0123", "first_name": "Pat",
    "last_name": "Visitor {n}", "company": "Hotel {n}", "job_title": "Owner and manager",
    "country": "US", "campaign": company.CAMPAIGN, "utm_source": "newsletter",
    "utm_medium": "email", "landing_page": "https://shop.example/guide?from=newsletter",
    "referrer": "https://search.example/", "touchpoint": "event",
    "consent": {"text": "You may write to me."},
}  # fmt: skip
ABROAD = {**LEAD, "country": "GB", "phone": "+44 20 7946 0958"}
INQUIRY = {**LEAD, "campaign": company.INQUIRIES, "touchpoint": "download"}


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
    """Three sides in turns: leads that are handed over, leads that stay, the bare INSERT.

    Every lead is new. The first ones are MQLs: three clocks and ten alarms start with each, half
    of them fall to each region's pool, and after a turn sales disposes of what came in.
    """
    database = plan.fresh(scale)
    _make_bare_table()
    key = {"Authorization": f"Bearer {company.capture_key()}"}
    with serving.leadflow(plan.var, database) as ours, serving.bare(plan.var, database) as floor:
        sides = Sides(plan, ours, floor, key)
        sides.handed_over(), sides.kept(), sides.bare()  # workers awake, caches filled
        by_us, kept, by_floor = in_turns(plan.rounds, sides.handed_over, sides.kept, sides.bare)
        ceiling = client.load(floor.port, "/nothing/", seconds=plan.seconds, status=200).rate
    floor_rate = median(turn.rate for turn in by_floor)
    return [
        *_figures("capture", scale, by_us, by_floor, goal=0.12),
        *_figures("capture_inquiry", scale, kept, by_floor, goal=None),
        # The client must not be what limits the floor: the same server doing nothing at all.
        Figure("client_ceiling", scale, ceiling, floor_rate, unit="req/s"),
    ]


@dataclass(slots=True)
class Sides:
    """The servers and what each side of the comparison asks of them."""

    plan: Plan
    ours: serving.Web
    floor: serving.Web
    key: dict[str, str]
    number: int = 0

    def handed_over(self) -> Turn:
        return self._by_us([LEAD, ABROAD], handed_over=1)

    def kept(self) -> Turn:
        return self._by_us([INQUIRY], handed_over=0)

    def bare(self) -> Turn:
        return self._turn(self.floor, [LEAD, ABROAD], {})

    def _by_us(self, leads: list[Lead], *, handed_over: int) -> Turn:
        before = history.total("leads_handoff")
        turn = self._turn(self.ours, leads, self.key)
        made = history.total("leads_handoff") - before
        assert made == handed_over * len(turn.seen.delays), (made, len(turn.seen.delays))
        history.dispose()
        return turn

    def _turn(self, web: serving.Web, leads: list[Lead], headers: dict[str, str]) -> Turn:
        self.number += 1
        before = self.plan.cpu_seconds(web.pid)
        seen = client.load(
            web.port, PATH, seconds=self.plan.seconds, status=201, method="POST", headers=headers,
            bodies=[json.dumps(lead) for lead in leads], mark=f"t{self.number}n",
        )  # fmt: skip
        return Turn(seen, self.plan.cpu_seconds(web.pid) - before)


def _figures(
    name: str, scale: int, by_us: list[Turn], by_floor: list[Turn], *, goal: float | None
) -> list[Figure]:
    rate, floor = (median(turn.rate for turn in turns) for turns in (by_us, by_floor))
    cpu, floor_cpu = (median(turn.cpu for turn in turns) for turns in (by_us, by_floor))
    delays = [delay * 1000 for turn in by_us for delay in turn.seen.delays]
    return [
        Figure(name, scale, rate, floor, goal, unit="leads/s"),
        Figure(f"{name}_p95", scale, percentile(delays, 0.95), unit="ms"),
        # The same comparison in CPU time, which depends less on who else is on the machine.
        Figure(f"{name}_cpu", scale, cpu, floor_cpu, unit="ms CPU"),
    ]


def _make_bare_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(bare.TABLE)
        cursor.execute(bare.FILL)
        cursor.execute("SELECT setval(pg_get_serial_sequence('bench_lead', 'id'), max(id))"
                       " FROM bench_lead")  # fmt: skip
        cursor.execute("VACUUM ANALYZE bench_lead")
    connection.close()
