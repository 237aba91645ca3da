"""Score many leads again; only rows that change are written."""

from collections import defaultdict
from datetime import datetime

from accounts import configuration
from accounts.writing import update
from leads import scoring
from leads.capture import REMEMBERED, signs_of
from leads.models import TOUCHPOINTS, Activity, Lead, Stage

BATCH = 1000
FIELDS = (
    "persona", "score", "fit", "engagement", "score_reasons", "score_version", "tier", "scored_at",
)  # fmt: skip


def rescore(*, at: datetime) -> int:
    """Rescore leads that are neither customers nor disqualified; returns how many changed.

    Never hands over: a score that only fades can't reach a threshold, and a change of the
    rules is for people to act on.
    """
    stamp = configuration.stamp()
    changed = last = 0
    open_leads = Lead.objects.exclude(stage__in=[Stage.CUSTOMER, Stage.DISQUALIFIED])
    while batch := list(open_leads.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        signs: dict[int, list[Activity]] = defaultdict(list)
        for activity in Activity.objects.filter(
            lead__in=batch, kind__in=TOUCHPOINTS, occurred_at__gte=at - REMEMBERED
        ):
            signs[activity.lead_id].append(activity)
        moved = []
        for lead in batch:
            before = (lead.score, lead.tier, lead.persona_id, lead.score_reasons)
            result = scoring.score(lead.values(), signs_of(signs[lead.pk]), at=at, stamp=stamp)
            scoring.apply(lead, result, at=at)
            if before != (lead.score, lead.tier, lead.persona_id, lead.score_reasons):
                moved.append(lead)
        update(moved, FIELDS)
        changed += len(moved)
    return changed
