"""Deadlines that a change would move, as a page lists them before anything is saved."""

from typing import Any

from accounts.models import User
from leads.models import Lead
from sla.clocks.rebasing import Move, Plan

SHOWN = 50  # moves listed before the rest is only counted


def told(plan: Plan, user: User) -> list[dict[str, Any]]:
    """The first moves of a plan with their leads, where this person may see them."""
    shown: list[Move] = plan.moved[:SHOWN]
    leads = Lead.objects.visible_to(user).in_bulk([move.clock.lead_id for move in shown])
    late = {move.clock.pk for move in plan.overdue}
    return [
        {"move": m, "lead": leads.get(m.clock.lead_id), "overdue": m.clock.pk in late}
        for m in shown
    ]
