"""One deed for many leads: what it would do, what it has to be told, how far it is, undone."""

from urllib.parse import urlencode

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import quote_etag
from django.views.decorators.http import require_POST, require_safe

from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads import tagging
from leads.bulk import form as bulk_form
from leads.bulk import preview, running
from leads.bulk.deeds import BY_NAME, Deed
from leads.lists import conditions
from leads.lists.asking import Asked, asked
from leads.lists.conditions import Condition, Group
from leads.lists.places import LEADS
from leads.models import BulkRun
from leads.tasks import wake_bulk
from leads.views.access import EVERYBODY, only_for
from leads.views.cells import came_from

SHOWN = 100


@require_POST
@only_for(*EVERYBODY)
def bulk(request: SignedInRequest) -> HttpResponse:
    """First what it would do, and what it must be told; with `go` it is done."""
    at = database_now()
    found = asked(request.POST, user=request.user, at=at)
    everything = request.POST.get("every") == "1"
    name = request.POST.get("deed", "")
    deed = BY_NAME.get(name)
    try:
        numbers = preview.chosen(found, _ticked(request), everything=everything)
        if name == "export":
            return redirect(_export_address(found, numbers, everything=everything))
        if deed is None or request.user.role not in deed.roles:
            raise Refused("Choose what to do with them.")
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(found.url())
    form = bulk_form.of(deed, request.POST if request.POST.get("go") else None, by=request.user)
    if not form.is_bound or not form.is_valid():
        return _page(request, found, deed, numbers, form)
    try:
        told = bulk_form.told(form, by=request.user, at=at)
        run = running.start(deed, numbers, told, by=request.user, at=at)
    except Refused as refusal:
        for field, said in (refusal.fields or {"__all__": refusal.message}).items():
            form.add_error(None if field == "__all__" else field, said)
        return _page(request, found, deed, numbers, form)
    return _began(request, found, deed, run)


def _ticked(request: SignedInRequest) -> list[int]:
    given = request.POST.getlist("lead")[:500]
    return [int(text) for text in given if text.isascii() and text.isdigit() and len(text) < 19]


def _export_address(found: Asked, numbers: list[int], *, everything: bool) -> str:
    """The page of columns, for the list or the ticked leads alone."""
    if everything:
        return f"{reverse('lead-export-columns')}?{found.address()}"
    ticked = tuple(str(number) for number in numbers[: conditions.MOST_VALUES])
    where = conditions.text(Group("all", (Condition("id", "in", ticked),)))
    narrow = dict.fromkeys(("q", "stage", "tier", "campaign", "persona", "owner"), "")
    listed = found.place is LEADS
    asks = found.address(**narrow, where=where) if listed else urlencode({"where": where})
    return f"{reverse('lead-export-columns')}?{asks}"


def _began(request: SignedInRequest, found: Asked, deed: Deed, run: BulkRun) -> HttpResponse:
    """Few are done while one waits; many in the background, where progress is seen."""
    if run.total > running.AT_ONCE:
        wake_bulk(run.pk)
        return redirect(run)
    running.go_on(run.pk, turn=60)
    run.refresh_from_db()
    if run.refused:
        return redirect(run)
    count = f"{run.changed} lead{'' if run.changed == 1 else 's'} {deed.done}."
    undo = f"undo:{reverse('bulk-undo', args=[run.pk])}" if deed.undo and run.changed else ""
    messages.success(request, count, extra_tags=undo)
    return redirect(found.url())


def _page(
    request: SignedInRequest, found: Asked, deed: Deed, numbers: list[int], form: Form
) -> HttpResponse:
    at, told = found.filters.reader.at, {"reason": form.data.get("reason", "")}
    context = {
        "deed": deed,
        "form": form,
        "preview": preview.preview(deed, numbers, told, by=request.user, at=at),
        "every": request.POST.get("every") == "1",
        "ticked": numbers if request.POST.get("every") != "1" else [],
        "tags": list(tagging.names().values()) if deed.name == "tag" else [],
        "kept": found.pairs(),
        "back": found.url(),
        "at": at,
    }
    status = 422 if form.is_bound else 200
    return render(request, "leads/bulk.html", context, status=status)


@require_safe
@only_for(*EVERYBODY)
def bulk_run(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far it is, or what became of it; for the poll 304 while nothing has moved."""
    run = _mine(request, pk)
    deed = BY_NAME[run.deed]
    etag = quote_etag(f"{run.state}-{run.position}")
    part = request.htmx and not request.htmx.history_restore_request
    if part and request.headers.get("If-None-Match") == etag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        context = {
            "run": run,
            "deed": deed,
            "refused": list(run.lines.exclude(why="")[:SHOWN]),
            "more": max(run.refused - SHOWN, 0),
            "can_undo": deed.undo is not None
            and run.changed
            and run.state in ("finished", "stopped"),
            "at": database_now(),
        }
        name = "leads/_bulk_run.html" if part else "leads/bulk_run.html"
        answer = render(request, name, context)
    answer["ETag"] = etag
    answer["Vary"] = "HX-Request, Cookie"
    answer["Cache-Control"] = "private, no-cache"
    return answer


@require_POST
@only_for(*EVERYBODY)
def bulk_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take it back, for every lead it changed."""
    run = _mine(request, pk)
    try:
        running.undo(run, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(run)
    if run.changed > running.AT_ONCE:
        wake_bulk(run.pk)
        return redirect(run)
    running.go_on(run.pk, turn=60)
    run.refresh_from_db()
    if run.refused:
        return redirect(run)
    messages.success(request, "Undone.")
    return redirect(came_from(request))


@require_POST
@only_for(*EVERYBODY)
def bulk_stop(request: SignedInRequest, pk: int) -> HttpResponse:
    """Stop it where it is; what was done stays."""
    run = _mine(request, pk)
    try:
        running.stop(run, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect(run)


def _mine(request: SignedInRequest, pk: int) -> BulkRun:
    if pk > 2**62:
        raise Http404
    return get_object_or_404(BulkRun, pk=pk, by=request.user)
