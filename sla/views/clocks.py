"""The clocks behind every figure, and the excuse of a miss."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.models import Lead
from sla.figures import excuses, fairness
from sla.figures.compliance import DIMENSIONS, judged, with_outcome
from sla.models import Claim, Clock, ClockQuerySet, Term
from sla.views.cursors import SORTS, USUAL_SORT, page_of
from sla.views.period import Period, asked_for

COUNTED = 10_000
OUTCOMES = {
    "": "All",
    "met": "Met",
    "missed": "Missed",
    "excused": "Excused",
    "unanswered": "Missed, not answered",
    "running": "Running",
    "voided": "Voided",
}


@require_GET
def clock_list(request: SignedInRequest) -> HttpResponse:
    """Clocks that fit the address: `from` and `to`, `outcome`, and the group of a figure."""
    at = database_now()
    clocks, period = chosen(request.user, request.GET, at=at)
    sort = request.GET.get("sort", "")
    page = page_of(
        clocks.with_warning().with_subject().select_related("term", "owner"),
        sort=sort if sort in SORTS else USUAL_SORT,
        cursor=request.GET.get("cursor", ""),
    )
    dress(page.clocks, request.user, at=at)
    context = {
        "at": at,
        "clocks": page.clocks,
        "next_cursor": page.next_cursor,
        # Exact as far as anybody would count, so that a long list costs no more than a short one.
        "count": clocks[: COUNTED + 1].count(),
        "counted": COUNTED,
        "period": period,
        "outcomes": OUTCOMES,
        "outcome": request.GET.get("outcome", ""),
        "chips": _chips(request.GET),
        "terms": dict(
            Term.objects.agreed().order_by("contract__version").values_list("key", "name")
        ),
        "sorts": _sorts(request.GET, sort if sort in SORTS else USUAL_SORT),
    }
    return render(request, "sla/clocks.html", context)


def chosen(user: User, query: QueryDict, *, at: datetime) -> tuple[ClockQuerySet, Period | None]:
    """What this person may judge, narrowed as an address says; nonsense narrows to nothing."""
    clocks = judged(user, at=at)
    period = None
    if query.get("from") or query.get("to") or query.get("period"):
        period = asked_for(query, zone=ZoneInfo(user.time_zone), at=at)
        clocks = clocks.filter(started_at__gte=period.start, started_at__lt=period.end)
    clocks = clocks.filter(with_outcome(query.get("outcome", ""), at=at))
    for name, dimension in DIMENSIONS.items():
        if query.get(name):
            clocks = clocks.filter(dimension.having(str(query[name]).replace("\0", "")))
        if name in query.getlist("without"):
            clocks = clocks.filter(dimension.without)
    return clocks, period


def dress(clocks: list[Clock], user: User, *, at: datetime) -> None:
    """Add to a page of clocks who answers for each, and what may be done or seen."""
    leads = {clock.lead_id for clock in clocks if clock.lead_id is not None}
    seen = set(Lead.objects.visible_to(user).filter(pk__in=leads).values_list("pk", flat=True))
    claimed = set(Claim.objects.waiting().filter(clock__in=clocks).values_list("clock", flat=True))
    why, misses = excuses.reasons(clocks), fairness.of(clocks, at=at)
    for clock in clocks:
        row: Any = clock
        # Changes of offers are for everybody who may judge their clocks.
        row.lead_seen = clock.lead_id is None or clock.lead_id in seen
        row.claimed = clock.pk in claimed
        row.excuse = why.get(clock.pk)
        row.miss = misses.get(clock.pk) if row.outcome == "missed" else None
        row.may_excuse = row.outcome == "missed" and excuses.may_excuse(user, clock.term)


def _chips(query: QueryDict) -> list[dict[str, str]]:
    """What the list is narrowed by besides its form's own fields, each with its way out."""
    chips = []
    for name, dimension in DIMENSIONS.items():
        if query.get(name) and name != "term":
            chips.append({"name": name, "value": str(query[name]), "url": _less(query, name)})
        if name in query.getlist("without"):
            chips.append(
                {"name": "without", "value": name, "label": dimension.nameless,
                 "url": _less(query, "without")}
            )  # fmt: skip
    return chips


def _less(query: QueryDict, name: str) -> str:
    kept = query.copy()
    for gone in (name, "cursor"):
        kept.pop(gone, None)
    return f"?{kept.urlencode()}"


def _sorts(query: QueryDict, sort: str) -> dict[str, dict[str, str]]:
    """Per column: where its header leads, and how it is sorted now (for aria-sort)."""
    found = {}
    for column in ("started", "due"):
        down = sort == f"-{column}"
        kept = query.copy()
        kept.pop("cursor", None)
        kept["sort"] = column if down else f"-{column}"
        now = {column: "ascending", f"-{column}": "descending"}.get(sort, "")
        found[column] = {"url": f"?{kept.urlencode()}", "now": now}
    return found


@require_http_methods(["GET", "POST"])
def clock_excuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask for the reason; with one, excuse the miss and go back to the list."""
    at = database_now()
    clock = get_object_or_404(
        judged(request.user, at=at).with_subject().select_related("term", "owner"), pk=pk
    )
    dress([clock], request.user, at=at)
    context: dict[str, Any] = {"at": at, "clock": clock, "back": _back(request), "status": 200}
    if request.method == "POST":
        try:
            excuses.excuse(clock, by=request.user, reason=request.POST.get("reason", ""), at=at)
        except Refused as refused:
            context |= {"error": refused.message, "reason": request.POST.get("reason", "")}
            context["status"] = refused.status
        else:
            back = urlencode({"back": _back(request)})
            undo = f"{reverse('clock-excuse-undo', args=[pk])}?{back}"
            messages.success(request, "Miss excused.", extra_tags=f"undo:{undo}")
            return redirect(_back(request))
    elif not clock.may_excuse:  # type: ignore[attr-defined]
        context |= {"error": "This cannot be excused by you, or is not a miss.", "status": 403}
    return render(request, "sla/excuse.html", context, status=context["status"])


@require_POST
def clock_excuse_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Count an excused miss again."""
    at = database_now()
    clock = get_object_or_404(judged(request.user, at=at).select_related("term"), pk=pk)
    if not excuses.may_excuse(request.user, clock.term):
        raise PermissionDenied("Only a manager of the side that owes the term may excuse.")
    try:
        excuses.take_back(clock, by=request.user, at=at)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, "The miss counts again.")
    return redirect(_back(request))


def _back(request: SignedInRequest) -> str:
    """The list the person came from; only ever an address of ours."""
    back = request.POST.get("back") or request.GET.get("back") or ""
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return back if back and safe else reverse("clock-list")
