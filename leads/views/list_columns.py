"""Which columns the list of leads has, and in which order: chosen by buttons."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads.lists import builder, columns
from leads.lists.asking import Asked, asked
from leads.models import ListSettings
from leads.views.access import EVERYBODY, only_for
from leads.views.list_filter import back_to_list


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*EVERYBODY)
def lead_columns(request: SignedInRequest) -> HttpResponse:
    """Draw the columns; a button moves, adds or takes one away, the last one shows the list so.

    Without a view they become one's own; with a view they are in the address until it is saved.
    """
    data = request.POST if request.method == "POST" else request.GET
    found = asked(data, user=request.user, at=database_now())
    if request.method != "POST":
        return _page(request, found, [column.name for column in found.columns])
    names = _moved(
        [name for name in dict.fromkeys(request.POST.getlist("column")) if name in _known(found)],
        request.POST,
    )
    if request.POST.get("do") not in ("apply", "usual"):
        return _page(request, found, names)
    usual = request.POST["do"] == "usual" or not names
    names = [] if usual else names[: columns.MOST]
    if found.view is None:
        ListSettings.change(request.user, columns=names)
        found.own_columns = ()
        return back_to_list(request, found.url())
    names = names or list(columns.USUAL)
    return back_to_list(request, found.url(columns=",".join(names)))


def _known(found: Asked) -> set[str]:
    return set(found.filters.known)


def _moved(names: list[str], posted: object) -> list[str]:
    """The columns after a button was pressed."""
    get = getattr(posted, "get")  # noqa: B009 (a QueryDict)
    verb, _, name = str(get("do", "")).partition(".")
    if verb == "add" and get("add"):
        return [*names, *([str(get("add"))] if get("add") not in names else [])]
    if name not in names:
        return names
    here = names.index(name)
    left = names[:here] + names[here + 1 :]
    if verb == "drop":
        return left
    there = {"up": here - 1, "down": here + 1}.get(verb, here)
    left.insert(max(there, 0), name)
    return left


def _page(request: SignedInRequest, found: Asked, names: list[str]) -> HttpResponse:
    known = found.filters.known
    rest = {name: field for name, field in known.items() if name not in names}
    context = {
        "columns": [known[name] for name in names if name in known],
        "groups": builder.by_group(rest),
        "full": len(names) >= columns.MOST,
        "kept": found.pairs(),
        "back": found.url(),
        "view": found.view,
        "at": found.filters.reader.at,
    }
    name = "leads/_list_columns.html" if request.htmx else "leads/list_columns.html"
    return render(request, name, context)
