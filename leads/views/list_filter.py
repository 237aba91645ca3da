"""The filter builder of the list of leads: rows and groups, without a script of ours."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.encoding import iri_to_uri
from django.views.decorators.http import require_http_methods

from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads.lists import builder, conditions
from leads.lists.asking import Asked, asked
from leads.lists.conditions import Group, Unreadable
from leads.lists.values import Wrong, prepare
from leads.views.access import EVERYBODY, only_for


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*EVERYBODY)
def lead_filter(request: SignedInRequest) -> HttpResponse:
    """Draw the conditions of an address; a button changes them, the last one applies them."""
    data = request.POST if request.method == "POST" else request.GET
    found = asked(data, user=request.user, at=database_now())
    filters = found.filters
    if request.method != "POST":
        tree = filters.conditions if filters.conditions.parts else Group(parts=(builder.new(),))
        return _page(request, found, tree, errors=bool(filters.problem), said=filters.problem)
    tree = builder.posted(request.POST)
    move = request.POST.get("do", "")
    if move != "apply":
        tree = builder.fitting(builder.moved(tree, move), filters.known)
        return _page(request, found, tree, errors=False)
    try:
        tree = conditions.of(conditions.plain(tree))
        prepare(tree, filters.known, filters.reader)
        where = conditions.text(tree)
        conditions.read(where)
    except (Unreadable, Wrong) as error:
        return _page(request, found, tree, errors=True, said=str(error), status=422)
    return back_to_list(request, found.url(where=where))


def back_to_list(request: SignedInRequest, address: str) -> HttpResponse:
    """Show the list so; the whole page, for more than its rows has changed."""
    if not request.htmx:
        return redirect(address)
    answer = HttpResponse(status=200)
    answer["HX-Redirect"] = iri_to_uri(address)
    return answer


def _page(
    request: SignedInRequest,
    found: Asked,
    tree: Group,
    *,
    errors: bool,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    filters = found.filters
    box = builder.drawn(tree, filters.known, filters.reader, errors=errors)
    rows = list(builder.rows_of(box))
    for number, row in enumerate(rows, 1):
        row.number = number
    context = {
        "box": box,
        "groups": builder.by_group(filters.known),
        "kept": found.pairs(),
        "back": found.url(where=""),
        # What no row can say stands above all of them.
        "said": said if said and not any(row.error for row in rows) else "",
        "at": filters.reader.at,
    }
    name = "leads/_filter_builder.html" if request.htmx else "leads/list_filter.html"
    return render(request, name, context, status=status)
