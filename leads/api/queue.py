"""The queue as programs poll it: an unchanged one costs one small query and 304."""

from functools import cache
from typing import Any

from django.db import connection
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.endpoints import ApiView
from accounts.models import ConfigurationStamp, User
from accounts.openapi import problems
from leads.api.answers import answers
from leads.api.shapes import Queue
from leads.models import Handoff

MOST = 200
# Stands for the person in a query that is compiled before anybody asks.
ANYBODY = -1
# Everything an answer shows changes with one of these.
SHOWN = (
    "id", "state", "lead__updated_at", "lead__scored_at", "lead__respond_by", "clocks__id",
    "clocks__state", "clocks__excused", "clocks__due_at", "clocks__stopped_at",
)  # fmt: skip


class QueueView(ApiView):
    """`/api/v1/queue/`."""

    @extend_schema(
        operation_id="queue",
        summary="My queue",
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={
            200: Queue,
            304: OpenApiResponse(description="Nothing changed since that ETag"),
            **problems(),
        },
    )
    def get(self, request: Request) -> Response:
        """Your own leads and what your pools offer, next deadline first; with an ETag."""
        headers = {"ETag": etag(self.user), "Cache-Control": "private, no-cache"}
        if headers["ETag"] in _known(request):
            return Response(status=304, headers=headers)
        waiting = Handoff.objects.queue_for(self.user).values_list("lead_id", flat=True)
        leads = list(waiting[: MOST + 1])
        body = {"results": answers(leads[:MOST]), "more": len(leads) > MOST}
        return Response(body, headers=headers)


def etag(user: User) -> str:
    """A weak validator of this person's queue, from PostgreSQL in one query."""
    sql, values = _compiled()
    with connection.cursor() as cursor:
        cursor.execute(sql, [user.pk if value == ANYBODY else value for value in values])
        return f'W/"{user.pk}-{cursor.fetchone()[0]}"'


@cache
def _compiled() -> tuple[str, tuple[Any, ...]]:
    """The query for ANYBODY; written once, because a poll is little more than this query."""
    queue = Handoff.objects.queue_for(User(pk=ANYBODY))
    rows = queue.order_by("id", "clocks__id").values_list(*SHOWN)
    sql, values = rows.query.sql_with_params()
    stamp = ConfigurationStamp._meta.db_table
    return (
        f"SELECT md5(coalesce(string_agg(shown::text, '|'), '') || "  # noqa: S608 (our own names)
        f"coalesce((SELECT stamp::text FROM {stamp} LIMIT 1), '')) FROM ({sql}) AS shown"
    ), tuple(values)


def _known(request: Request) -> set[str]:
    said = request.headers.get("If-None-Match", "")
    return {tag.strip() for tag in said.split(",")}
