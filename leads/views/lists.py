"""Leads in lists: all that somebody may see, and the MQLs to hand over."""

from collections import Counter
from contextlib import nullcontext

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from accounts import configuration
from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads import tagging
from leads.bulk.deeds import for_role
from leads.handover import hand_over, missing_for_mql
from leads.lists import columns, counting, keyset, patience
from leads.lists.asking import ALL, asked
from leads.lists.filters import LeadFilters
from leads.lists.places import LEADS
from leads.models import Handoff, Lead
from leads.views.access import EVERYBODY, only_for

PAGE = 50
MOST_READY = 200


@require_safe
@only_for(*EVERYBODY)
def lead_list(request: SignedInRequest) -> HttpResponse:
    """The leads one may see, narrowed, sorted and in the columns that address or view say."""
    at = database_now()
    found = asked(request.GET, user=request.user, at=at)
    filters, cursor = found.filters, request.GET.get("cursor", "")
    leads = Lead.objects.visible_to(request.user).select_related(*columns.joined(found.columns))
    page, alike, too_slow = keyset.Page([]), False, False
    try:
        with patience.within(patience.LONGEST) if filters.is_narrow else nullcontext():
            page, alike = _found(filters, leads, cursor)
    except patience.TooSlow:
        too_slow = True
    context = {
        "alike": alike and page.rows,
        "too_slow": too_slow,
        "asked": found,
        "filters": filters,
        "said": [(part, found.url(where=rest)) for part, rest in filters.said],
        "leads": page.rows,
        "lines": columns.lines(
            page.rows,
            found.columns,
            tagging.words(stamp=found.stamp),
            editable=columns.editable(page.rows, found.columns, by=request.user),
        ),
        "deeds": for_role(request.user.role, without=LEADS.without),
        "previous_cursor": page.previous_cursor,
        "next_cursor": page.next_cursor,
        "list_query": found.address(),
        "all_query": f"view={ALL}" if found.kept.opens_with else "",
        "all_url": LEADS.url(f"view={ALL}" if found.kept.opens_with else ""),
        "at": at,
    }
    # The back button asks through htmx as well, and wants the whole page.
    part = request.htmx and not request.htmx.history_restore_request
    answer = render(request, "leads/_lead_rows.html" if part else "leads/lead_list.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _found(filters: LeadFilters, leads: QuerySet[Lead], cursor: str) -> tuple[keyset.Page, bool]:
    """The page asked for, and whether it is of leads that are called nearly so."""
    page = keyset.page(filters.apply(leads), filters.order, cursor, size=PAGE)
    if page.rows or cursor or not filters.cleaned_data.get("q"):
        return page, False
    # The best page of them is enough: who misspells looks for one lead.
    similar = keyset.page(filters.apply(leads, alike=True), filters.order, "", size=PAGE)
    return keyset.Page(similar.rows), True


@require_safe
@only_for(*EVERYBODY)
def lead_count(request: SignedInRequest) -> HttpResponse:
    """How many leads the list has: exactly while they are few, about how many when they are not."""
    found = asked(request.GET, user=request.user, at=database_now())
    count = counting.count(found.leads())
    return render(request, "leads/_lead_count.html", {"count": count})


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*EVERYBODY)
def ready(request: SignedInRequest) -> HttpResponse:
    """MQLs that wait for somebody to hand them over, best first; hand over one or several."""
    mine = Lead.objects.to_hand_over_by(request.user).ready_to_hand_over()
    if request.method != "POST":
        return _ready_page(request, mine)
    # A row's own button hands over that row alone, whatever else is ticked.
    named = request.POST.getlist("only") or request.POST.getlist("lead")
    wanted = {int(text) for text in named if _is_id(text)}
    leads = list(Lead.objects.to_hand_over_by(request.user).filter(pk__in=wanted))
    if not leads:
        messages.error(request, "Choose at least one lead to hand over.")
        return _ready_page(request, mine, status=422)
    try:
        handoffs = hand_over(leads, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message} Nothing was handed over.")
        return _ready_page(request, mine, chosen=wanted, status=refusal.status)
    messages.success(request, _said(handoffs))
    return redirect("ready")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _said(handoffs: list[Handoff]) -> str:
    """To whom they went: "3 leads handed over: 2 to Sam, 1 to nobody yet"."""
    ids = [handoff.pk for handoff in handoffs]
    routed = Handoff.objects.filter(pk__in=ids).select_related("owner", "pool")
    to = Counter(str(h.owner or h.pool or "nobody yet") for h in routed)
    who = ", ".join(f"{count} to {name}" for name, count in sorted(to.items()))
    return f"{len(ids)} lead{'s' if len(ids) != 1 else ''} handed over: {who}."


def _ready_page(
    request: SignedInRequest,
    mine: QuerySet[Lead],
    *,
    chosen: set[int] | None = None,
    status: int = 200,
) -> HttpResponse:
    at, stamp = database_now(), configuration.stamp()
    leads = list(mine.select_related("campaign", "persona")[: MOST_READY + 1])
    context = {
        # A score fades: what has become of an MQL since is said before it is refused.
        "rows": [(lead, missing_for_mql(lead, at=at, stamp=stamp)) for lead in leads[:MOST_READY]],
        "more": len(leads) > MOST_READY,
        "most": MOST_READY,
        "chosen": chosen or set(),
        "at": at,
    }
    return render(request, "leads/ready.html", context, status=status)
