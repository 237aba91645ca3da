"""Today: what each role should look at first, and where to go from there."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.instants import database_now
from accounts.models import Role, User
from accounts.requests import SignedInRequest
from leads import deadlines
from leads.campaign_results import spark, trend
from leads.models import Campaign, Deal, Handoff, Lead, Return, Stage
from personas.models import OfferChange

LINES = 6
LATELY = timedelta(days=30)
SOON = timedelta(hours=1)
WEEKS = 12
WON = (Stage.CUSTOMER,)


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """The page after sign-in."""
    user, at = request.user, database_now()
    context: dict[str, Any] = {"at": at}
    if user.role in (Role.MARKETER, Role.MARKETING_MANAGER, Role.ADMIN):
        context["marketing"] = _marketing(user, at)
    if user.is_manager:
        context["disputed"] = Return.objects.visible_to(user).disputed().count()
    if user.is_sales:
        context["to_acknowledge"] = OfferChange.objects.to_acknowledge_by(user).count()
    if user.role == Role.SALES_REP:
        context["queue"] = _queue(user, at)
    if user.role in (Role.SALES_MANAGER, Role.ADMIN):
        context["sales"] = _sales(user, at)
    return render(request, "leads/home.html", context)


def _marketing(user: User, at: datetime) -> dict[str, Any]:
    """What became of the leads, what waits for marketing, and how campaigns do."""
    leads = Lead.objects.visible_to(user)
    mine = leads.filter(captured_by=user).select_related("owner", "campaign", "pool")
    captures = list(mine[:LINES]) if user.role == Role.MARKETER else []
    newest = leads.select_related("owner", "campaign", "pool")
    clocks = Prefetch("handoff__clocks", queryset=deadlines.clocks(ended=False))
    returns = Return.objects.answerable_by(user).waiting()
    shown = list(
        returns.select_related("handoff__lead", "returned_by").prefetch_related(clocks)[:LINES]
    )
    ready = Lead.objects.to_hand_over_by(user).ready_to_hand_over()
    campaigns = list(Campaign.objects.visible_to(user))
    weeks = trend(campaigns, at=at, time_zone=user.time_zone, weeks=WEEKS)
    return {
        "figures": _figures(leads, user, at),
        # Who enters nobody by hand still wants to know what the forms bring.
        "are_mine": bool(captures),
        "captures": captures or list(newest[:LINES]),
        "ready_count": ready.count(),
        "ready": list(ready.select_related("campaign")[:LINES]),
        "returns_count": returns.count(),
        "returns": [(each, deadlines.next_clock(each.handoff, side="marketing")) for each in shown],
        "campaigns": campaigns,
        "weeks": weeks,
        "spark": spark(weeks),
    }


def _figures(leads: Any, user: User, at: datetime) -> dict[str, int]:
    """How far the leads of the last 30 days came."""
    came_back = Exists(Return.objects.filter(handoff__lead=OuterRef("pk")))
    handed_over = Exists(Handoff.objects.filter(lead=OuterRef("pk")))
    accepted = Exists(Handoff.objects.filter(lead=OuterRef("pk"), accepted_at__isnull=False))
    found: dict[str, int] = (
        leads.filter(created_at__gte=at - LATELY)
        .order_by()
        .aggregate(
            captured=Count("pk"),
            mine=Count("pk", filter=Q(captured_by=user)),
            handed_over=Count("pk", filter=Q(handed_over)),
            accepted=Count("pk", filter=Q(accepted)),
            came_back=Count("pk", filter=Q(came_back)),
            won=Count("pk", filter=Q(stage__in=WON)),
        )
    )
    return found


def _queue(user: User, at: datetime) -> dict[str, Any]:
    """A rep's queue in figures, and the next deadlines of it."""
    handoffs = Handoff.objects.queue_for(user)
    next_up = deadlines.with_clocks(handoffs.select_related("lead__persona"))[:LINES]
    return {
        "figures": _deadlines(handoffs, at),
        "rows": [_line(each) for each in next_up],
        "deals": Deal.objects.open().filter(owner=user).count(),
    }


def _line(handoff: Handoff) -> tuple[Handoff, Any, str]:
    """A handoff, its next clock, and that clock's promise in the queue's words."""
    clock = deadlines.next_clock(handoff)
    return handoff, clock, deadlines.label(clock) if clock else ""


def _sales(user: User, at: datetime) -> dict[str, Any]:
    """What is at risk now in sales, worst first."""
    handoffs = Handoff.objects.workable_by(user).open()
    risky = handoffs.filter(lead__respond_by__lt=at + SOON).order_by("lead__respond_by", "pk")
    shown = deadlines.with_clocks(risky.select_related("lead", "owner", "pool"))[:LINES]
    return {
        "figures": _deadlines(handoffs, at),
        "unassigned": Handoff.objects.workable_by(user).unassigned().count(),
        "rows": [_line(each) for each in shown],
    }


def _deadlines(handoffs: Any, at: datetime) -> dict[str, int]:
    found: dict[str, int] = handoffs.order_by().aggregate(
        open=Count("pk"),
        to_accept=Count("pk", filter=Q(state=Handoff.State.OFFERED)),
        overdue=Count("pk", filter=Q(lead__respond_by__lt=at)),
        soon=Count("pk", filter=Q(lead__respond_by__gte=at, lead__respond_by__lt=at + SOON)),
    )
    return found
