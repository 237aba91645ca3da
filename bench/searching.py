"""The search as somebody types: each letter asks, among all that they may see."""

from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench import client, serving
from bench.figures import Figure
from bench.plan import Plan
from leads.models import Lead

PATH = "/search/"
MOST_QUERIES = 13
PEOPLE = ("mona@bench.test", "dana0@bench.test", "rep0@bench.test")
LONGEST = 10  # letters typed of each word
LETTER = 0.15  # seconds between two: eighty words a minute; the palette asks 0.12 s after each


def search_row(plan: Plan, scale: int) -> list[Figure]:
    """How long the palette waits for an answer while three people type without a pause names,
    companies and addresses: a manager of each side, who see the most, and a rep."""
    plan.collect_static_files()
    many = plan.fresh(scale)
    cookies = [_cookie(email) for email in PEOPLE]
    paths = [f"{PATH}?{urlencode({'q': typed})}" for typed in _typed(scale)]
    queries = Figure("search_queries", scale, _queries(paths[0], cookies[0]), goal=MOST_QUERIES,
                     at_most=True)  # fmt: skip
    connection.close()
    with serving.leadflow(plan.var, many) as web:
        # Whole rounds of all that is typed, one person after the other.
        def ask(seconds: float) -> client.Seen:
            return client.load(web.port, PATH, paths=paths, people=cookies, seconds=seconds,
                               status=200, connections=len(PEOPLE), every=LETTER)  # fmt: skip

        if not plan.brief:
            ask(plan.seconds)  # workers awake, templates and plans read
        seen = ask(plan.seconds * (1 if plan.brief else 10))
    return [
        queries,
        Figure("search_p95", scale, seen.p95() * 1000, goal=150, at_most=True, unit="ms"),
    ]


def _typed(scale: int) -> list[str]:
    """From three letters on, letter by letter: some last names, companies, addresses."""
    found: list[str] = []
    for number in range(1, 6):
        lead = Lead.objects.filter(pk__gte=number * scale // 6).order_by("pk")[0]
        whole = lead.name.lower()
        for word in (whole, lead.last_name.lower(), lead.company.lower(), lead.email or ""):
            found += [word[:end] for end in range(3, min(len(word), LONGEST) + 1)]
        at = (lead.email or "").partition("@")[0]
        found += [f"{at}@", lead.email or ""]
    return found


def _cookie(email: str) -> dict[str, str]:
    browser = Client()
    browser.force_login(User.objects.get(email=email), settings.AUTHENTICATION_BACKENDS[0])
    return {"Cookie": f"sessionid={browser.cookies['sessionid'].value}", "HX-Request": "true"}


def _queries(path: str, headers: dict[str, str]) -> int:
    """Every statement of one request, sign-in included; the first one fills what is remembered."""
    browser = Client(headers={**headers, "Host": "127.0.0.1"})
    browser.get(path)
    with CaptureQueriesContext(connection) as seen:
        answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return len(seen)
