"""The rep's queue, as page, as API and as a poll, among many leads and among 10,000."""

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey, User
from bench import client, serving
from bench.figures import Figure, medians
from bench.plan import Plan

FEW = 10_000
REPS = 200
# So many look at their queue at once; its page asks this often, and the goal is of every 5 s.
POLLING, EVERY = 50, 1.5
CONNECTIONS = 4
REP = "rep0@bench.test"
PAGE, ROWS, API = "/queue/", "/queue/rows/", "/api/v1/queue/"
MOST_QUERIES = 8
Headers = dict[str, str]


def queue_row(plan: Plan, scale: int) -> list[Figure]:
    """A page at this size against the same page at 10,000 leads; a poll against the page."""
    plan.collect_static_files()
    few, _ = plan.fresh_with_reps(min(FEW, scale), REPS, "few")
    headers_few = sign_in()
    many, reps = plan.fresh_with_reps(scale, REPS)
    headers = sign_in()
    figures = [_queries(name, path, scale, headers[path]) for name, path in
               (("queue_page", PAGE), ("queue_api", API))]  # fmt: skip
    unchanged = {path: {**headers[path], "If-None-Match": _etag(path, headers[path])}
                 for path in (ROWS, API)}  # fmt: skip
    polling = [_polling(f"rep{number}@bench.test") for number in range(min(POLLING, reps))]
    connection.close()
    with serving.leadflow(plan.var, few) as at_few, serving.leadflow(plan.var, many) as at_many:

        def ask(web: serving.Web, path: str, sent: Headers, status: int = 200) -> client.Seen:
            return client.load(web.port, path, seconds=plan.seconds / 2, status=status,
                               headers=sent, connections=CONNECTIONS)  # fmt: skip

        for name, path in (("queue_page", PAGE), ("queue_api", API)):
            for web, sent in ((at_few, headers_few), (at_many, headers)):
                ask(web, path, sent[path])  # workers awake, templates and plans read
            value, floor = medians(
                plan.rounds,
                lambda path=path: ask(at_many, path, headers[path]).mean * 1000,
                lambda path=path: ask(at_few, path, headers_few[path]).mean * 1000,
            )
            figures.append(Figure(name, scale, value, floor, 1.3, at_most=True, unit="ms"))
        for name, full, poll in (("queue_poll", PAGE, ROWS), ("queue_api_poll", API, API)):
            rate, full_rate = medians(
                plan.rounds,
                lambda poll=poll: ask(at_many, poll, unchanged[poll], 304).rate,
                lambda full=full: ask(at_many, full, headers[full]).rate,
            )
            figures.append(Figure(name, scale, rate, full_rate, 5, unit="req/s"))
        every = 0.1 if plan.brief else EVERY
        seen = client.load(at_many.port, ROWS, seconds=plan.seconds * 4, status=304, every=every,
                           people=polling, connections=len(polling))  # fmt: skip
        figures.append(
            Figure("queue_polls_p95", scale, seen.p95() * 1000, goal=150, at_most=True, unit="ms")
        )
    return figures


def _polling(email: str) -> Headers:
    """What the page of a rep sends whose queue has not changed."""
    browser = Client()
    browser.force_login(User.objects.get(email=email), settings.AUTHENTICATION_BACKENDS[0])
    cookie = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}
    return {**cookie, "If-None-Match": _etag(ROWS, cookie)}


def sign_in() -> dict[str, Headers]:
    """A rep's session for the pages and a key of theirs for the API, in the database at hand."""
    rep = User.objects.get(email=REP)
    browser = Client()
    browser.force_login(rep, settings.AUTHENTICATION_BACKENDS[0])
    cookie = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}
    key = ApiKey.objects.issue(rep, scope=ApiKey.Scope.FULL)[1]
    return {PAGE: cookie, ROWS: cookie, API: {"Authorization": f"Bearer {key}"}}


def _queries(name: str, path: str, scale: int, headers: Headers) -> Figure:
    """Every statement of one request, sign-in included; the first one fills what is remembered."""
    _get(path, headers)
    with CaptureQueriesContext(connection) as seen:
        _get(path, headers)
    return Figure(f"{name}_queries", scale, len(seen), goal=MOST_QUERIES, at_most=True)


def _etag(path: str, headers: Headers) -> str:
    return str(_get(path, headers)["ETag"])


def _get(path: str, headers: Headers) -> HttpResponse:
    answer = Client(headers={**headers, "Host": "127.0.0.1"}).get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer
