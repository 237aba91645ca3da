"""What merging two leads would make of them, in words, before anything is done."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from accounts import configuration
from accounts.refusals import Refused
from leads import scoring
from leads.capture import REMEMBERED, signs_of
from leads.merge_choices import Choice, choices_of, read
from leads.merging import ORDER, fill
from leads.models import TOUCHPOINTS, Activity, Deal, Handoff, Lead, Stage


@dataclass(frozen=True, slots=True)
class Preview:
    """The survivor's details as they would be, and what else would happen."""

    choices: list[Choice]
    lines: list[str]


def preview(survivor: Lead, other: Lead, chosen: Mapping[str, str], *, at: datetime) -> Preview:
    """What `merge` would do with these choices."""
    handoffs = list(
        Handoff.objects.filter(lead__in=(survivor, other)).open().select_related("owner", "pool")
    )
    kept = next((h for h in handoffs if h.lead_id == survivor.pk), None)
    ending = next((h for h in handoffs if h.lead_id == other.pk), None)
    lines = [_comes_along(other), _score(survivor, other, chosen, at=at)]
    if kept and ending:
        who = ending.owner or ending.pool or "sales"
        lines.append(f"The other’s handoff to {who} ends; its running clocks end unjudged.")
    elif ending:
        who = ending.owner or ending.pool or "sales"
        lines.append(f"The handoff to {who} goes on, and so do its clocks.")
    further = max((survivor, other), key=lambda lead: ORDER.index(Stage(lead.stage)))
    if further is other and other.stage != survivor.stage:
        lines.append(f"The stage becomes {Stage(other.stage).label}.")
    lines.append(f"Lead {other.pk} is no more; its page and its e-mail address lead to this one.")
    return Preview(choices_of(survivor, other, chosen), lines)


def _comes_along(other: Lead) -> str:
    counts = (
        (Activity.objects.filter(lead=other).count(), "activity", "activities"),
        (Handoff.objects.filter(lead=other).count(), "handoff", "handoffs"),
        (Deal.objects.of(other).count(), "deal", "deals"),
    )
    said = [f"{n} {one if n == 1 else many}" for n, one, many in counts if n]
    return f"What comes along from the other: {', '.join(said) or 'nothing'}."


def _score(survivor: Lead, other: Lead, chosen: Mapping[str, str], *, at: datetime) -> str:
    merged = copy(survivor)
    try:
        fill(merged, other, read(chosen))
    except Refused as refused:
        return str(refused)
    signs = Activity.objects.filter(
        lead__in=(survivor, other), kind__in=TOUCHPOINTS, occurred_at__gte=at - REMEMBERED
    )
    found = scoring.score(
        merged.values(), signs_of(signs), at=at, stamp=configuration.stamp()
    ).total
    if found == survivor.score:
        return f"The score stays {found}."
    return f"The score by what is known of both: about {found}, now {survivor.score}."
