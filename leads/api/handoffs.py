"""Hand over, accept, reject, qualify, disqualify, recycle: the steps of the handoff."""

from typing import NoReturn

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.endpoints import ApiView
from accounts.models import User
from accounts.openapi import BODY, problems
from accounts.refusals import Conflict, NotAllowed
from leads.api.answers import answer
from leads.api.serializers import Dispose, HandOver, Nothing, Qualify, Rate, Reject
from leads.api.shapes import LeadOut
from leads.handover import hand_over
from leads.models import Handoff, Lead
from leads.qualification import disqualify, qualify, recycle
from leads.quality import rate

ANSWERS = {200: LeadOut, **problems(404, 409, *BODY)}


def workable(user: User, pk: int) -> Lead:
    """A lead this person may work now.

    Raises Conflict, naming who has it, when it was offered to them and is gone; NotAllowed
    when they may only see it; Http404 when they may not even do that.
    """
    lead = Lead.objects.workable_by(user).filter(pk=pk).first()
    return lead if lead is not None else _refuse(user, pk)


def _refuse(user: User, pk: int) -> NoReturn:
    latest = last_handoff(pk)
    if latest is not None and Handoff.objects.offered_to(user).filter(lead_id=pk).exists():
        raise latest.gone()
    if not Lead.objects.visible_to(user).filter(pk=pk).exists():
        raise Http404
    if user.is_sales and latest is None:
        raise Conflict("Nobody has handed this lead over yet.", code="no_open_handoff")
    raise NotAllowed(
        "This lead was not offered to you: only sales works what it was handed.", code="not_yours"
    )


def last_handoff(pk: int) -> Handoff | None:
    """The lead's last handoff, open or not."""
    return Handoff.objects.filter(lead_id=pk).select_related("owner").order_by("-cycle").first()


def _on_offer(user: User, pk: int) -> Handoff:
    lead = workable(user, pk)
    handoff = last_handoff(pk)
    if handoff is None:
        raise Conflict(f"Nobody has handed {lead.name} over yet.", code="no_open_handoff")
    handoff.lead = lead
    return handoff


class HandOff(ApiView):
    """`/api/v1/leads/{id}/hand-off/`."""

    @extend_schema(
        operation_id="hand_off", summary="Hand over to sales", request=HandOver, responses=ANSWERS
    )
    def post(self, request: Request, pk: int) -> Response:
        """Pass the lead to sales: it meets the agreed definition, or you say why all the same."""
        said = HandOver.read(self.body)
        lead = Lead.objects.to_hand_over_by(self.user).filter(pk=pk).first()
        if lead is None:
            if Lead.objects.visible_to(self.user).filter(pk=pk).exists():
                raise NotAllowed("You may hand over only leads that you sourced.", code="not_yours")
            raise Http404
        hand_over([lead], by=self.user, at=self.at, **said)
        return Response(answer(pk))


class Accept(ApiView):
    """`/api/v1/leads/{id}/accept/`."""

    @extend_schema(operation_id="accept", summary="Accept", request=Nothing, responses=ANSWERS)
    def post(self, request: Request, pk: int) -> Response:
        """Take the lead. Again: nothing changes. Gone: 409 with its `owner`."""
        Nothing.read(self.body)
        _on_offer(self.user, pk).accept(self.user, at=self.at)
        return Response(answer(pk))


class RejectHandoff(ApiView):
    """`/api/v1/leads/{id}/reject/`."""

    @extend_schema(operation_id="reject", summary="Reject", request=Reject, responses=ANSWERS)
    def post(self, request: Request, pk: int) -> Response:
        """Send the lead back to marketing, which must answer."""
        said = Reject.read(self.body)
        _on_offer(self.user, pk).reject(self.user, at=self.at, **said)
        return Response(answer(pk))


class QualifyLead(ApiView):
    """`/api/v1/leads/{id}/qualify/`."""

    @extend_schema(operation_id="qualify", summary="Qualify", request=Qualify, responses=ANSWERS)
    def post(self, request: Request, pk: int) -> Response:
        """It is worth a deal: the lead becomes an SQL."""
        said = Qualify.read(self.body)
        qualify(workable(self.user, pk), by=self.user, at=self.at, **said)
        return Response(answer(pk))


class DisqualifyLead(ApiView):
    """`/api/v1/leads/{id}/disqualify/`."""

    @extend_schema(
        operation_id="disqualify", summary="Disqualify", request=Dispose, responses=ANSWERS
    )
    def post(self, request: Request, pk: int) -> Response:
        """It will not buy."""
        said = Dispose.read(self.body)
        disqualify(workable(self.user, pk), by=self.user, at=self.at, **said)
        return Response(answer(pk))


class RecycleLead(ApiView):
    """`/api/v1/leads/{id}/recycle/`."""

    @extend_schema(
        operation_id="recycle", summary="Recycle to marketing", request=Dispose, responses=ANSWERS
    )
    def post(self, request: Request, pk: int) -> Response:
        """Not now: back to marketing."""
        said = Dispose.read(self.body)
        recycle(workable(self.user, pk), by=self.user, at=self.at, **said)
        return Response(answer(pk))


class RateLead(ApiView):
    """`/api/v1/leads/{id}/feedback/`."""

    @extend_schema(operation_id="feedback", summary="Rate", request=Rate, responses=ANSWERS)
    def post(self, request: Request, pk: int) -> Response:
        """Say how good the lead of its last handoff was; marketing is told at once."""
        said = Rate.read(self.body)
        if not Lead.objects.visible_to(self.user).filter(pk=pk).exists():
            raise Http404
        handoff = last_handoff(pk)
        if handoff is None:
            raise Conflict("Nobody has handed this lead over yet.", code="no_handoff")
        rate(handoff, by=self.user, at=self.at, **said)
        return Response(answer(pk))
