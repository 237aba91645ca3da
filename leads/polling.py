"""What a poll of the queue is answered by: one query whose answer changes with all that is shown.

The queries are compiled once: Django would take longer to write them than PostgreSQL to answer
them, and a poll is little more than its query.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Count, ExpressionWrapper, Q
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from accounts.models import ApiKey, ConfigurationStamp, User
from leads.models import Handoff

Answer = Callable[[HttpRequest], HttpResponse]

# Stands for the person in a query that is compiled before anybody asks.
ANYBODY = -1
# Alarms that have come due are counted, so that a lead becomes "at risk" in time.
DUE = Count("clocks__alarms", filter=Q(clocks__ended_at=None, clocks__alarms__fire_at__lte=Now()))
# And so what is "within the hour".
SOON = ExpressionWrapper(
    Q(lead__respond_by__lte=Now() + timedelta(hours=1)), output_field=BooleanField()
)
ON_THE_PAGE = (
    "id", "state", "lead__updated_at", "lead__respond_by", "lead__score", "due", "soon",
)  # fmt: skip
IN_THE_API = (
    "id", "state", "lead__updated_at", "lead__scored_at", "lead__respond_by", "clocks__id",
    "clocks__state", "clocks__excused", "clocks__due_at", "clocks__stopped_at",
)  # fmt: skip

SIGN = """
SELECT md5((statement_timestamp() AT TIME ZONE {zone})::date
    || coalesce(string_agg(shown::text, '|'), '')
    || coalesce((SELECT stamp::text FROM {stamps} LIMIT 1), '')) FROM ({shown}) AS shown
"""
# A program's poll in one query: who calls, by a key that may read and whose use was noted a moment
# ago, and what their queue is signed with.
CALLERS = """
WITH caller AS MATERIALIZED (
    SELECT person.id, person.time_zone
    FROM accounts_apikey key JOIN accounts_user person ON person.id = key.user_id
    WHERE key.hash = %s AND key.revoked_at IS NULL AND key.scope = 'full' AND person.is_active
        AND key.last_used_at > statement_timestamp() - interval '1 minute'
)
SELECT (SELECT id FROM caller), ({signed})
"""


def of_page(user: User) -> str:
    """Changes whenever a row of this person's queue does, what is configured, or their day."""
    return _asked(ON_THE_PAGE, user)


def of_api(user: User) -> str:
    """The same for the queue as the API tells it."""
    return _asked(IN_THE_API, user)


def api_etag(user_id: int, signed: str) -> str:
    """A weak validator of somebody's queue in the API."""
    return f'W/"{user_id}-{signed}"'


def answer_unchanged(get_response: Answer) -> Answer:
    """Middleware, far outside: a program's poll of an unchanged queue needs nothing else of us.

    Whatever is not exactly that goes its usual way, a key whose use is to be noted again as well.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        known = request.META.get("HTTP_IF_NONE_MATCH", "")
        if known and request.method == "GET" and request.path == "/api/v1/queue/":
            scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
            etag = _of_caller(key.strip()) if scheme.lower() == "bearer" else None
            if etag is not None and etag in {tag.strip() for tag in known.split(",")}:
                headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
                return HttpResponseNotModified(headers=headers)
        return get_response(request)

    return middleware


def _of_caller(key: str) -> str | None:
    sql, values = _compiled(IN_THE_API, CALLER)
    with connection.cursor() as cursor:
        cursor.execute(CALLERS.format(signed=sql), [ApiKey.hashed(key), *values])
        user_id, signed = cursor.fetchone()
    return api_etag(user_id, signed) if user_id is not None else None


def _asked(shown: tuple[str, ...], user: User) -> str:
    sql, values = _compiled(shown, GIVEN)
    told = [user.pk if value == ANYBODY else value for value in values]
    with connection.cursor() as cursor:
        cursor.execute(sql, [user.time_zone, *told])
        return str(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class _Person:
    """How a query names the person whose queue it is of, and their time zone."""

    number: str
    zone: str


GIVEN = _Person("%s", "%s")
CALLER = _Person("(SELECT id FROM caller)", "(SELECT time_zone FROM caller)")


@cache
def _compiled(shown: tuple[str, ...], person: _Person) -> tuple[str, list[Any]]:
    """The query, and the values it still wants after the person's time zone."""
    queue = Handoff.objects.queue_for(User(pk=ANYBODY))
    if "due" in shown:
        queue = queue.annotate(due=DUE, soon=SOON).order_by("id")
    else:
        queue = queue.order_by("id", "clocks__id")
    asked, values = queue.values_list(*shown).query.sql_with_params()
    sql, *parts = asked.split("%s")
    left: list[Any] = []
    for value, part in zip(values, parts, strict=True):
        mine = value == ANYBODY and person is not GIVEN
        sql += (person.number if mine else "%s") + part
        left += [] if mine else [value]
    stamps = ConfigurationStamp._meta.db_table
    return SIGN.format(zone=person.zone, shown=sql, stamps=stamps), left
