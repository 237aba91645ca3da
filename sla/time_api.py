"""Whose part of a handoff's waiting was whose, for programs."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.endpoints import ApiView
from accounts.models import User
from accounts.openapi import problems
from sla.figures import handoff_time
from sla.figures.handoff_time import Told
from sla.figures.whose_time import Amount, Part


class AmountOut(serializers.Serializer[Any]):
    """A length of time."""

    working_seconds = serializers.IntegerField(help_text="In the hours named in `counted_in`")
    wall_seconds = serializers.IntegerField()


class StretchOut(AmountOut):
    """A time that belongs to one part."""

    part = serializers.ChoiceField(choices=[part.value for part in Part])
    owner = serializers.CharField(allow_null=True, help_text="E-mail, in the part `rep`")
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


HANDOFF_TIME = inline_serializer(
    "HandoffTime",
    {
        "handoff": serializers.IntegerField(),
        "lead": serializers.IntegerField(),
        "at": serializers.DateTimeField(help_text="The instant it is told for"),
        "open": serializers.BooleanField(help_text="Whether the waiting goes on"),
        "counted_in": inline_serializer(
            "HandoffTimeHours",
            {
                "sales": serializers.CharField(allow_null=True, help_text="Null: every hour"),
                "marketing": serializers.CharField(allow_null=True, help_text="Null: every hour"),
            },
        ),
        "whole": AmountOut(),
        "parts": inline_serializer("HandoffTimeParts", {part.value: AmountOut() for part in Part}),
        "stretches": StretchOut(many=True),
    },
)


class HandoffTimeView(ApiView):
    """`/api/v1/sla/handoffs/{id}/time/`."""

    @extend_schema(
        operation_id="handoff_time",
        summary="Whose part of the waiting was whose",
        responses={200: HANDOFF_TIME, **problems(404)},
        description=(
            "From when the lead was ready to be handed over to the first contact (or the end, or"
            " now), and from a return to its answer: `system` until it was handed over, `queue`"
            " while sales had it and nobody did, `rep` with a rep and no contact yet, `prospect`"
            " paused for them, `marketing` returned and not answered. The parts add up."
        ),
    )
    def get(self, request: Request, pk: int) -> Response:
        """The waiting of one handoff, split."""
        mine = handoff_time.visible_to(self.user)
        get_object_or_404(mine, pk=pk)
        (told,) = handoff_time.of(mine.filter(pk=pk), at=self.at)
        return Response({"at": self.at, **_told(told)})


def _told(told: Told) -> dict[str, Any]:
    found = told.split
    owners = User.objects.in_bulk({s.owner_id for s in found.stretches if s.owner_id is not None})
    return {
        "handoff": told.handoff.pk,
        "lead": told.handoff.lead_id,
        "open": told.open,
        "counted_in": {
            "sales": told.sales.name if told.sales else None,
            "marketing": told.marketing.name if told.marketing else None,
        },
        "whole": _amount(found.whole),
        "parts": {part.value: _amount(amount) for part, amount in found.parts.items()},
        "stretches": [
            {
                "part": stretch.part.value,
                "owner": owners[stretch.owner_id].email if stretch.owner_id else None,
                "start": stretch.start,
                "end": stretch.end,
                "working_seconds": stretch.working,
                "wall_seconds": stretch.wall,
            }
            for stretch in found.stretches
        ],
    }


def _amount(amount: Amount) -> dict[str, int]:
    return {"working_seconds": amount.working, "wall_seconds": amount.wall}
