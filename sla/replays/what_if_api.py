"""What if the agreement were another one, as programs ask it."""

from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema, extend_schema_serializer, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.bodies import Strict
from accounts.endpoints import ApiView
from accounts.openapi import BODY, problems
from accounts.refusals import NotAllowed
from sla.api import FiguresOut, figures_told
from sla.replays.draft import HIGHEST_SCORE, MOST_REPS, draft_of
from sla.replays.draft_form import MOST_DAYS, TYPED, USUAL_DAYS
from sla.replays.load import Share
from sla.replays.queueing import ENOUGH, Line
from sla.replays.recorded import Replayed
from sla.replays.what_if import OUTCOMES, SHOWN, ChangedLead, Pair, WhatIf, since, what_if


class WhatIfBody(Strict[Any]):
    """A draft; whatever is not named is as it was."""

    days = serializers.IntegerField(
        min_value=1, max_value=MOST_DAYS, default=USUAL_DAYS,
        help_text="So many days back, today included; days of your time zone",
    )  # fmt: skip
    targets = serializers.DictField(
        child=serializers.CharField(max_length=TYPED, allow_blank=True), required=False,
        help_text="Working time by term: {“accept_hot”: “30 min”}",
    )  # fmt: skip
    hours = serializers.DictField(
        child=serializers.CharField(max_length=TYPED, allow_blank=True), required=False,
        help_text="By team: a calendar, “24/7”, or hours of Monday to Friday, “08:00-18:00”",
    )  # fmt: skip
    threshold = serializers.IntegerField(
        min_value=0, max_value=HIGHEST_SCORE, required=False, allow_null=True,
        help_text="The least score of an MQL",
    )  # fmt: skip
    reps = serializers.IntegerField(
        min_value=1, max_value=MOST_REPS, required=False, allow_null=True,
        help_text="Of all of sales",
    )  # fmt: skip
    pools = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_REPS), required=False,
        help_text="Reps by pool",
    )  # fmt: skip
    contract = serializers.BooleanField(
        default=False,
        help_text="Under the promises of the draft contract: filters, order, hours, attempts,"
        " pauses and targets",
    )  # fmt: skip


@extend_schema_serializer(component_name="BeforeAndAfter")
class PairOut(serializers.Serializer[Any]):
    """One group of clocks as it was, and under the draft."""

    key = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    before = FiguresOut()
    after = FiguresOut()
    difference = serializers.FloatField(allow_null=True, help_text="Of the rates; null: none")
    fate = serializers.CharField(
        help_text="“new” with the draft contract, “dropped” by it; else empty"
    )


@extend_schema_serializer(component_name="ShareOfWork")
class ShareOut(serializers.Serializer[Any]):
    """Handoffs and the reps who share them, before and after."""

    pool = serializers.CharField(allow_null=True, help_text="null: all of sales")
    name = serializers.CharField()
    handoffs = serializers.IntegerField()
    handoffs_after = serializers.IntegerField()
    removed = serializers.IntegerField(help_text="Below the draft's score")
    added = serializers.IntegerField(help_text="Not handed over, and an MQL under the draft")
    a_week = serializers.FloatField()
    a_week_after = serializers.FloatField()
    reps = serializers.IntegerField()
    reps_after = serializers.IntegerField()
    each_a_week = serializers.FloatField(allow_null=True, help_text="For each rep")
    each_a_week_after = serializers.FloatField(allow_null=True)


class LineOut(serializers.Serializer[Any]):
    """First contacts of a pool by a model: one line, first come, first served; each takes the mean
    time between two first contacts of one rep while the second lead waited."""

    pool = serializers.CharField()
    name = serializers.CharField()
    reps = serializers.IntegerField()
    reps_after = serializers.IntegerField()
    contact_seconds = serializers.IntegerField(
        allow_null=True, help_text=f"Working seconds; null: from fewer than {ENOUGH} contacts"
    )
    judged = serializers.IntegerField(help_text="Promises of a first contact, met or missed")
    kept = serializers.FloatField(allow_null=True, help_text="The share on record")
    kept_by_model = serializers.FloatField(allow_null=True, help_text="With the reps there are")
    kept_by_model_after = serializers.FloatField(allow_null=True)


SAID = f"One of {', '.join(OUTCOMES)}"
CHANGED_CLOCK = inline_serializer(
    "ChangedClock",
    {
        "term": serializers.CharField(),
        "under": serializers.CharField(help_text="The promise it is judged by under the draft"),
        "before": serializers.CharField(help_text=SAID),
        "after": serializers.CharField(
            allow_null=True, help_text=f"{SAID}; null: it would not have been handed over"
        ),
        "due_at": serializers.DateTimeField(allow_null=True, help_text="Under the draft"),
    },
    many=True,
)
CHANGED_LEAD = inline_serializer(
    "ChangedLead",
    {"lead": serializers.IntegerField(), "name": serializers.CharField(), "clocks": CHANGED_CLOCK},
    many=True,
)
WHAT_IF = inline_serializer(
    "WhatIf",
    {
        "from": serializers.DateTimeField(),
        "at": serializers.DateTimeField(help_text="The instant the figures are told for"),
        "draft": serializers.ListField(
            child=serializers.CharField(), help_text="What is different, in words"
        ),
        "totals": PairOut(),
        "terms": PairOut(many=True),
        "reps": PairOut(many=True),
        "load": ShareOut(),
        "pools": ShareOut(many=True),
        "lines": LineOut(many=True, help_text="Of the pools for which `pools` names reps"),
        "waiting": serializers.IntegerField(
            help_text="Leads more that marketing would have had to hand over itself"
        ),
        "changed_leads": serializers.IntegerField(),
        "changed_clocks": serializers.IntegerField(),
        "changed": CHANGED_LEAD,
    },
)


class WhatIfView(ApiView):
    """`/api/v1/sla/what-if/`."""

    @extend_schema(
        operation_id="what_if",
        summary="The past under a draft of the agreement",
        request=WhatIfBody,
        responses={200: WHAT_IF, **problems(*BODY)},
        description=(
            "Replay the last days under a draft: other targets, working hours, MQL score or number"
            " of reps; or under all that the draft contract promises. Nothing is saved. For"
            " managers and admins. Answers keep their instants;"
            " leads that a lower score adds are counted as work and not judged; the number of reps"
            " changes no outcome, a model of the line tells of it in `lines`."
            f" `changed` has the newest {SHOWN} leads."
        ),
    )
    def post(self, request: Request) -> Response:
        """Before and after, by term and by rep, the load, and the leads that changed."""
        if not self.user.is_manager:
            raise NotAllowed("Only managers and admins may ask what another agreement would do.")
        asked = WhatIfBody.read(self.body)
        draft = draft_of(
            targets=asked.get("targets"),
            hours=asked.get("hours"),
            threshold=_text(asked.get("threshold")),
            reps=_text(asked.get("reps")),
            pools={pool: str(n) for pool, n in asked.get("pools", {}).items()},
            contract=asked["contract"],
            at=self.at,
        )
        start = since(asked["days"], zone=ZoneInfo(self.user.time_zone), at=self.at)
        return Response(_told(what_if(draft, start=start, at=self.at)))


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _told(found: WhatIf) -> dict[str, Any]:
    return {
        "from": found.start,
        "at": found.at,
        "draft": found.draft.said,
        "totals": _pair(found.totals),
        "terms": [_pair(pair) for pair in found.terms],
        "reps": [_pair(pair) for pair in found.reps],
        "load": _share(found.load.total),
        "pools": [_share(share) for share in found.load.pools],
        "lines": [_line(line) for line in found.lines],
        "waiting": found.load.waiting,
        "changed_leads": found.changed_leads,
        "changed_clocks": found.changed_clocks,
        "changed": [_lead(each) for each in found.changed],
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "key": pair.before.key,
        "name": pair.before.name,
        "before": figures_told(pair.before),
        "after": figures_told(pair.after),
        "difference": pair.difference,
        "fate": pair.fate,
    }


def _share(share: Share) -> dict[str, Any]:
    return {
        "pool": share.slug or None,
        "name": share.name,
        "handoffs": share.handoffs,
        "handoffs_after": share.after,
        "removed": share.removed,
        "added": share.added,
        "a_week": share.a_week[0],
        "a_week_after": share.a_week[1],
        "reps": share.reps,
        "reps_after": share.reps_after,
        "each_a_week": share.each[0],
        "each_a_week_after": share.each[1],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "pool": line.slug,
        "name": line.name,
        "reps": line.reps,
        "reps_after": line.reps_after,
        "contact_seconds": line.handling,
        "judged": line.judged,
        "kept": line.recorded,
        "kept_by_model": line.now,
        "kept_by_model_after": line.after,
    }


def _lead(each: ChangedLead) -> dict[str, Any]:
    clocks = [_clock(clock) for clock in each.clocks]
    return {"lead": each.lead.pk, "name": each.lead.name, "clocks": clocks}


def _clock(each: Replayed) -> dict[str, Any]:
    return {
        "term": each.term.key,
        "under": (each.under or each.term).key,
        "before": each.before.outcome if each.before else None,
        "after": each.after.outcome if each.after else None,
        "due_at": each.after.due_at if each.after else None,
    }
