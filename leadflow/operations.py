"""What machines ask: does the process live, and can it do its work?"""

from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache


@never_cache
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process can answer at all; asks nothing of any server."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part works, else 503; the JSON says which part does not and why."""
    parts: dict[str, Callable[[], str]] = {"database": database, "broker": broker}
    answers = {name: part() for name, part in parts.items()}
    ready = all(answer == "ok" for answer in answers.values())
    return JsonResponse({"ready": ready, **answers}, status=200 if ready else 503)


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "does not answer"
    return "ok"


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
