"""The list of leads, narrowed and sorted, among many leads and among 10,000."""

import json
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench import client, serving
from bench.figures import Figure, medians
from bench.plan import Plan

FEW = 10_000
CONNECTIONS = 2
MOST_QUERIES = 14
MARKETING, SALES, REP = "mona@bench.test", "dana0@bench.test", "rep0@bench.test"
# As somebody puts it together in the filter builder: and, or, a relative date, several choices.
BUILT = [
    "all", ["score", "gte", "20"], ["last_touchpoint_at", "last", "400"],
    ["any", ["country", "in", "US", "DE", "GB"], ["company", "contains", "spa"],
     ["owner", "empty"]],
]  # fmt: skip
# Who asks for what: a manager's lists are the longest, a search and a filter cut right through.
LISTS = {
    "newest": (MARKETING, "/leads/"),
    "best": (MARKETING, "/leads/?sort=score"),
    "filtered": (MARKETING, "/leads/?stage=sql&tier=warm&sort=score"),
    "searched": (MARKETING, "/leads/?q=ann+spas"),
    "handed_over": (SALES, "/leads/"),
    "handed_over_best": (SALES, "/leads/?sort=score"),
    "of_a_rep": (REP, "/leads/?stage=sql"),
    "built": (MARKETING, f"/leads/?{urlencode({'where': json.dumps(BUILT)})}"),
    "touched": (MARKETING, "/leads/?sort=touched"),
    "by_name": (MARKETING, "/leads/?sort=name"),
    "next_due": (SALES, "/leads/?sort=deadline"),
    "count": (MARKETING, "/leads/count/"),
}


def list_row(plan: Plan, scale: int) -> list[Figure]:
    """Each list at this size against the same at 10,000 leads."""
    plan.collect_static_files()
    few = plan.fresh(min(FEW, scale), "few")
    cookies_few = _sign_in()
    many = plan.fresh(scale)
    cookies = _sign_in()
    figures = [
        Figure(f"list_{name}_queries", scale, _queries(path, cookies[who]), goal=MOST_QUERIES,
               at_most=True)
        for name, (who, path) in LISTS.items()
    ]  # fmt: skip
    connection.close()
    with serving.leadflow(plan.var, few) as at_few, serving.leadflow(plan.var, many) as at_many:

        def ask(web: serving.Web, path: str, cookie: str) -> float:
            seen = client.load(web.port, path, seconds=plan.seconds / 3, status=200,
                               headers={"Cookie": cookie}, connections=CONNECTIONS)  # fmt: skip
            return seen.mean * 1000

        for name, (who, path) in LISTS.items():
            if not plan.brief:
                ask(at_few, path, cookies_few[who])  # workers awake, templates and plans read
                ask(at_many, path, cookies[who])
            value, floor = medians(
                plan.rounds,
                lambda path=path, who=who: ask(at_many, path, cookies[who]),
                lambda path=path, who=who: ask(at_few, path, cookies_few[who]),
            )
            figures.append(
                Figure(f"list_{name}", scale, value, floor, 1.3, at_most=True, unit="ms")
            )
    return figures


def _sign_in() -> dict[str, str]:
    """A session for each of them, in the database at hand."""
    cookies = {}
    for email in {who for who, _ in LISTS.values()}:
        browser = Client()
        browser.force_login(User.objects.get(email=email), settings.AUTHENTICATION_BACKENDS[0])
        cookies[email] = f"sessionid={browser.cookies['sessionid'].value}"
    return cookies


def _queries(path: str, cookie: str) -> int:
    """Every statement of one request, sign-in included; the first one fills what is remembered."""
    browser = Client(headers={"Cookie": cookie, "Host": "127.0.0.1"})
    browser.get(path)
    with CaptureQueriesContext(connection) as seen:
        answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return len(seen)
