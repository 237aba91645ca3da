"""A list of leads or companies as a file: which columns, which format, all of it."""

import csv
from collections.abc import Iterator, Sequence

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads import exporting, workbooks
from leads.companies import exporting as companies
from leads.companies.filters import CompanyFilters
from leads.csv_cells import safe
from leads.lists.asking import asked
from leads.models import Company
from leads.views.access import EVERYBODY, only_for

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Who somebody is goes along, whatever the list shows.
ALWAYS = ("email", "phone", "first_name", "last_name", "company")


@require_safe
@only_for(*EVERYBODY)
def lead_export(request: SignedInRequest) -> HttpResponseBase:
    """The list as filtered, all of it, in the columns asked for; no spreadsheet runs any of it."""
    at = database_now()
    found = asked(request.GET, user=request.user, at=at)
    leads = found.filters.order.applied(found.leads())
    export = exporting.export(leads, request.GET.getlist("column"))
    facts = {"asked": found.address()[:500], "columns": export.headers}
    audit.record("leads.exported", request.user, by=request.user, at=at, facts=facts)
    return _file(request, "Leads", export.headers, export.rows())


@require_safe
@only_for(*EVERYBODY)
def company_export(request: SignedInRequest) -> HttpResponseBase:
    """The companies as filtered, all of them, with what is known of each."""
    filters = CompanyFilters(request.GET, user=request.user)
    found = filters.order.applied(filters.apply(Company.objects.visible_to(request.user)))
    export = companies.Export(found, by=request.user)
    facts = {"asked": request.GET.urlencode()[:500], "columns": export.headers}
    audit.record(
        "companies.exported", request.user, by=request.user, at=database_now(), facts=facts
    )
    return _file(request, "Companies", export.headers, export.rows())


def _file(
    request: SignedInRequest, title: str, headers: Sequence[str], rows: Iterator[list[str]]
) -> StreamingHttpResponse:
    """A workbook where `format` asks for one, else CSV."""
    if request.GET.get("format") == "xlsx":
        pieces, kind = workbooks.stream(title, headers, rows), "xlsx"
        answer = StreamingHttpResponse(pieces, content_type=XLSX)
    else:
        lines, kind = _csv(headers, rows), "csv"
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{title.lower()}.{kind}"'
    return answer


@require_safe
@only_for(*EVERYBODY)
def lead_export_columns(request: SignedInRequest) -> HttpResponse:
    """Which columns, and which format; those of the list are ticked where it has its own."""
    at = database_now()
    found = asked(request.GET, user=request.user, at=at)
    own = found.own_columns or (found.view and found.view.columns) or found.kept.columns
    ticked = {*ALWAYS, *own} if own else set()
    further = [f"{exporting.EXTRA}{name}" for name in exporting.further_fields(found.leads())]
    context = {
        "columns": [
            (name, exporting.label(name), not ticked or name in ticked)
            for name in exporting.COLUMNS
        ],
        "further": [
            (name, exporting.label(name), not ticked or name in ticked) for name in further
        ],
        "kept": found.pairs(),
        "query": found.address(),
        "narrow": found.filters.is_narrow,
        "problem": found.filters.problem,
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
