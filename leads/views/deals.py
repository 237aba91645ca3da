"""Deals: the list, and closing one."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.forms_sales import CloseForm
from leads.models import Deal, Lead, Stage
from leads.views.answers import fill_in, posted

PAGE = 50
WAITING = 20


@require_GET
def deal_list(request: SignedInRequest) -> HttpResponse:
    """Open, won and lost deals of the leads this person may see, newest first."""
    state = request.GET.get("state", Deal.State.OPEN)
    state = state if state in Deal.State.values else Deal.State.OPEN
    visible = Deal.objects.visible_to(request.user)
    related = ("lead__persona", "owner", "offer")
    deals = visible.filter(state=state).select_related(*related).order_by("-id")
    deals = deals.with_rights(request.user).annotate(others=Count("contacts"))
    cursor = request.GET.get("cursor", "")
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        deals = deals.filter(pk__lt=int(cursor))
    found = list(deals[: PAGE + 1])
    context = {
        "at": database_now(),
        "deals": found[:PAGE],
        "next_cursor": found[PAGE - 1].pk if len(found) > PAGE else None,
        "state": state,
        "tabs": _tabs(visible, state),
        "waiting": _waiting(request.user) if state == Deal.State.OPEN else [],
        "ends": [("won", "Won"), ("lost", "Lost")],
        "here": reverse("deal-list"),
    }
    return render(request, "leads/deals.html", context)


def _waiting(user: User) -> list[Lead]:
    """Qualified leads of this person's that have no deal yet, the longest waiting on top."""
    leads = Lead.objects.workable_by(user).filter(stage=Stage.SQL)
    return list(leads.select_related("persona", "owner").order_by("handed_over_at", "pk")[:WAITING])


def _tabs(visible: Any, current: str) -> list[dict[str, Any]]:
    figures: dict[str, dict[str, Any]] = {}
    rows = visible.order_by().values("state", "currency")
    for row in rows.annotate(count=Count("id"), sum=Sum("amount")):
        tab = figures.setdefault(row["state"], {"count": 0, "sums": []})
        tab["count"] += row["count"]
        tab["sums"].append({"amount": row["sum"], "currency": row["currency"]})
    nothing: dict[str, Any] = {"count": 0, "sums": []}
    return [
        {"state": s.value, "label": s.label, "current": s == current, **figures.get(s, nothing)}
        for s in Deal.State
    ]


@require_http_methods(["GET", "POST"])
def close(request: SignedInRequest, pk: int) -> HttpResponse:
    """Win or lose a deal, and say why."""
    visible = Deal.objects.visible_to(request.user).select_related("lead", "handoff")
    deal = get_object_or_404(visible, pk=pk)
    if not Lead.objects.workable_by(request.user).filter(pk=deal.lead_id).exists():
        raise PermissionDenied("Closing a deal is for those who work it.")
    state = (request.POST if request.method == "POST" else request.GET).get("state", "")
    won = state == Deal.State.WON
    form = CloseForm(posted(request), state=state)

    def deed(at: datetime) -> str:
        if state not in (Deal.State.WON, Deal.State.LOST):
            raise Refused(f"“{state}” is not an end of a deal; use won or lost.")
        deal.close(state, by=request.user, reason=form.sentence, at=at)
        return f"“{deal.name}” is {deal.get_state_display().lower()}."

    return fill_in(
        request, deal.lead, form, deed,
        title=f"{'Won' if won else 'Lost'}: {deal.name}", state=state,
        submit="Save as won" if won else "Save as lost", danger=not won,
        intro="Both teams learn from the reason.",
    )  # fmt: skip
