"""A lead that asks for a rep by name: it is theirs, unless somebody in sales has it."""

from datetime import datetime

from django.db import transaction

from accounts import configuration
from accounts.models import User
from accounts.writing import update
from leads import sourcing
from leads.activities import record_activities
from leads.handover import PLACED, missing_for_mql, pass_on
from leads.models import TOUCHPOINTS, Activity, Assignment, Handoff, Lead, Stage
from leads.routing import Route

BOUGHT = (Stage.OPPORTUNITY, Stage.CUSTOMER)


def give(lead: Lead, rep: User, *, why: str, at: datetime) -> Handoff | None:
    """Hand it to this rep, out of turn and with the clocks of any handoff; a lead of sales' own
    that rests is taken up. None where somebody has it already, or it has bought."""
    with transaction.atomic():
        held = Handoff.objects.locked_of(lead)
        now = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
        if held is not None or now.stage in BOUGHT:
            return None
        if sourcing.rests(now):
            return sourcing.take_up(now, by=rep, at=at)
        stamp = configuration.stamp()
        short = missing_for_mql(now, at=at, stamp=stamp)
        now.stage, now.owner, now.pool = Stage.MQL, rep, None
        now.handed_over_at = now.updated_at = at
        update([now], PLACED)
        signs = Activity.objects.filter(lead=now, kind__in=TOUCHPOINTS)
        handoffs, activities = pass_on(
            [now], list(signs.order_by("occurred_at", "id")), by=None, at=at, stamp=stamp,
            override_reason=why if short else "",
            routes=[Route(Assignment.How.ASKED, why, rep_id=rep.pk)],
        )  # fmt: skip
        record_activities(activities, at=at, stamp=stamp)
    return handoffs[0]
