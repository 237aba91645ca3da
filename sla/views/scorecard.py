"""The joint scorecard, the leads behind its figures, and leaving a handoff out of them."""

import hashlib
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.http import quote_etag
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import two_signatures
from accounts.deciding import agree_or_drop, sides_or_403
from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.models import Handoff, Lead
from leads.views.access import EVERYBODY, only_for
from sla.figures import exclusions, handoff_time, monthly_counts
from sla.figures.monthly import Measured, Month
from sla.figures.periods import read_periods, run_of, spell_month
from sla.figures.scorecard import scorecard as card_of
from sla.figures.scorecard import zone_of_months
from sla.models import Contract, Counted, Exclusion

SHOWN = 100
OUTCOMES = {
    "": "All",
    "accepted": "Accepted",
    "rejected": "Rejected",
    "undecided": "Undecided",
    "disputed": "Disputed",
    "overturned": "Accepted by a ruling",
    "complete": "Complete",
    "incomplete": "Not complete",
    "out": "Left out",
}


@require_GET
@only_for(*EVERYBODY)
def scorecard(request: SignedInRequest) -> HttpResponse:
    """What both sides promised against what happened; with `wall`, large, for a screen on the
    wall. The figures ask for themselves again every minute."""
    at = database_now()
    wall, asked = "wall" in request.GET, read_periods(request.GET, at=at)
    card = card_of(asked.periods, at=at)
    context: dict[str, Any] = {"at": at, "card": card, "wall": wall, "asked": asked}
    figures = render_to_string(
        "sla/_scorecard_wall.html" if wall else "sla/_scorecard.html", context, request
    )
    if request.htmx:
        etag = quote_etag(hashlib.sha256(figures.encode()).hexdigest()[:20])
        fresh = request.headers.get("If-None-Match") == etag
        answer = HttpResponse(status=304) if fresh else HttpResponse(figures)
        answer["ETag"] = etag
        return answer
    context["figures"] = figures
    context["url"] = request.get_full_path()
    if wall:
        return render(request, "sla/scorecard_wall.html", context)
    context |= {
        "contract": _contract(card.agreement.id) if card.agreement else None,
        "exclusions": _exclusions(request, card.months),
    }
    return render(request, "sla/scorecard.html", context)


def _contract(pk: int) -> Contract:
    signers = two_signatures.SIDES.values()
    return Contract.objects.select_related(*signers).get(pk=pk)


def _exclusions(request: SignedInRequest, months: list[Month]) -> list[dict[str, Any]]:
    """What is left out or should be, with what this person may do about it."""
    found = list(exclusions.between(months[-1].start, months[0].end))
    leads = {each.handoff.lead_id for each in found}
    seen = set(Lead.objects.visible_to(request.user).filter(pk__in=leads).values_list(flat=True))
    sides = two_signatures.sides_of(request.user)
    return [
        {
            "it": each,
            "lead": each.handoff.lead if each.handoff.lead_id in seen else None,
            "may_agree": [] if each.agreed_at else two_signatures.unsigned(each, request.user),
            "may_drop": bool(sides),
        }
        for each in found
    ]


@require_GET
@only_for(*EVERYBODY)
def handoffs(request: SignedInRequest, key: str) -> HttpResponse:
    """The handoffs one figure of a monthly promise counts; by name those one may see."""
    at = database_now()
    month = _month(request.GET, at=at)
    stretches = [m for m in monthly_counts.measured_over([month], at=at) if m.promise.key == key]
    if not stretches:
        raise Http404("No such promise was in force in that month.")
    each = _stretch(stretches, request.GET.get("of", ""))
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in _outcomes(each) else ""
    counted = monthly_counts.handoffs_of(each, outcome)
    mine = handoff_time.visible_to(request.user)
    shown = counted.filter(pk__in=mine.values("pk")).select_related("lead", "owner")
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 15:
        shown = shown.filter(pk__lt=int(after))
    rows = list(shown.order_by("-pk")[: SHOWN + 1])
    for row in rows:
        row.why = row.reason.replace("_", " ")
    context = {
        "at": at,
        "each": each,
        "stretches": stretches if len(stretches) > 1 else [],
        "rows": rows[:SHOWN],
        "next": rows[SHOWN - 1].pk if len(rows) > SHOWN else None,
        "count": counted.count(),
        "outcome": outcome,
        "outcomes": {name: OUTCOMES[name] for name in _outcomes(each)},
        "may_leave_out": bool(two_signatures.sides_of(request.user)),
    }
    return render(request, "sla/scorecard_leads.html", context)


def _outcomes(each: Measured) -> list[str]:
    if each.promise.counted == Counted.COMPLETE:
        return ["", "complete", "incomplete", "out"]
    return ["", "accepted", "rejected", "undecided", "disputed", "overturned", "out"]


def _stretch(stretches: list[Measured], asked: str) -> Measured:
    """The one of a contract version, else the last."""
    return next((m for m in stretches if asked == str(m.versions[-1])), stretches[-1])


def _month(query: QueryDict, *, at: datetime) -> Month:
    """The month an address names, such as 2026-11, or from there until another; without one this
    month."""
    zone, text = zone_of_months(), query.get("month", "")
    first = spell_month(text) if text else at.astimezone(zone).date()
    last = spell_month(query.get("until", "")) if query.get("until") else first
    if first is None or last is None:
        raise Http404("That is not a month; write it as 2026-11.")
    return run_of(first, last, zone=zone)


@require_http_methods(["GET", "POST"])
def leave_out(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask why a handoff should not count; with a reason, ask the other side."""
    sides = _sides(request)
    found = get_object_or_404(
        handoff_time.visible_to(request.user).select_related("lead"), pk=pk
    )  # fmt: skip
    context: dict[str, Any] = {"at": database_now(), "handoff": found, "sides": sides}
    if request.method == "GET":
        return render(request, "sla/leave_out.html", context)
    reason, side = request.POST.get("reason", ""), request.POST.get("side", sides[0])
    try:
        exclusions.ask(found, side, reason=reason, by=request.user, at=context["at"])
    except Refused as refused:
        context |= {"error": refused.message, "reason": reason}
        return render(request, "sla/leave_out.html", context, status=refused.status)
    other = two_signatures.OTHER[side]
    messages.success(request, f"Asked. It counts until a manager of {other} agrees.")
    return redirect("scorecard")


@require_POST
def decide(request: SignedInRequest, pk: int) -> HttpResponse:
    """Agree that a handoff is left out, or let it count."""
    _sides(request)
    found = get_object_or_404(Handoff, pk=pk)
    at, by = database_now(), request.user

    def agree(made: Exclusion, side: str) -> str:
        exclusions.agree(made, side, by=by, at=at)
        return "It is left out from now on."

    def drop(made: Exclusion) -> str:
        exclusions.drop(made, by=by, at=at)
        return "The handoff counts."

    made = Exclusion.objects.filter(handoff=found, dropped_at=None).first()
    gone = "That was refused or taken back meanwhile; the handoff counts."
    agree_or_drop(request, made, gone=gone, agree=agree, drop=drop)
    return redirect("scorecard")


def _sides(request: SignedInRequest) -> list[str]:
    return sides_or_403(request, "A handoff is left out by managers of marketing and of sales.")
