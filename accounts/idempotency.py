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
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import IdempotentRequest
from accounts.refusals import Conflict, Refused

HEADER = "Idempotency-Key"
LONGEST = 200


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


def forget(*, before: datetime) -> int:
    """Drop what was remembered before an instant; returns how many."""
    return IdempotentRequest.objects.filter(created_at__lt=before).delete()[0]


def fingerprint(request: Request) -> str:
    """What makes two requests the same: method, address, body, and what the key may see."""
    scope = getattr(request.auth, "scope", "")
    said = json.dumps(request.data, sort_keys=True, default=str)
    asked = "\n".join([request.method or "", request.path, scope, said])
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
