"""The agreement kept, as programs read it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema, extend_schema_serializer, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.bodies import DayOrInstant, Strict
from accounts.endpoints import ApiView
from accounts.openapi import problems
from sla.figures.compliance import DIMENSIONS, Compliance, Figures, compliance
from sla.models import Side

USUAL_DAYS = 30
FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)


class ComplianceQuery(Strict[Any]):
    """Which period, grouped by what."""

    by = serializers.ChoiceField(choices=list(DIMENSIONS), required=False, default="rep")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's, so it can't stand in the class."""
        return {
            "from": DayOrInstant(required=False, help_text="A day of yours, or an instant."),
            "to": DayOrInstant(required=False, help_text="A day, included; an instant, excluded."),
            **super().get_fields(),
        }


@extend_schema_serializer(component_name="Figures")
class FiguresOut(serializers.Serializer[Any]):
    """The clocks of one group, counted: met + missed + voided + running = started."""

    key = serializers.CharField(allow_null=True, help_text="E-mail, slug or term; null: none")
    name = serializers.CharField()
    side = serializers.ChoiceField(choices=Side.choices, allow_null=True, help_text="Of a term")
    started = serializers.IntegerField()
    met = serializers.IntegerField()
    missed = serializers.IntegerField()
    excused = serializers.IntegerField(help_text="Of the missed ones")
    voided = serializers.IntegerField()
    running = serializers.IntegerField(help_text="Paused ones included")
    rate = serializers.FloatField(allow_null=True, help_text="met / (met + missed)")
    rate_with_excuses = serializers.FloatField(
        allow_null=True, help_text="met / (met + missed - excused)"
    )


COMPLIANCE = inline_serializer(
    "Compliance",
    {
        "by": serializers.ChoiceField(choices=list(DIMENSIONS)),
        "from": serializers.DateTimeField(),
        "to": serializers.DateTimeField(help_text="Excluded"),
        "at": serializers.DateTimeField(help_text="The instant the figures are told for"),
        "totals": FiguresOut(),
        "results": FiguresOut(many=True),
    },
)


class ComplianceView(ApiView):
    """`/api/v1/sla/compliance/`."""

    @extend_schema(
        operation_id="compliance",
        summary="Promises kept and missed",
        parameters=[ComplianceQuery],
        responses={200: COMPLIANCE, **problems(422)},
    )
    def get(self, request: Request) -> Response:
        """Promises kept and missed in a period (the last 30 days), as far as you may judge."""
        asked = ComplianceQuery.read(request.query_params.dict())
        start, end = period(asked, zone=ZoneInfo(self.user.time_zone), at=self.at)
        found = compliance(self.user, start=start, end=end, by=asked["by"], at=self.at)
        return Response(_told(found))


def period(asked: Mapping[str, Any], *, zone: ZoneInfo, at: datetime) -> tuple[datetime, datetime]:
    """The instants a query means, the second excluded; days are days of `zone`."""
    for name in ("from", "to"):
        if name in asked and not FIRST <= _day(asked[name]) <= LAST:
            raise ValidationError({name: [f"Use a day from {FIRST} to {LAST}."]})
    last = asked.get("to", at.astimezone(zone).date())
    first = asked.get("from", _day(last) - timedelta(days=USUAL_DAYS - 1))
    end = last if isinstance(last, datetime) else _midnight(last + timedelta(days=1), zone)
    start = first if isinstance(first, datetime) else _midnight(first, zone)
    if end < start:
        raise ValidationError({"to": [f"This is before “from” ({start.isoformat()}); swap them."]})
    return start, end


def _day(said: date | datetime) -> date:
    return said.date() if isinstance(said, datetime) else said


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _told(found: Compliance) -> dict[str, Any]:
    return {
        "by": found.by,
        "from": found.start.astimezone(UTC),
        "to": found.end.astimezone(UTC),
        "at": found.at,
        "totals": figures_told(found.totals),
        "results": [figures_told(group) for group in found.groups],
    }


def figures_told(group: Figures) -> dict[str, Any]:
    """The figures of one group as programs read them."""
    return {
        "key": group.key,
        "name": group.name,
        "side": group.side or None,
        "started": group.started,
        "met": group.met,
        "missed": group.missed,
        "excused": group.excused,
        "voided": group.voided,
        "running": group.running,
        "rate": group.rate,
        "rate_with_excuses": group.rate_with_excuses,
    }
