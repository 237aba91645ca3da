"""Capture, list, read and change leads; what happened to them, and log a touch."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import AnyScope, FullScope, has_full_scope
from accounts.endpoints import ApiView
from accounts.idempotency import HEADER, once
from accounts.models import Role, Team
from accounts.openapi import BODY, problems
from accounts.refusals import NotAllowed, Refused
from leads import editing, intake, normalise, tagging
from leads.activities import log_touch
from leads.api.answers import activity_answers, answer, answers
from leads.api.handoffs import workable
from leads.api.paging import page
from leads.api.serializers import ActivityIn, LeadQuery, PageQuery, flat
from leads.api.shapes import (
    ActivityOut,
    ActivityPage,
    ChangeIn,
    LeadIn,
    LeadOut,
    LeadPage,
    Merged,
)
from leads.capture import Captured, capture_leads
from leads.models import Activity, Kind, Lead

IDEMPOTENCY = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER,
    description="The same key and body again: the same answer, and nothing is done twice.",
)  # fmt: skip

MOVED = OpenApiResponse(Merged, description="Merged into the lead that `Location` names; ask there")


class Leads(ApiView):
    """`/api/v1/leads/`: the one way in, and the list."""

    def get_permissions(self) -> list[BasePermission]:
        return [AnyScope() if self.request.method == "POST" else FullScope()]

    @extend_schema(
        operation_id="lead_list",
        summary="List leads",
        parameters=[LeadQuery],
        responses={200: LeadPage, **problems(422)},
    )
    def get(self, request: Request) -> Response:
        """Leads this person may see, newest first."""
        asked = LeadQuery.read(request.query_params.dict())
        cursor, limit = asked.pop("cursor"), asked.pop("limit")
        leads = Lead.objects.visible_to(self.user).filter(**filters(asked))
        shown, following = page(leads, by="created_at", request=request, cursor=cursor, limit=limit)
        return Response({"next": following, "results": answers(shown)})

    @extend_schema(
        operation_id="lead_capture",
        summary="Capture a lead",
        request=LeadIn,
        parameters=[IDEMPOTENCY],
        responses={
            201: OpenApiResponse(LeadOut, description="New"),
            200: OpenApiResponse(
                Merged, description="Merged into the lead we had; a full key sees all of it"
            ),
            **problems(409, *BODY),
        },
    )
    def post(self, request: Request) -> Response:
        """Capture one lead. The same e-mail again becomes a touchpoint of the lead we have."""
        return once(request, self.capture, at=self.at)

    def capture(self) -> Response:
        row = self.body
        self._refuse_other_teams_campaign(row.get("campaign"))
        captured = capture_leads(
            [row],
            by=self.user,
            team=self._team(row),
            at=self.at,
            stamp=self.stamp,
            make_tags=has_full_scope(self.request),
        )[0]
        lead = captured.lead
        if lead is None:
            raise _refused(captured)
        if captured.created:
            where = {"Location": reverse("api:lead", args=[lead.pk])}
            return Response(answer(lead.pk), status=201, headers=where)
        if has_full_scope(self.request) and self._may_see(lead):
            return Response(answer(lead.pk))
        return Response({"id": lead.pk})

    def _team(self, row: Mapping[str, Any]) -> Team | None:
        """Whose lead it is where no campaign says so: marketing's before sales'."""
        team = self.user.home_team
        if team is None and self.user.role == Role.NONE:
            raise NotAllowed(
                "You belong to no team yet, so a lead of yours would be nobody's.", code="no_team"
            )
        if team is None and not row.get("campaign"):
            words = "Name a campaign: you belong to no team that could own the lead."
            raise Refused(words, code="invalid", fields={"campaign": words})
        return team

    def _refuse_other_teams_campaign(self, slug: object) -> None:
        if self.user.role != Role.MARKETER or not isinstance(slug, str):
            return
        campaign = intake.campaigns(stamp=self.stamp).get(slug.strip())
        if campaign is not None and campaign.team_id not in self.user.marketing_teams:
            words = f"“{campaign.slug}” belongs to another team; use a campaign of your own."
            raise Refused(words, code="invalid", fields={"campaign": words})

    def _may_see(self, lead: Lead) -> bool:
        return Lead.objects.visible_to(self.user).filter(pk=lead.pk).exists()


def _refused(captured: Captured) -> Refused:
    words = "; ".join(f"{name}: {said}" for name, said in list(captured.refused.items())[:5])
    return Refused(words, code="invalid", fields=captured.refused)


def filters(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions of a checked query."""
    paths = {
        "stage": "stage",
        "tier": "tier",
        "campaign": "campaign__slug",
        "sourced_by": "sourced_by",
        "owner": "owner__email",
        "updated_since": "updated_at__gte",
    }
    found = {paths[name]: value for name, value in asked.items()}
    if "owner__email" in found:
        found["owner__email"] = found["owner__email"].lower()
    return found


class LeadDetail(ApiView):
    """`/api/v1/leads/{id}/`."""

    @extend_schema(
        operation_id="lead_read",
        summary="Read a lead",
        responses={200: LeadOut, 307: MOVED, **problems(404)},
    )
    def get(self, request: Request, pk: int) -> Response:
        """One lead. One that was merged into another answers 307 with where that is."""
        if not Lead.objects.visible_to(self.user).filter(pk=pk).exists():
            return self._moved(pk)
        return Response(answer(pk))

    @extend_schema(
        operation_id="lead_change",
        summary="Change a person's details",
        request=ChangeIn,
        responses={200: LeadOut, 307: MOVED, **problems(404, 409, *BODY)},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change details of the person; they are normalised, and the lead is scored anew."""
        lead = Lead.objects.editable_by(self.user).filter(pk=pk).first()
        if lead is None:
            return self._refuse(pk)
        values = flat(self.body)
        with transaction.atomic():
            # First of all: a new tag is written before any lead is locked, as everywhere.
            tags = _tags(values.pop("tags"), self) if "tags" in values else None
            editing.edit(lead, values, by=self.user, at=self.at)
            if tags is not None:
                tagging.put_exactly(lead.pk, tags, at=self.at)
        return Response(answer(pk))

    def _moved(self, pk: int) -> Response:
        """On to the lead that it is part of now. A merge can be undone: nobody may remember it."""
        now = Lead.objects.visible_to(self.user).filter(former__pk=pk).first()
        if now is None:
            raise Http404
        headers = {"Location": reverse("api:lead", args=[now.pk]), "Cache-Control": "no-store"}
        return Response({"id": now.pk}, status=307, headers=headers)

    def _refuse(self, pk: int) -> Response:
        if Lead.objects.visible_to(self.user).filter(pk=pk).exists():
            raise NotAllowed(
                "You may see this lead and not change it; accept it first.", code="not_yours"
            )
        return self._moved(pk)


def _tags(typed: Any, asked: ApiView) -> list[int]:
    """The numbers of the tags of a body. Raises Refused, naming the field."""
    try:
        names = normalise.tags(typed)
        return [tagging.called(name, by=asked.user, at=asked.at).pk for name in names]
    except ValueError as error:
        said = normalise.sentence(error)
    except Refused as refusal:
        said = refusal.message
    raise Refused(f"tags: {said}", code="invalid", fields={"tags": said})


class Activities(ApiView):
    """`/api/v1/leads/{id}/activities/`."""

    @extend_schema(
        operation_id="activity_list",
        summary="What happened to a lead",
        parameters=[PageQuery],
        responses={200: ActivityPage, **problems(404, 422)},
    )
    def get(self, request: Request, pk: int) -> Response:
        """What happened to the lead, newest first."""
        asked = PageQuery.read(request.query_params.dict())
        if not Lead.objects.visible_to(self.user).filter(pk=pk).exists():
            raise Http404
        shown, following = page(
            Activity.objects.filter(lead_id=pk), by="occurred_at", request=request, **asked
        )
        told = activity_answers(
            Activity.objects.filter(pk__in=shown)
            .select_related("actor", "campaign")
            .order_by("-occurred_at", "-pk")
        )
        return Response({"next": following, "results": told})

    @extend_schema(
        operation_id="activity_log",
        summary="Log a call, e-mail, meeting or note",
        request=ActivityIn,
        parameters=[IDEMPOTENCY],
        responses={201: ActivityOut, **problems(404, 409, *BODY)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Log a call, e-mail, meeting or note."""
        return once(request, lambda: self.log(pk), at=self.at)

    def log(self, pk: int) -> Response:
        said = ActivityIn.read(self.body)
        lead = self._editable(pk) if said["kind"] == Kind.NOTE else None
        lead = lead or workable(self.user, pk)
        activity = log_touch(lead, said.pop("kind"), by=self.user, at=self.at, **said)
        return Response(activity_answers([activity])[0], status=201)

    def _editable(self, pk: int) -> Lead | None:
        """A note is no contact: whoever may change the lead may write one."""
        return Lead.objects.editable_by(self.user).filter(pk=pk).first()
