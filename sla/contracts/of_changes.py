"""What a promise about changes of offers can't say: it is about no lead, and passes to nobody."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sla.clocks.alarms import MOVING
from sla.models import ACKNOWLEDGED, PUBLISHED, Action, Side

ASKS_OF_LEADS = ("tiers", "personas", "sources")


def wrong(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Field and remedy for each thing that can't be; nothing for a promise about leads.

    `said` is what a filled-in promise says, by the fields of its form (sla.contracts.forms).
    """
    kept_by = list(said.get("stops_on", []))
    if said.get("starts_on") != PUBLISHED:
        if ACKNOWLEDGED in kept_by:
            yield "stops_on", "Only a change is acknowledged; let it start when one is published."
        return
    if kept_by != [ACKNOWLEDGED]:
        yield "stops_on", "A change is kept by acknowledging it alone; tick that."
    if said.get("side") != Side.SALES:
        yield "side", "Sales is asked to acknowledge; choose sales."
    if (said.get("stops_after") or 1) != 1:
        yield "stops_after", "It is acknowledged once; write 1."
    for name in ASKS_OF_LEADS:
        if said.get(name):
            yield name, "A change is about no lead; leave this empty."
    if said.get("pauses"):
        yield "pauses", "No prospect keeps anybody from reading; leave this empty."


def wrong_steps(steps: Sequence[Mapping[str, Any]]) -> str:
    """Why these steps can't follow; "" when they can."""
    moving = next((step["action"] for step in steps if step["action"] in MOVING), None)
    if moving is None:
        return ""
    return f"“{Action(moving).label}” moves a lead, and a change is about none; take it out."
