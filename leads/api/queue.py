"""The queue as programs poll it: an unchanged one costs one small query and 304."""

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.endpoints import ApiView
from accounts.models import User
from accounts.openapi import problems
from leads import polling
from leads.api.answers import answers
from leads.api.shapes import Queue
from leads.models import Handoff

MOST = 200


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
    return polling.api_etag(user.pk, polling.of_api(user))


def _known(request: Request) -> set[str]:
    said = request.headers.get("If-None-Match", "")
    return {tag.strip() for tag in said.split(",")}
