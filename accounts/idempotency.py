"""`Idempotency-Key`: the same request sent twice is done once and answered twice.

Deed and remembered answer are one transaction, so a crash leaves both or neither. An advisory
lock tells a second caller that the first is still at work; the unique constraint on (user, key)
is what makes it certain. Refusals are not remembered: they changed nothing.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import IdempotentRequest
from accounts.refusals import Conflict, Refused

HEADER = "Idempotency-Key"
LONGEST = 200
WAIT = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
# Of a form: what is not the deed itself.
UNSAID = ("csrfmiddlewaretoken", "back", "occurred_at")


def once(request: Request, do: Callable[[], Response], *, at: datetime) -> Response:
    """`do` it, or repeat the answer given to this user's key before.

    Raises Refused (422) for a key used with another request, Conflict (409) while the first
    request with it is still under way.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return do()
    if not key.strip() or len(key) > LONGEST:
        raise Refused(
            f"The {HEADER} has {len(key)} characters; send 1 to {LONGEST}.",
            code="idempotency_key_invalid",
            fields={HEADER: f"Send 1 to {LONGEST} characters."},
        )
    asked, user = fingerprint(request), request.user.pk
    assert user is not None
    with transaction.atomic():
        known = _take(user, key)
        if known is not None:
            return _repeat(known, asked)
        response = do()
        IdempotentRequest.objects.create(
            user_id=user,
            key=key,
            body_hash=asked,
            status=response.status_code,
            answer=json.loads(json.dumps(response.data, default=_text)),
        )
    return response


def once_said(request: HttpRequest, do: Callable[[], str]) -> str:
    """The same for a form of a page: `do` it and answer its words, or say that it was done.

    A browser that was cut off sends a form again when it can't know whether it arrived. It waits
    for a first request under way. Raises Refused for a key used with another form.
    """
    key, user = request.headers.get(HEADER, "").strip(), request.user.pk
    if user is None or not key or len(key) > LONGEST:
        return do()
    said = sorted((name, values) for name, values in request.POST.lists() if name not in UNSAID)
    asked = _hashed(request.method, request.path, "page", json.dumps(said))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(WAIT, [f"idempotency:{user}:{key}"])
        known = IdempotentRequest.objects.filter(user_id=user, key=key).first()
        if known is not None and known.body_hash != asked:
            raise Refused("This was sent before as something else. Reload the page.")
        if known is not None:
            return "That had arrived already: it was done once."
        words = do()
        # Not the words: they may name somebody who is erased tomorrow.
        IdempotentRequest.objects.create(user_id=user, key=key, body_hash=asked, status=200)
    return words


def forget(*, before: datetime) -> int:
    """Drop what was remembered before an instant; returns how many."""
    return IdempotentRequest.objects.filter(created_at__lt=before).delete()[0]


def fingerprint(request: Request) -> str:
    """What makes two requests the same: method, address, body, and what the key may see."""
    scope = getattr(request.auth, "scope", "")
    said = json.dumps(request.data, sort_keys=True, default=str)
    return _hashed(request.method, request.path, scope, said)


def _hashed(method: str | None, *said: str) -> str:
    asked = "\n".join([method or "", *said])
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()


def _take(user_id: int, key: str) -> IdempotentRequest | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"idempotency:{user_id}:{key}"],
        )
        if not cursor.fetchone()[0]:
            raise Conflict(
                "The first request with this key is still under way; ask again in a second.",
                code="request_under_way",
            )
    # A statement of its own, after the lock: it sees what the first request committed.
    return IdempotentRequest.objects.filter(user_id=user_id, key=key).first()


def _repeat(known: IdempotentRequest, asked: str) -> Response:
    if known.body_hash != asked:
        raise Refused(
            f"This {HEADER} was used for another request; take a new one for a new request.",
            code="idempotency_key_reused",
            fields={HEADER: "Take a new one."},
        )
    return Response(known.answer, status=known.status, headers={"Idempotent-Replayed": "true"})


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)
