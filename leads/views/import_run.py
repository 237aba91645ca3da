"""An import from its start on: progress, cancel, what became of it, refused rows, undo."""

from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header, quote_etag
from django.views.decorators.http import require_POST, require_safe

from accounts.instants import database_now
from accounts.refusals import Conflict
from accounts.requests import SignedInRequest
from leads.imports import refused, running, undoing
from leads.models import Import, Lead
from leads.tasks import wake_import
from leads.views.access import EVERYBODY, only_for

SHOWN = 20


@require_safe
@only_for(*EVERYBODY)
def import_page(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far it is, or what became of it."""
    importing = _seen(request, pk)
    if importing.state == Import.State.UPLOADED and importing.by_id == request.user.pk:
        return redirect("import-columns", pk)
    return render(request, "leads/import.html", _context(request, importing))


@require_safe
@only_for(*EVERYBODY)
def import_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """The same as a fragment, for the poll; 304 while nothing has moved."""
    importing = _seen(request, pk)
    moved = (importing.state, importing.position, importing.total, importing.removed,
             importing.reverted, importing.kept)  # fmt: skip
    etag = quote_etag("-".join(map(str, moved)))
    if request.headers.get("If-None-Match") == etag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = render(request, "leads/_import.html", _context(request, importing))
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    return answer


@require_POST
@only_for(*EVERYBODY)
def import_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Stop it; what came in so far stays."""
    importing = _seen(request, pk)
    try:
        running.cancel(importing, by=request.user, at=database_now())
    except Conflict as conflict:
        messages.error(request, conflict.message)
    else:
        messages.success(request, "Stopped. What came in so far stays; you can undo it.")
    return redirect("import", pk)


@require_POST
@only_for(*EVERYBODY)
def import_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take all of it back."""
    importing = _seen(request, pk)
    try:
        undoing.undo(importing, by=request.user, at=database_now())
    except Conflict as conflict:
        messages.error(request, conflict.message)
    else:
        wake_import(pk)
    return redirect("import", pk)


@require_safe
@only_for(*EVERYBODY)
def import_refused(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    """The refused rows as CSV, with the reason beside each."""
    importing = _seen(request, pk)
    if importing.erased_at is not None:
        raise Http404("The file was erased meanwhile, and its refused rows with it.")
    answer = StreamingHttpResponse(refused.rows(importing), content_type="text/csv; charset=utf-8")
    stem = importing.file_name.rpartition(".")[0] or importing.file_name
    disposition = content_disposition_header(True, f"{stem}-refused.csv")
    answer["Content-Disposition"] = disposition or "attachment"
    return answer


def _seen(request: SignedInRequest, pk: int) -> Import:
    found = Import.objects.visible_to(request.user)
    return get_object_or_404(found.select_related("by", "team", "campaign", "undone_by"), pk=pk)


def _context(request: SignedInRequest, importing: Import) -> dict[str, Any]:
    at = database_now()
    context: dict[str, Any] = {"importing": importing, "at": at}
    if importing.state == Import.State.RUNNING:
        context["seconds_left"] = importing.seconds_left(at)
    if importing.state in (Import.State.UNDOING, Import.State.UNDONE):
        batches = importing.batches.all()
        context["undone_rows"] = sum(
            batches.filter(undone_at__isnull=False).values_list("size", flat=True)
        )
        context["kept"] = _kept(request, importing)
    elif not importing.is_under_way:
        context["reasons"] = list(islice(refused.reasons(importing), SHOWN))
    return context


def _kept(request: SignedInRequest, importing: Import) -> list[tuple[Lead, str]]:
    """Leads that the undo left, or left in part, as far as this person may see them."""
    lists = importing.batches.exclude(kept=[]).values_list("kept", flat=True)
    pairs = list(islice(((pk, why) for found in lists for pk, why in found), SHOWN))
    leads = Lead.objects.visible_to(request.user).in_bulk([pk for pk, _ in pairs])
    return [(leads[pk], why) for pk, why in pairs if pk in leads]
