"""Leads that may be one person: the list, two of them side by side, merged, set apart, undone."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads import merge_preview, merging, unmerging
from leads.duplicates import pairs
from leads.duplicates.likely import likely_duplicates
from leads.lists import keyset
from leads.merge_choices import EXTRA, FIELDS, OTHER, SURVIVOR
from leads.models import DuplicatePair, Lead, Merge
from leads.views.access import EVERYBODY, only_for
from leads.views.workspace import visible_lead

PAGE = 25
MERGED_SHOWN = 10
BEST_FIRST = keyset.Order("score", is_share=True)


@require_safe
@only_for(*EVERYBODY)
def duplicate_list(request: SignedInRequest) -> HttpResponse:
    """Proposed pairs of which one may merge both leads, best first; below, what was merged."""
    mine = DuplicatePair.objects.open().to_decide_by(request.user)
    found = keyset.page(
        mine.select_related("lead_a__owner", "lead_b__owner"),
        BEST_FIRST,
        request.GET.get("cursor", ""),
        size=PAGE,
    )
    merged = Merge.objects.filter(
        undone_at=None, survivor__in=Lead.objects.mergeable_by(request.user)
    ).select_related("survivor", "by")[:MERGED_SHOWN]
    context = {
        "pairs": found.rows,
        "previous_cursor": found.previous_cursor,
        "next_cursor": found.next_cursor,
        "merged": merged,
        "at": database_now(),
    }
    return render(request, "leads/duplicates.html", context)


@require_safe
def lead_alike(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who may be the same person, among those one may see: the lead page asks once it is there."""
    lead = visible_lead(request.user, pk)
    found = {likely.lead.pk: likely.why for likely in likely_duplicates(lead)}
    mine = Lead.objects.mergeable_by(request.user).filter(pk=OuterRef("pk"))
    seen = Lead.objects.visible_to(request.user).filter(pk__in=found).select_related("owner")
    alike = [
        {"lead": other, "why": found[other.pk], "may_merge": other.may_merge}
        for other in (seen.annotate(may_merge=Exists(mine)) if found else ())
    ]
    context = {"lead": lead, "duplicates": alike, "at": database_now()}
    template = "leads/_duplicates.html" if request.htmx else "leads/alike.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
def lead_merge(request: SignedInRequest, pk: int) -> HttpResponse:
    """Two leads side by side: choose which goes on and whose detail counts, see, merge."""
    asked = request.POST if request.method == "POST" else request.GET
    one, other = _both(request, pk, asked.get("other", ""))
    if other is None:
        messages.error(request, "Choose two leads to merge.")
        return redirect("duplicates")
    keep = asked.get("keep", "")
    survivor, gone = (other, one) if keep == str(other.pk) else (one, other)
    if not keep:
        survivor, gone = _usual(one, other)
    chosen = _chosen(request, survivor)
    if request.method != "POST" or "preview" in request.POST:
        return _side_by_side(request, one, other, survivor, gone, chosen)
    try:
        merging.merge(survivor, gone, by=request.user, at=database_now(), choices=chosen)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return _side_by_side(request, one, other, survivor, gone, chosen, status=refusal.status)
    done = Merge.objects.get(other_id=gone.pk, undone_at=None)
    undo = reverse("merge-undo", args=[done.pk])
    messages.success(
        request, f"{gone.name} is part of {survivor.name} now.", extra_tags=f"undo:{undo}"
    )
    return redirect(survivor)


def _both(request: SignedInRequest, pk: int, other: str) -> tuple[Lead, Lead | None]:
    """The two, for those who may merge both; 404 for what they may not see, 403 for the rest."""
    one = visible_lead(request.user, pk)
    mine = Lead.objects.mergeable_by(request.user).select_related("owner", "campaign", "team")
    if not mine.filter(pk=one.pk).exists():
        raise PermissionDenied("Merging is for those whose leads they are.")
    if not other:
        return one, None
    if not (other.isascii() and other.isdigit() and len(other) < 19) or int(other) == pk:
        raise Http404
    return one, get_object_or_404(mine, pk=int(other))


def _usual(one: Lead, other: Lead) -> tuple[Lead, Lead]:
    """Whom sales has goes on, else the one that came first."""
    first, second = sorted((one, other), key=lambda lead: (lead.owner_id is None, lead.pk))
    return first, second


def _chosen(request: SignedInRequest, survivor: Lead) -> dict[str, str]:
    """The choices as sent: each names the lead whose detail is taken."""
    sent = {name: request.POST.get(f"take_{name}", "") for name in FIELDS}
    own = f"take_{EXTRA}"
    sent |= {
        name.removeprefix("take_"): str(value)
        for name, value in request.POST.items()
        if name.startswith(own)
    }
    return {
        name: SURVIVOR if value == str(survivor.pk) else OTHER
        for name, value in sent.items()
        if value
    }


def _side_by_side(
    request: SignedInRequest,
    one: Lead,
    other: Lead,
    survivor: Lead,
    gone: Lead,
    chosen: dict[str, str],
    *,
    status: int = 200,
) -> HttpResponse:
    at = database_now()
    proposed = DuplicatePair.objects.of(one).filter(pk__in=DuplicatePair.objects.of(other))
    context: dict[str, Any] = {
        "lead": one,
        "other": other,
        "survivor": survivor,
        "gone": gone,
        "preview": merge_preview.preview(survivor, gone, chosen, at=at),
        "pair": proposed.first(),
        "at": at,
    }
    part = request.htmx and status == 200
    return render(
        request, "leads/_merge.html" if part else "leads/merge.html", context, status=status
    )


@require_POST
def lead_not_same(request: SignedInRequest, pk: int) -> HttpResponse:
    """They are two people: never proposed again."""
    one, other = _both(request, pk, request.POST.get("other", ""))
    if other is None:
        messages.error(request, "Choose two leads to set apart.")
        return redirect("duplicates")
    at = database_now()
    pair = pairs.pair_of(one, other, at=at)
    try:
        pairs.set_apart(pair, by=request.user, at=at)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("duplicates")
    undo = reverse("duplicate-reopen", args=[pair.pk])
    said = f"{one.name} and {other.name} are two people; they are not proposed again."
    messages.success(request, said, extra_tags=f"undo:{undo}")
    return redirect("duplicates")


@require_POST
def duplicate_reopen(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take “not the same” back."""
    pair = get_object_or_404(DuplicatePair.objects.to_decide_by(request.user), pk=pk)
    try:
        pairs.reopen(pair, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "These two are to be decided again.")
    return redirect("duplicates")


@require_POST
def merge_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make two leads of them again."""
    mine = Lead.objects.mergeable_by(request.user)
    merge = get_object_or_404(Merge.objects.filter(survivor__in=mine), pk=pk)
    survivor = merge.survivor
    try:
        again, stays = unmerging.undo(merge, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(survivor)
    kept = f" Changed since, so it stays: {', '.join(stays)}." if stays else ""
    messages.success(request, f"{again.name} and {survivor.name} are two leads again.{kept}")
    return redirect(again)
