"""Returns: what sales sent back, marketing's answer, and how both managers rule on a dispute."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import two_signatures
from accounts.bodies import Strict
from accounts.endpoints import ApiView
from accounts.openapi import BODY, problems
from accounts.refusals import Conflict, NotAllowed
from leads import returns, rulings
from leads.api.paging import page
from leads.api.serializers import NOTE, PageQuery
from leads.models import RejectReason, Return, Ruling

SIDES = list(two_signatures.SIDES)


@extend_schema_serializer(component_name="Ruling")
class RulingOut(serializers.Serializer[Any]):
    """What a manager proposed; with `ruled_at` both have ruled so, with `dropped_at` it is void."""

    id = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=Return.Ruled.choices)
    reason = serializers.CharField()
    proposed_by = serializers.CharField(help_text="E-mail")
    proposed_at = serializers.DateTimeField()
    ruled_at = serializers.DateTimeField(allow_null=True)
    dropped_at = serializers.DateTimeField(allow_null=True)
    sent = serializers.IntegerField(
        allow_null=True, help_text="The handoff by which sales has the lead again"
    )


@extend_schema_serializer(component_name="Return")
class ReturnOut(serializers.Serializer[Any]):
    """A rejected lead on its way through marketing's answer."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    handoff = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=RejectReason.choices)
    note = serializers.CharField()
    returned_by = serializers.CharField(help_text="E-mail")
    returned_at = serializers.DateTimeField()
    answer = serializers.ChoiceField(choices=Return.Answer.choices, allow_blank=True)
    answer_note = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)
    ruling = serializers.ChoiceField(choices=Return.Ruled.choices, allow_blank=True)
    rulings = RulingOut(many=True, help_text="All that was proposed, oldest first")


class ReturnPage(serializers.Serializer[Any]):
    """Returns, newest first."""

    next = serializers.URLField(allow_null=True)
    results = ReturnOut(many=True)


class ReturnQuery(PageQuery):
    """Which returns."""

    state = serializers.ChoiceField(choices=["waiting", "disputed"], required=False)


@extend_schema_serializer(component_name="ReturnAnswer")
class AnswerIn(Strict[Any]):
    """Marketing's answer."""

    answer = serializers.ChoiceField(choices=Return.Answer.choices)
    note = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=NOTE,
        help_text="Needed unless marketing agrees.",
    )  # fmt: skip


@extend_schema_serializer(component_name="RulingProposal")
class RulingIn(Strict[Any]):
    """How to rule, and why."""

    outcome = serializers.ChoiceField(choices=Return.Ruled.choices)
    reason = serializers.CharField(max_length=rulings.REASON_LENGTH)
    side = serializers.ChoiceField(
        choices=SIDES, required=False, help_text="For which side, if you manage both."
    )


@extend_schema_serializer(component_name="RulingDecision")
class DecisionIn(Strict[Any]):
    """Whether you agree to what is proposed; its id, so that it is what you have read."""

    ruling = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    agree = serializers.BooleanField()


class Returns(ApiView):
    """`/api/v1/returns/`."""

    @extend_schema(
        operation_id="return_list",
        summary="List returns",
        parameters=[ReturnQuery],
        responses={200: ReturnPage, **problems(422)},
    )
    def get(self, request: Request) -> Response:
        """Returns you have to do with, newest first; waiting for an answer or for a ruling."""
        asked = ReturnQuery.read(request.query_params.dict())
        found = Return.objects.visible_to(self.user)
        if "state" in asked:
            found = found.waiting() if asked["state"] == "waiting" else found.disputed()
        ids, following = page(
            found, by="returned_at", request=request, cursor=asked["cursor"], limit=asked["limit"]
        )
        return Response({"next": following, "results": told(ids)})


class AnswerReturn(ApiView):
    """`/api/v1/returns/{id}/answer/`."""

    @extend_schema(
        operation_id="answer_return",
        summary="Answer a return",
        request=AnswerIn,
        responses={200: ReturnOut, **problems(404, 409, *BODY)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Agree, dispute, or say what was fixed and hand the lead over again."""
        said = AnswerIn.read(self.body)
        found = self._mine(pk)
        if not Return.objects.answerable_by(self.user).filter(pk=pk).exists():
            raise NotAllowed("Returns are answered by marketing.", code="not_yours")
        returns.answer(found, said["answer"], by=self.user, at=self.at, note=said["note"])
        return Response(told([pk])[0])

    def _mine(self, pk: int) -> Return:
        mine = Return.objects.visible_to(self.user).select_related("handoff__lead")
        return get_object_or_404(mine, pk=pk)


class ProposeRuling(AnswerReturn):
    """`/api/v1/returns/{id}/ruling/`."""

    @extend_schema(
        operation_id="propose_ruling",
        summary="Propose a ruling",
        request=RulingIn,
        responses={200: ReturnOut, **problems(404, 409, *BODY)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Say how to rule on a disputed return; it counts once the other side's manager agrees."""
        said = RulingIn.read(self.body)
        found, mine = self._mine(pk), two_signatures.sides_of(self.user)
        side = said.pop("side", "") or (mine[0] if mine else "")
        rulings.propose(found, side=side, by=self.user, at=self.at, **said)
        return Response(told([pk])[0])


class DecideRuling(AnswerReturn):
    """`/api/v1/returns/{id}/ruling/decide/`."""

    @extend_schema(
        operation_id="decide_ruling",
        summary="Agree to a ruling, or decline it",
        request=DecisionIn,
        responses={200: ReturnOut, **problems(404, 409, *BODY)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Agree to what the other side proposed: it is ruled. Declined, the dispute stays open."""
        said = DecisionIn.read(self.body)
        found = self._mine(pk)
        made = Ruling.objects.filter(returned=found, pk=said["ruling"]).first()
        if made is None:
            raise Conflict("No such ruling is proposed for this return.", code="not_proposed")
        if said["agree"]:
            side = next(iter(two_signatures.unsigned(made, self.user)), "")
            mine = two_signatures.sides_of(self.user)
            rulings.agree(made, side or (mine[0] if mine else ""), by=self.user, at=self.at)
        else:
            rulings.decline(made, by=self.user, at=self.at)
        return Response(told([pk])[0])


def told(ids: list[int]) -> list[dict[str, Any]]:
    """These returns in their order, as answers tell them; two queries."""
    related = Return.objects.select_related("handoff", "returned_by")
    found = related.prefetch_related("rulings__proposed_by").in_bulk(ids)
    return [_told(found[pk]) for pk in ids]


def _told(each: Return) -> dict[str, Any]:
    return {
        "id": each.pk,
        "lead": each.handoff.lead_id,
        "handoff": each.handoff_id,
        "reason": each.reason,
        "note": each.note,
        "returned_by": each.returned_by.email,
        "returned_at": each.returned_at,
        "answer": each.answer,
        "answer_note": each.answer_note,
        "answered_at": each.answered_at,
        "ruling": each.ruling,
        "rulings": [_ruled(ruling) for ruling in each.rulings.all()],
    }


def _ruled(ruling: Ruling) -> dict[str, Any]:
    return {
        "id": ruling.pk,
        "outcome": ruling.outcome,
        "reason": ruling.reason,
        "proposed_by": ruling.proposed_by.email,
        "proposed_at": ruling.proposed_at,
        "ruled_at": ruling.ruled_at,
        "dropped_at": ruling.dropped_at,
        "sent": ruling.sent_id,
    }
