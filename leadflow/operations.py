"""What machines ask: does the process live, and can it do its work?"""

from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django_prometheus.exports import ExportToDjangoView

from sla.lag import Watch, pulse, watch
from sla.metrics import text as sweep_figures

LONGEST_LAG = 30.0  # seconds; the sweep wakes every second

Answer = Callable[[HttpRequest], HttpResponse]


def answer_probes(get_response: Answer) -> Answer:
    """Middleware, the outermost: probes reach a machine by its number, not by an allowed host."""
    views: dict[str, Answer] = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}

    def middleware(request: HttpRequest) -> HttpResponse:
        return views.get(request.path, get_response)(request)

    return middleware


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Every process's counters and the sweep's figures; your proxy should keep it to yourselves."""
    answer = ExportToDjangoView(request)
    try:
        answer.write(sweep_figures())
    except DatabaseError:
        return answer  # the rest is still worth knowing; /readyz says what is wrong
    return answer


@never_cache
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process can answer at all; asks nothing of any server."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part works, else 503; the JSON says which part does not."""
    seen = watched()
    lag = round(seen.lag.total_seconds(), 1) if seen else None
    answers = {
        "database": "ok" if seen else "does not answer",
        "broker": broker(),
        "sweep": "ok" if lag is not None and lag <= LONGEST_LAG else "does not keep up",
    }
    ready = set(answers.values()) == {"ok"}
    body = {
        "ready": ready,
        **answers,
        "sweep_lag_seconds": lag,
        "sweep_last_run_seconds": last_run_seconds() if seen else None,
        "alarms_due": seen.due if seen else None,
        "alarms_aside": seen.aside if seen else None,
    }
    return JsonResponse(body, status=200 if ready else 503)


def watched() -> Watch | None:
    """How far the sweep is behind; None: no database.

    It is read from the alarms themselves: a sweep that never ran is seen as well as a slow one.
    """
    try:
        return watch()
    except DatabaseError:
        return None


def last_run_seconds() -> float | None:
    """Seconds since a sweep last ended; None: none ever did."""
    ago = pulse().seconds_ago
    return None if ago is None else round(ago, 1)


def broker() -> str:
    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2
        )
        with client:
            client.ping()
    except redis.RedisError:
        return "does not answer"
    return "ok"
