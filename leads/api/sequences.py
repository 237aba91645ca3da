"""Sequences for programs: which there are, and putting a lead into one."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.bodies import Strict
from accounts.endpoints import ApiView
from accounts.openapi import BODY, problems
from accounts.refusals import Refused
from leads.api.answers import told
from leads.api.handoffs import workable
from leads.models import Enrolment, Sequence
from leads.sequences import running


class Enrol(Strict[Any]):
    """Which sequence."""

    sequence = serializers.IntegerField(min_value=1, max_value=2**62, help_text="Its id")


@extend_schema_serializer(component_name="SequenceStep")
class StepOut(serializers.Serializer[Any]):
    """One step of a sequence."""

    kind = serializers.ChoiceField(choices=["call", "email", "task"])
    wait = serializers.IntegerField(help_text="Working seconds after the step before")
    words = serializers.CharField()
    sends = serializers.BooleanField(help_text="Whether the e-mail goes out by itself")


@extend_schema_serializer(component_name="Sequence")
class SequenceOut(serializers.Serializer[Any]):
    """A sequence as it is begun now."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    by = serializers.CharField(help_text="E-mail")
    team = serializers.CharField(allow_null=True, help_text="Who shares it; its slug")
    steps = StepOut(many=True)


@extend_schema_serializer(component_name="SequenceList")
class SequenceList(serializers.Serializer[Any]):
    """All that one may use."""

    results = SequenceOut(many=True)


@extend_schema_serializer(component_name="Enrolment")
class EnrolmentOut(serializers.Serializer[Any]):
    """A lead's way through a sequence."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    sequence = serializers.IntegerField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Enrolment.State.choices)
    owner = serializers.CharField(help_text="E-mail")
    started_at = serializers.DateTimeField()


class Sequences(ApiView):
    """`/api/v1/sequences/`."""

    @extend_schema(
        operation_id="sequence_list",
        summary="List sequences",
        responses={200: SequenceList, **problems()},
    )
    def get(self, request: Request) -> Response:
        """Your own, and what your teams share."""
        seen = Sequence.objects.visible_to(self.user).in_use().select_related("by", "team")
        return Response({"results": [_told(each) for each in seen.prefetch_related("versions")]})


class EnrolLead(ApiView):
    """`/api/v1/leads/{id}/enrol/`."""

    @extend_schema(
        operation_id="lead_enrol",
        summary="Put a lead into a sequence",
        request=Enrol,
        responses={201: EnrolmentOut, **problems(404, 409, *BODY)},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Begin a sequence with a lead you work; one that is in one answers 409."""
        said = Enrol.read(self.body)
        lead = workable(self.user, pk)
        seen = Sequence.objects.visible_to(self.user).in_use().prefetch_related("versions")
        chosen = seen.filter(pk=said["sequence"]).first()
        if chosen is None:
            words = f"There is no sequence {said['sequence']} that you may use."
            raise Refused(words, code="invalid", fields={"sequence": words})
        begun = running.begin(lead, chosen.newest, by=self.user, at=self.at)
        answer = {
            "id": begun.pk, "lead": lead.pk, "sequence": chosen.pk,
            "version": begun.version.number, "state": begun.state, "owner": begun.owner.email,
            "started_at": told(begun.started_at),
        }  # fmt: skip
        return Response(answer, status=201)


def _told(sequence: Sequence) -> dict[str, Any]:
    newest = sequence.newest
    return {
        "id": sequence.pk,
        "name": sequence.name,
        "version": newest.number,
        "by": sequence.by.email,
        "team": sequence.team.slug if sequence.team else None,
        "steps": [
            {"kind": s["kind"], "wait": s["wait"], "words": s.get("words", ""),
             "sends": bool(s.get("sends"))}
            for s in newest.steps
        ],
    }  # fmt: skip
