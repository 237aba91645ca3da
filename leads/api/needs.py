"""What a lead needs, for programs: note what it said, and take that back."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.bodies import Strict
from accounts.endpoints import ApiView
from accounts.openapi import BODY, problems
from leads import insights
from leads.api.answers import told
from leads.api.handoffs import workable
from leads.api.shapes import NeedOut
from leads.models import Insight, Lead


@extend_schema_serializer(component_name="NeedNoted")
class NeedIn(Strict[Any]):
    """One thing the lead said of what it needs."""

    about = serializers.ChoiceField(choices=Insight.About.choices)
    words = serializers.CharField(max_length=insights.LONGEST, help_text="In their own words")
    said_by = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=insights.LONGEST_NAME,
        help_text="Who of theirs; empty: the lead itself",
    )  # fmt: skip
    said_on = serializers.DateField(
        required=False, default=None, allow_null=True, help_text="Today, if not given"
    )


class Needs(ApiView):
    """`/api/v1/leads/{id}/needs/`."""

    @extend_schema(
        operation_id="need_list",
        summary="What a lead said of its needs",
        responses={200: NeedOut(many=True), **problems(404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        """What the lead said of its needs, as far as nobody took it back; oldest first."""
        if not Lead.objects.visible_to(self.user).filter(pk=pk).exists():
            raise Http404
        said = Insight.objects.standing().filter(lead_id=pk).select_related("by")
        return Response([_told(each) for each in said.order_by("at", "pk")])

    @extend_schema(
        operation_id="need_note",
        summary="Note what a lead said of its needs",
        request=NeedIn,
        responses={
            201: NeedOut,
            200: OpenApiResponse(NeedOut, description="It was noted already, in these words"),
            **problems(404, 409, *BODY),
        },
    )
    def post(self, request: Request, pk: int) -> Response:
        """Note what the lead said; the same words again change nothing. For those who work the
        lead or may change it."""
        said = NeedIn.read(self.body)
        lead = Lead.objects.editable_by(self.user).filter(pk=pk).first() or workable(self.user, pk)
        made, new = insights.add(lead, by=self.user, at=self.at, **said)
        return Response(_told(made), status=201 if new else 200)


class TakeBackNeed(ApiView):
    """`/api/v1/leads/{id}/needs/{need}/take-back/`."""

    @extend_schema(
        operation_id="need_take_back",
        summary="Take back what was noted",
        request=None,
        responses={200: NeedOut, **problems(404, 409, *BODY)},
    )
    def post(self, request: Request, pk: int, need: int) -> Response:
        """It is not so: it counts no longer, and stays on record. What somebody else noted is for
        those who work the lead to take back."""
        seen = Insight.objects.visible_to(self.user).filter(lead_id=pk).select_related("lead", "by")
        noted = seen.filter(pk=need).first()
        if noted is None:
            raise Http404
        if noted.by_id != self.user.pk:
            workable(self.user, pk)
        insights.take_back(noted, by=self.user, at=self.at)
        return Response(_told(noted))


def _told(said: Insight) -> dict[str, Any]:
    return {
        "id": said.pk,
        "about": said.about,
        "words": said.words,
        "said_by": said.said_by,
        "said_on": said.said_on.isoformat() if said.said_on else None,
        "by": said.by.email,
        "at": told(said.at),
    }
