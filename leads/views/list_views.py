"""Saved views of the list of leads: kept, changed, shared, taken away, put back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.lists import views
from leads.lists.asking import ALL, Asked, asked
from leads.lists.places import BY_NAME, QUEUE
from leads.lists.views import View
from leads.models import ListSettings, SavedView
from leads.views.access import EVERYBODY, only_for
from leads.views.list_filter import back_to_list


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*EVERYBODY)
def view_new(request: SignedInRequest) -> HttpResponse:
    """Keep the list as it is shown under a name."""
    found = _asked(request)
    if request.method != "POST":
        return _page(request, found, None)
    return _save(request, found, None, with_list=True)


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*EVERYBODY)
def view_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Name, circle and, if wanted, what is shown now; only whoever made it changes a view."""
    found = _asked(request)
    view = found.kept.view(pk)
    if view is None:
        raise Http404
    if request.method != "POST":
        return _page(request, found, view)
    return _save(request, found, view, with_list=request.POST.get("list") == "shown")


@require_POST
@only_for(*EVERYBODY)
def view_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a view away; the toast puts it back."""
    at = database_now()
    view = views.anywhere(request.user, pk)
    if view is None:
        raise Http404
    place = BY_NAME[view.place]
    if not view.changeable_by(request.user):
        messages.error(request, f"“{view.name}” is {view.by_name}'s to take away.")
        return redirect(place.url())
    SavedView.objects.get(pk=pk).remove(at=at)
    undo = reverse("view-put-back", args=[pk])
    messages.success(request, f"The view “{view.name}” is gone.", extra_tags=f"undo:{undo}")
    return redirect(place.url(f"view={ALL}"))


@require_POST
@only_for(*EVERYBODY)
def view_put_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo its removal."""
    mine = SavedView.objects.exclude(removed_at=None).filter(pk=pk)
    row = mine.first() if request.user.is_admin else mine.filter(by=request.user).first()
    if row is None:
        raise Http404
    try:
        views.put_back(row)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect(BY_NAME[row.place].url())
    messages.success(request, f"The view “{row.name}” is back.")
    return redirect(row)


def _asked(request: SignedInRequest) -> Asked:
    data = request.POST if request.method == "POST" else request.GET
    return asked(data, user=request.user, at=database_now())


def _save(
    request: SignedInRequest, found: Asked, view: View | None, *, with_list: bool
) -> HttpResponse:
    if view is not None and not view.changeable_by(request.user):
        _open_with(request, found, view.id)
        return back_to_list(request, found.place.url(f"view={view.id}"))
    typed = {name: request.POST.get(name, "") for name in ("name", "shared")}
    if with_list and found.filters.problem:
        said = f"This filter can't be kept. {found.filters.problem}"
        return _page(request, found, view, typed=typed, said=said, status=422)
    try:
        number = views.save(
            request.user,
            name=typed["name"],
            shared=typed["shared"] or "own",
            at=found.filters.reader.at,
            view=view,
            place=found.place,
            query=found.query if with_list else None,
            columns=tuple(column.name for column in found.columns) if with_list else None,
        )
    except Refused as refusal:
        return _page(
            request, found, view, typed=typed, errors=refusal.fields,
            said="" if refusal.fields else refusal.message, status=refusal.status,
        )  # fmt: skip
    _open_with(request, found, number)
    messages.success(request, f"The view “{typed['name']}” is kept.")
    return back_to_list(request, found.place.url(f"view={number}"))


def _open_with(request: SignedInRequest, found: Asked, number: int) -> None:
    opens = request.POST.get("opens") == "first"
    if opens != (found.kept.opens_with == number):
        field = "queue_opens_with_id" if found.place is QUEUE else "opens_with_id"
        ListSettings.change(request.user, **{field: number if opens else None})


def _page(
    request: SignedInRequest,
    found: Asked,
    view: View | None,
    *,
    typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    shared = views.shared_of(view) if view else "own"
    choices = views.sharing(request.user)
    if view is not None and shared not in dict(choices):
        choices.append((shared, "As it is shared now"))
    context = {
        "view": view,
        "changeable": view is None or view.changeable_by(request.user),
        "typed": typed or {"name": view.name if view else "", "shared": shared},
        "choices": choices,
        "opens": view is not None and found.kept.opens_with == view.id,
        "errors": errors or {},
        "said": said,
        "words": [part for part, _ in found.filters.said],
        "differs": view is not None and found.view == view and found.is_changed,
        "kept": found.pairs(),
        "back": found.url(),
        "place": found.place,
        "at": found.filters.reader.at,
    }
    name = "leads/_list_view.html" if request.htmx else "leads/list_view.html"
    return render(request, name, context, status=status)
