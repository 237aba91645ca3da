"""A list of leads as a file: which columns, which format, all of it."""

import csv
from collections.abc import Iterator, Sequence

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads import exporting, workbooks
from leads.csv_cells import safe
from leads.lists.filters import LeadFilters
from leads.models import Lead
from leads.views.access import EVERYBODY, only_for

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What this page asks, beside what the list is narrowed to.
OWN = ("column", "format", "cursor")


@require_safe
@only_for(*EVERYBODY)
def lead_export(request: SignedInRequest) -> StreamingHttpResponse:
    """The list as filtered, all of it, in the columns asked for; no spreadsheet runs any of it."""
    at = database_now()
    filters = LeadFilters(request.GET, user=request.user, at=at)
    leads = filters.apply(Lead.objects.visible_to(request.user))
    leads = leads.order_by(f"-{filters.order.column}", "-pk")
    found = exporting.export(leads, request.GET.getlist("column"))
    facts = {"asked": request.GET.urlencode()[:500], "columns": found.headers}
    audit.record("leads.exported", request.user, by=request.user, at=at, facts=facts)
    if request.GET.get("format") == "xlsx":
        pieces = workbooks.stream("Leads", found.headers, found.rows())
        answer = StreamingHttpResponse(pieces, content_type=XLSX)
        answer["Content-Disposition"] = 'attachment; filename="leads.xlsx"'
        return answer
    lines = _csv(found.headers, found.rows())
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="leads.csv"'
    return answer


@require_safe
@only_for(*EVERYBODY)
def lead_export_columns(request: SignedInRequest) -> HttpResponse:
    """Which columns, and which format."""
    at = database_now()
    filters = LeadFilters(request.GET, user=request.user, at=at)
    leads = filters.apply(Lead.objects.visible_to(request.user))
    further = [f"{exporting.EXTRA}{name}" for name in exporting.further_fields(leads)]
    kept = request.GET.copy()
    for name in OWN:
        kept.pop(name, None)
    context = {
        "columns": [(name, exporting.label(name)) for name in exporting.COLUMNS],
        "further": [(name, exporting.label(name)) for name in further],
        "kept": [(name, value) for name in kept for value in kept.getlist(name) if value],
        "query": kept.urlencode(),
        "narrow": filters.is_narrow,
        "at": at,
    }
    return render(request, "leads/export.html", context)


class _Line:
    """What csv.writer writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line


def _csv(headers: Sequence[str], rows: Iterator[list[str]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The mark tells spreadsheets that this is UTF-8.
    yield "\ufeff" + writer.writerow(map(safe, headers))  # type: ignore[operator]
    for cells in rows:
        yield writer.writerow(map(safe, cells))  # type: ignore[misc]
