"""The filter builder of the list of leads: rows and groups, without a script of ours."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.views.decorators.http import require_http_methods

from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads.lists import builder, conditions
from leads.lists.conditions import Group, Unreadable
from leads.lists.filters import LeadFilters
from leads.lists.values import Wrong, prepare
from leads.views.access import EVERYBODY, only_for

# What else an address of the list says, and goes on saying.
KEPT = ("q", "stage", "tier", "campaign", "persona", "owner", "sort")


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*EVERYBODY)
def lead_filter(request: SignedInRequest) -> HttpResponse:
    """Draw the conditions of an address; a button changes them, the last one applies them."""
    asked = request.POST if request.method == "POST" else request.GET
    filters = LeadFilters(asked, user=request.user, at=database_now())
    if request.method != "POST":
        tree = filters.conditions if filters.conditions.parts else Group(parts=(builder.new(),))
        return _page(request, filters, tree, errors=bool(filters.problem), said=filters.problem)
    tree = builder.posted(request.POST)
    move = request.POST.get("do", "")
    if move != "apply":
        tree = builder.fitting(builder.moved(tree, move), filters.known)
        return _page(request, filters, tree, errors=False)
    try:
        tree = conditions.of(conditions.plain(tree))
        prepare(tree, filters.known, filters.reader)
        where = conditions.text(tree)
        conditions.read(where)
    except (Unreadable, Wrong) as error:
        return _page(request, filters, tree, errors=True, said=str(error), status=422)
    return _moved(request, f"{reverse('lead-list')}?{_kept(asked, where).urlencode()}")


def _kept(asked: QueryDict, where: str) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name in KEPT:
        if asked.get(name):
            kept[name] = str(asked[name])
    if where:
        kept["where"] = where
    return kept


def _moved(request: SignedInRequest, address: str) -> HttpResponse:
    if not request.htmx:
        return redirect(address)
    answer = HttpResponse(status=200)
    answer["HX-Redirect"] = iri_to_uri(address)
    return answer


def _page(
    request: SignedInRequest,
    filters: LeadFilters,
    tree: Group,
    *,
    errors: bool,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    box = builder.drawn(tree, filters.known, filters.reader, errors=errors)
    rows = list(builder.rows_of(box))
    for number, row in enumerate(rows, 1):
        row.number = number
    asked = request.POST if request.method == "POST" else request.GET
    context = {
        "box": box,
        "groups": builder.by_group(filters.known),
        "kept": [(name, asked[name]) for name in KEPT if asked.get(name)],
        "back": _kept(asked, "").urlencode(),
        # What no row can say stands above all of them.
        "said": said if said and not any(row.error for row in rows) else "",
        "at": filters.reader.at,
    }
    name = "leads/_filter_builder.html" if request.htmx else "leads/list_filter.html"
    return render(request, name, context, status=status)
