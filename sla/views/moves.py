"""Deadlines that a change would move, as a page lists them before anything is saved."""

from typing import Any

from accounts.models import User
from leads.models import Lead
from sla.clocks.rebasing import Move, Plan

SHOWN = 50  # moves listed before the rest is only counted


def told(plan: Plan, user: User) -> list[dict[str, Any]]:
    """The first moves of a plan, and whether this person may see what each clock runs on."""
    shown: list[Move] = plan.moved[:SHOWN]
    ids = [move.clock.lead_id for move in shown if move.clock.lead_id is not None]
    leads = Lead.objects.visible_to(user).filter(pk__in=ids)
    seen = {None, *leads.values_list("pk", flat=True)}
    late = {move.clock.pk for move in plan.overdue}
    return [
        {
            "move": m,
            "seen": m.clock.lead_id in seen,
            "overdue": m.clock.pk in late,
        }
        for m in shown
    ]
