"""Disputed returns and how the managers ruled: everybody concerned reads it, managers decide."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import two_signatures
from accounts.deciding import agree_or_drop, sides_or_403
from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Conflict
from accounts.requests import SignedInRequest
from leads import deadlines, rulings
from leads.models import Lead, Return, Ruling
from leads.return_forms import RulingForm
from leads.views.access import EVERYBODY, only_for

PAGE = 30
# What of the returns is shown, by its name in the address.
SHOWS: dict[str, tuple[str, Q]] = {
    "disputed": ("Disputed", Q(answer=Return.Answer.DISPUTED, ruling="")),
    "ruled": ("Ruled", ~Q(ruling="")),
    "all": ("All returns", Q()),
    "stands": ("The return stands", Q(ruling=Return.Ruled.STANDS)),
    "overturned": ("Sales should have taken it", Q(ruling=Return.Ruled.OVERTURNED)),
    "waiting": ("Not answered yet", Q(answered_at=None)),
    "accepted": ("Marketing agreed", Q(answer=Return.Answer.ACCEPTED)),
    "fixed": ("Fixed and sent again", Q(answer=Return.Answer.FIXED)),
}
TABS = ("disputed", "ruled", "all")


@dataclass(slots=True)
class Row:
    """A return, what was said about it, and what this person may do."""

    it: Return
    lead: Lead | None
    clock: Any = None
    proposal: Ruling | None = None
    ruling: Ruling | None = None
    declined: list[Ruling] = field(default_factory=list)
    # For which sides one may propose, and agree to what is proposed.
    sides: list[str] = field(default_factory=list)
    may_agree: list[str] = field(default_factory=list)
    may_drop: bool = False
    left: str = ""
    form: RulingForm | None = None


@require_safe
@only_for(*EVERYBODY)
def ruling_list(request: SignedInRequest) -> HttpResponse:
    """Disputed returns, the longest waiting on top; or those that were ruled on, or all."""
    return _page(request, at=database_now())


@require_POST
@only_for(*EVERYBODY)
def ruling_propose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Propose how to rule."""
    returned, at = _returned(request, pk), database_now()
    mine, side = _sides(request), request.POST.get("side", "")
    side = side if side in mine else mine[0]
    form = RulingForm(request.POST, auto_id=f"r{pk}_%s")
    if not form.is_valid():
        return _page(request, at=at, wrong=(pk, form), status=422)
    try:
        rulings.propose(returned, side=side, by=request.user, at=at, **form.cleaned_data)
    except Conflict as conflict:
        messages.error(request, conflict.message)
        return _page(request, at=at, wrong=(pk, form), status=conflict.status)
    other = two_signatures.OTHER[side]
    messages.success(request, f"Proposed. It is ruled once a manager of {other} agrees.")
    return redirect("rulings")


@require_POST
@only_for(*EVERYBODY)
def ruling_decide(request: SignedInRequest, pk: int) -> HttpResponse:
    """Agree to what the other side proposed, or decline it."""
    returned = _returned(request, pk)
    _sides(request)
    at, by = database_now(), request.user
    # What was read is what is decided about, not what somebody proposed since.
    number = request.POST.get("ruling", "")
    asked = int(number) if number.isascii() and number.isdigit() and len(number) < 15 else 0

    def agree(made: Ruling, side: str) -> str:
        rulings.agree(made, side, by=by, at=at)
        return f"Ruled: {made.get_outcome_display().lower()}."

    def decline(made: Ruling) -> str:
        rulings.decline(made, by=by, at=at)
        return "Declined: the return stays disputed."

    made = Ruling.objects.filter(returned=returned, pk=asked).first()
    gone = "Nothing is proposed for this return; look again."
    agree_or_drop(request, made, gone=gone, agree=agree, drop=decline)
    return redirect("rulings")


def _sides(request: SignedInRequest) -> list[str]:
    return sides_or_403(request, "A manager of marketing and one of sales rule on returns.")


def _returned(request: SignedInRequest, pk: int) -> Return:
    mine = Return.objects.visible_to(request.user).select_related("handoff__lead")
    return get_object_or_404(mine, pk=pk)


def _page(
    request: SignedInRequest,
    *,
    at: datetime,
    wrong: tuple[int, RulingForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    show = request.GET.get("show", "disputed")
    show = show if show in SHOWS else "disputed"
    mine, period = _of_period(Return.objects.visible_to(request.user), request)
    found = mine.filter(SHOWS[show][1])
    after = request.GET.get("after", "")
    # Who has waited longest comes first; what is over, the newest first.
    first = "answered_at" if show == "disputed" else "-pk"
    if show != "disputed" and after.isascii() and after.isdigit() and len(after) < 15:
        found = found.filter(pk__lt=int(after))
    related = found.select_related(
        "handoff__lead", "handoff__owner", "returned_by", "answered_by"
    ).prefetch_related(
        "rulings__proposed_by", "rulings__signed_for_marketing_by", "rulings__signed_for_sales_by",
        "rulings__dropped_by",
    )  # fmt: skip
    shown = list(related.order_by(first, "pk")[: PAGE + 1])
    context = {
        "at": at,
        "show": show,
        "shown": SHOWS[show][0],
        "tabs": [(name, SHOWS[name][0]) for name in TABS],
        "counts": _counts(mine),
        "period": period,
        "rows": _rows(shown[:PAGE], request.user, wrong),
        "next": shown[PAGE - 1].pk if len(shown) > PAGE else None,
    }
    return render(request, "leads/rulings.html", context, status=status)


def _of_period(
    found: QuerySet[Return], request: SignedInRequest
) -> tuple[QuerySet[Return], tuple[datetime, datetime] | None]:
    """Those of handoffs of a period, `since` and `until` (exclusive), as the scorecard asks."""
    try:
        since, until = (datetime.fromisoformat(request.GET[name]) for name in ("since", "until"))
        if since.tzinfo is None or until.tzinfo is None:
            return found, None
        if not 2000 <= min(since, until).year <= max(since, until).year <= 9000:
            return found, None  # no other clock shows the ends of the calendar
    except (KeyError, ValueError):
        return found, None
    of = found.filter(handoff__handed_over_at__gte=since, handoff__handed_over_at__lt=until)
    return of, (since, until)


def _counts(mine: QuerySet[Return]) -> dict[str, int]:
    return mine.order_by().aggregate(
        **{name: Count("pk", filter=SHOWS[name][1] or Q(pk__isnull=False)) for name in TABS}
    )


def _rows(
    found: list[Return], user: User, wrong: tuple[int, RulingForm] | None = None
) -> list[Row]:
    leads = {each.handoff.lead_id for each in found}
    seen = set(Lead.objects.visible_to(user).filter(pk__in=leads).values_list("pk", flat=True))
    sides = two_signatures.sides_of(user)
    clocks = deadlines.of_disputes(found)
    return [_row(each, user, sides, seen, clocks, wrong) for each in found]


def _row(
    each: Return, user: User, sides: list[str], seen: set[int], clocks: dict[int, Any],
    wrong: tuple[int, RulingForm] | None,
) -> Row:  # fmt: skip
    lead = each.handoff.lead
    row = Row(each, lead if lead.pk in seen else None, clocks.get(each.handoff_id))
    for ruling in each.rulings.all():
        if ruling.dropped_at:
            row.declined.append(ruling)
        elif ruling.ruled_at:
            row.ruling = ruling
        else:
            row.proposal = ruling
    if each.is_disputed and sides and row.proposal is None:
        row.sides = sides
        mine = wrong is not None and wrong[0] == each.pk
        row.form = wrong[1] if wrong and mine else RulingForm(auto_id=f"r{each.pk}_%s")
    elif row.proposal is not None:
        row.may_agree = two_signatures.unsigned(row.proposal, user, of=sides)
        row.may_drop = bool(sides)
        row.left = two_signatures.left_to_others(row.proposal, user, of=sides)
    return row
