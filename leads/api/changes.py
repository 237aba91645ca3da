"""Changes of offers: what you have to acknowledge, and that you did."""

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.endpoints import ApiView
from accounts.models import User
from accounts.openapi import BODY, problems
from leads.api.serializers import Nothing
from leads.api.shapes import ChangeList, ChangeOut
from leads.views.access import EVERYBODY
from personas import announcing
from personas.models import Acknowledgement, OfferChange

MOST = 100


class Changes(ApiView):
    """`/api/v1/changes/`."""

    @extend_schema(
        operation_id="change_list",
        summary="List changes of offers",
        responses={200: ChangeList, **problems()},
    )
    def get(self, request: Request) -> Response:
        """The newest hundred: what changed about an offer, what to say now, and whether you have
        acknowledged it (`asked` false: it is not yours to)."""
        if self.user.role not in EVERYBODY:
            return Response({"results": []})
        found = _with_mine(self.user).order_by("-published_at", "-pk")[:MOST]
        return Response({"results": [_told(change) for change in found]})


class AcknowledgeChange(ApiView):
    """`/api/v1/changes/{id}/acknowledge/`."""

    @extend_schema(
        operation_id="acknowledge_change",
        summary="Acknowledge a change",
        request=Nothing,
        responses={200: ChangeOut, **problems(404, 409, *BODY)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Say that you have read it; doing so again changes nothing."""
        Nothing.read(self.body)
        change = get_object_or_404(OfferChange.objects.filter(published_at__isnull=False), pk=pk)
        announcing.acknowledge(change, by=self.user, at=self.at)
        return Response(_told(_with_mine(self.user).get(pk=pk)))


def _with_mine(user: User) -> Any:
    mine = Acknowledgement.objects.filter(user=user)
    return (
        OfferChange.objects.filter(published_at__isnull=False)
        .select_related("offer")
        .prefetch_related(Prefetch("acknowledgements", queryset=mine, to_attr="mine"))
    )


def _told(change: Any) -> dict[str, Any]:
    mine = next(iter(change.mine), None)
    return {
        "id": change.pk,
        "offer": change.offer.name,
        "title": change.title,
        "before": change.before,
        "after": change.after,
        "claim": change.claim,
        "say": change.say,
        "reason": change.reason,
        "published_at": change.published_at,
        "taken_back_at": change.taken_back_at,
        "asked": mine is not None,
        "acknowledged_at": mine.acknowledged_at if mine else None,
    }
