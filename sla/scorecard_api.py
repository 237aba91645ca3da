"""The joint scorecard, as programs read it."""

from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.bodies import Strict
from accounts.endpoints import ApiView
from accounts.models import Role
from accounts.openapi import problems
from accounts.refusals import NotAllowed
from sla.api import FiguresOut, figures_told
from sla.figures.monthly import Measured, Month
from sla.figures.periods import read_periods
from sla.figures.returned import FATES, Returned
from sla.figures.scorecard import Scorecard, scorecard
from sla.models import Contract, Counted, Side

MONTH = r"^\d{4}-\d{2}$"


class ScorecardQuery(Strict[Any]):
    """Which periods: this month and the five before, quarters, or one of your own."""

    by = serializers.ChoiceField(choices=["month", "quarter"], required=False, default="month")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's, so it can't stand in the class."""
        words = "A month such as 2026-11; with it all months are one period."
        return {
            "from": serializers.RegexField(MONTH, required=False, default="", help_text=words),
            "to": serializers.RegexField(MONTH, required=False, default="", help_text="Included."),
            **super().get_fields(),
        }


class PeriodOut(serializers.Serializer[Any]):
    """One period of the card, in whole months of marketing's zone."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "name": serializers.CharField(),
            "from": serializers.DateTimeField(),
            "to": serializers.DateTimeField(help_text="Excluded"),
            **super().get_fields(),
        }


@extend_schema_serializer(component_name="MeasuredPromise")
class MeasuredOut(PeriodOut):
    """A monthly promise over one period, or the part of it in which it was the same."""

    versions = serializers.ListField(child=serializers.IntegerField(), help_text="Of the contract")
    target = serializers.IntegerField(help_text="Leads, or percent")
    value = serializers.IntegerField(allow_null=True, help_text="Null: nothing was handed over")
    without_rulings = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(
        choices=["kept", "missed", "undecided", "nothing", "on course", "behind", "begins"]
    )
    pace = serializers.IntegerField(allow_null=True)
    forecast = serializers.IntegerField(allow_null=True)
    accepted = serializers.IntegerField(help_text="Those ruled so included")
    overturned = serializers.IntegerField(help_text="Of the accepted: ruled so by both managers")
    rejected = serializers.IntegerField()
    disputed = serializers.IntegerField(help_text="Rejected until both managers rule")
    undecided = serializers.IntegerField()
    complete = serializers.IntegerField(help_text="Complete packets")
    left_out = serializers.IntegerField(help_text="Of which both sides agreed")


@extend_schema_serializer(component_name="MonthlyPromise")
class MonthlyOut(serializers.Serializer[Any]):
    """What marketing promises by the month."""

    key = serializers.CharField()
    name = serializers.CharField()
    counted = serializers.ChoiceField(choices=Counted.choices)
    measured = MeasuredOut(many=True)


@extend_schema_serializer(component_name="TermFigures")
class TermOut(serializers.Serializer[Any]):
    """A promise with a clock: its clocks of each period, in the order of `periods`."""

    key = serializers.CharField()
    name = serializers.CharField()
    side = serializers.ChoiceField(choices=Side.choices)
    target_seconds = serializers.IntegerField(help_text="Working seconds")
    promised_until = serializers.DateTimeField(
        allow_null=True, help_text="When it was dropped or ended; null: it is promised now"
    )
    figures = FiguresOut(many=True)


@extend_schema_serializer(component_name="ReturnFigures")
class ReturnedOut(PeriodOut):
    """What came back of the leads handed over in one period; each counted once."""

    all = serializers.IntegerField()
    waiting = serializers.IntegerField()
    accepted = serializers.IntegerField(help_text="Marketing agreed")
    fixed = serializers.IntegerField()
    disputed = serializers.IntegerField()
    stands = serializers.IntegerField()
    overturned = serializers.IntegerField()


@extend_schema_serializer(component_name="Scorecard")
class ScorecardOut(serializers.Serializer[Any]):
    """Both sides' promises against what happened; periods newest first."""

    at = serializers.DateTimeField()
    contract_version = serializers.IntegerField(allow_null=True)
    periods = PeriodOut(many=True)
    monthly = MonthlyOut(many=True)
    terms = TermOut(many=True)
    returns = ReturnedOut(many=True)


class ScorecardView(ApiView):
    """`/api/v1/sla/scorecard/`."""

    @extend_schema(
        operation_id="scorecard",
        summary="The joint scorecard",
        parameters=[ScorecardQuery],
        responses={200: ScorecardOut, **problems(422)},
    )
    def get(self, request: Request) -> Response:
        """What both sides promised against what happened, by month, by quarter or in months of
        your own; the same for everybody of both teams."""
        if self.user.role == Role.NONE:
            raise NotAllowed("The scorecard is for members of a team.", code="no_team")
        asked = read_periods(ScorecardQuery.read(request.query_params.dict()), at=self.at)
        if asked.wrong:
            raise ValidationError({"from": [asked.wrong]})
        return Response(_told(scorecard(asked.periods, at=self.at)))


def _told(card: Scorecard) -> dict[str, Any]:
    found = Contract.objects.filter(pk=card.agreement.id).first() if card.agreement else None
    lines = [line for lines in card.terms.values() for line in lines]
    return {
        "at": card.at,
        "contract_version": found.version if found else None,
        "periods": [_period(period) for period in card.months],
        "monthly": [
            {"key": line.key, "name": line.name, "counted": line.all[0].promise.counted,
             "measured": [_measured(each) for each in line.all]}
            for line in card.monthly
        ],
        "terms": [
            {"key": line.term.key, "name": line.term.name, "side": line.term.side,
             "target_seconds": line.term.target_seconds,
             "promised_until": line.until and line.until.astimezone(UTC),
             "figures": [figures_told(f) for f in (line.now, *(f for _, f in line.past))]}
            for line in lines
        ],
        "returns": [_returned(each) for each in card.returned],
    }  # fmt: skip


def _period(period: Month) -> dict[str, Any]:
    return {
        "name": str(period),
        "from": period.start.astimezone(UTC),
        "to": period.end.astimezone(UTC),
    }


def _measured(each: Measured) -> dict[str, Any]:
    return {
        **_period(each.month),
        "from": each.start.astimezone(UTC),
        "to": each.end.astimezone(UTC),
        "versions": list(each.versions),
        "target": each.target,
        "value": each.value,
        "without_rulings": each.raw,
        "state": each.state,
        "pace": each.pace,
        "forecast": each.forecast,
        "rejected": each.of("rejected"),
        **{
            name: getattr(each, name)
            for name in ("accepted", "overturned", "disputed", "undecided", "complete", "left_out")
        },
    }


def _returned(each: Returned) -> dict[str, Any]:
    return {**_period(each.month), "all": each.all, **{name: each.fates[name] for name in FATES}}
