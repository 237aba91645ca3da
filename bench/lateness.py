"""How late a breach is on record while many fall due and people look at pages."""

import threading

from bench import client, serving
from bench.figures import Figure, percentile
from bench.plan import Plan
from bench.queueing import PAGE, sign_in
from bench.sweeping import breach_delays

RATE = 1000  # deadlines a second
READERS = 2  # people who ask for the queue page again as soon as they have it


def lateness_busy_row(plan: Plan, _scale: int) -> list[Figure]:
    """Seconds from deadline to committed breach, by the real worker and beat beside real pages."""
    seconds = 1 if plan.brief else 60
    due = RATE * seconds
    plan.collect_static_files()
    database = plan.fresh_late(2 * due + due // 5)
    headers = sign_in()[PAGE]
    seen: list[client.Seen] = []
    with serving.leadflow(plan.var, database) as web:

        def read() -> None:
            lasts = plan.seconds_ahead + seconds
            seen.append(client.load(web.port, PAGE, seconds=lasts, status=200, headers=headers,
                                    connections=READERS))  # fmt: skip

        delays = breach_delays(plan, rate=RATE, due=due, meanwhile=threading.Thread(target=read))
    (pages,) = seen
    return [
        Figure("lateness_busy", due, percentile(delays, 0.99), goal=3.0, at_most=True,
               unit="s, p99"),
        Figure("lateness_busy_pages", due, pages.rate, unit="req/s"),
    ]  # fmt: skip
