"""Companies: the list, one company with its people, and what is changed there."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.companies import cells, editing, joining, roles, showing
from leads.companies.filters import CompanyFilters
from leads.lists import counting, keyset
from leads.models import Company
from leads.views.access import EVERYBODY, only_for
from leads.views.answers import perform
from leads.views.lead import must
from leads.views.workspace import rights, timeline_of, visible_lead

PAGE = 50
# What somebody changed in this session, so that it can be undone: the last so many facts.
CHANGED, MOST_KEPT = "company_changed", 10


@require_GET
@only_for(*EVERYBODY)
def company_list(request: SignedInRequest) -> HttpResponse:
    """Companies of the leads this person may see."""
    filters = CompanyFilters(request.GET, user=request.user)
    found = filters.apply(Company.objects.visible_to(request.user))
    page = keyset.page(
        found.select_related("owner"), filters.order, request.GET.get("cursor", ""), size=PAGE
    )
    context = {
        "at": database_now(),
        "filters": filters,
        "list_query": filters.address,
        "lines": showing.lines(page.rows, request.user),
        "total": counting.count(found) if page.previous_cursor or page.next_cursor else None,
        "previous_cursor": page.previous_cursor,
        "next_cursor": page.next_cursor,
    }
    name = "leads/_company_rows.html" if request.htmx else "leads/companies.html"
    return render(request, name, context)


@require_GET
def company(request: SignedInRequest, pk: int) -> HttpResponse:
    """One company; with `before` and htmx, the next page of its timeline."""
    before = request.GET.get("before", "")
    found = _merged(request.user, pk)
    if found is not None:
        return redirect(found)
    if before and request.htmx:
        found = showing.visible_company(request.user, pk)
        context = {"company": found, **timeline_of(showing.history(found, request.user), before)}
        return render(request, "leads/_timeline.html", {**context, "at": database_now()})
    return render(request, "leads/company.html", _context(request.user, pk, before))


def _context(user: User, pk: int, before: str = "") -> dict[str, Any]:
    context = showing.company_context(user, pk)
    activities = showing.history(context["company"], user)
    return {"at": database_now(), **context, **timeline_of(activities, before)}


def _merged(user: User, pk: int) -> Company | None:
    """Where an old number leads on to, for who may see that."""
    return Company.objects.visible_to(user).filter(merged=pk).first()


def _editable(request: SignedInRequest, pk: int) -> Company:
    found = showing.visible_company(request.user, pk)
    if not found.may_edit:  # type: ignore[attr-defined]
        raise PermissionDenied("Changing it is for those who may change a lead of the company.")
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def company_cell(request: SignedInRequest, pk: int, name: str) -> HttpResponse:
    """GET draws one fact as a form (with `shown` as it is), POST saves it."""
    found = _editable(request, pk)
    cell = cells.cell_of(found, name)
    if cell is None:
        raise Http404
    if request.method != "POST":
        return _shown(request, cell) if request.GET.get("shown") else _form(request, cell)
    seen = request.POST.get("seen", "").replace("\r\n", "\n")
    typed = cell.typed(request.POST)
    try:
        changed = cells.change(cell, typed, seen=seen, by=request.user, at=database_now())
    except Refused as refusal:
        said = refusal.fields.get(name, refusal.message)
        stands = refusal.facts.get("stands", seen)
        return _form(request, cell, typed, seen=stands, said=said, status=refusal.status)
    now = cells.cell_of(showing.visible_company(request.user, pk), name)
    assert now is not None
    if changed:
        _keep(request, cell, became=now.text)
        undo = reverse("company-cell-undo", args=[pk, name])
        said = f"{cell.label} of {found} changed."
        messages.success(request, said, extra_tags=f"undo:{undo}")
    return _shown(request, now)


def _keep(request: SignedInRequest, cell: cells.Cell, *, became: str) -> None:
    """What stood there, with whoever changed it: the audit trail leaves values out."""
    kept = request.session.get(CHANGED, {})
    key = _key(cell.company.pk, cell.name)
    kept = {name: pair for name, pair in kept.items() if name != key}
    kept[key] = [cell.text, became]
    request.session[CHANGED] = dict(list(kept.items())[-MOST_KEPT:])


def _key(pk: int, name: str) -> str:
    return f"{pk}/{name}"


@require_POST
def company_cell_undo(request: SignedInRequest, pk: int, name: str) -> HttpResponse:
    """Take one's own last change of a fact back, unless somebody changed it since."""
    found = _editable(request, pk)
    cell, kept = cells.cell_of(found, name), request.session.get(CHANGED, {})
    if cell is None:
        raise Http404
    if _key(pk, name) not in kept:
        messages.error(request, f"{cell.label} was put back already.")
        return redirect(found)
    before, became = kept.pop(_key(pk, name))
    request.session[CHANGED] = kept
    try:
        cells.take_back(cell, before, seen=became, by=request.user, at=database_now())
    except Refused as refusal:
        since = refusal.code == "changed_meanwhile"
        said = f"{cell.label} was changed since, and stays." if since else refusal.message
        messages.error(request, said)
    else:
        stay = " Whoever joined the company by its domain stays." if name == "domain" else ""
        messages.success(request, f"Undone.{stay}")
    return redirect(found)


def _form(
    request: SignedInRequest,
    cell: cells.Cell,
    value: str | list[str] | None = None,
    *,
    seen: str | None = None,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    value = cell.text if value is None else value
    context = {
        **cell.context(value),
        "seen": cell.text if seen is None else seen,
        "said": said,
        "at": database_now(),
    }
    name = "leads/_cell_form.html" if request.htmx else "leads/cell.html"
    return render(request, name, context, status=status)


def _shown(request: SignedInRequest, cell: cells.Cell) -> HttpResponse:
    if not request.htmx:
        return redirect(cell.company)
    context = {"company": cell.company, "fact": cell.fact, "fresh": True, "at": database_now()}
    return render(request, "leads/_company_fact_saved.html", context)


@require_POST
def company_owner(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say whose the company is; its new people go to them first."""
    found = showing.visible_company(request.user, pk)
    must(request.user.role in showing.OWNERS_CHOSEN_BY, "Whose it is, managers of sales say.")
    asked = request.POST.get("owner", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    owner = get_object_or_404(showing.reps(), pk=number) if number else None
    try:
        if editing.give(found, owner, by=request.user, at=database_now()):
            messages.success(request, f"{found} is {owner}’s now." if owner else
                             f"{found} is nobody’s now.")  # fmt: skip
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect(found)


@require_POST
def company_merge(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make another company, by its number, name or domain, part of this one."""
    found, named = _editable(request, pk), request.POST.get("other", "").replace("\x00", "").strip()
    other = _called(request.user, named, but=found)
    if other is None:
        messages.error(request, f"There is no other company “{named[:80]}” that you may change.")
        return redirect(found)
    try:
        came = joining.merge(found, other, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        people = "1 person" if came == 1 else f"{came:,} people"
        undo = reverse("company-take-apart", args=[other.pk])
        messages.success(request, f"{other} is {found} now; {people} came.",
                         extra_tags=f"undo:{undo}")  # fmt: skip
    return redirect(found)


def _called(user: User, named: str, *, but: Company) -> Company | None:
    """One company of this number, domain or name, of those this person may change."""
    mine = Company.objects.editable_by(user).exclude(pk=but.pk)
    if named.isascii() and named.isdigit() and len(named) < 19:
        return mine.filter(pk=int(named)).first()
    exact = Q(domain=named.casefold()) if "." in named else Q()
    return mine.filter(exact | Q(name__iexact=named)).order_by("pk").first() if named else None


@require_POST
def company_take_apart(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo a merge."""
    merged = get_object_or_404(Company.everything.exclude(merged_into=None), pk=pk)
    _editable(request, merged.merged_into_id or 0)
    try:
        left = joining.take_apart(merged, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("company-list")
    messages.success(request, f"{merged} stands by itself again.")
    return redirect(left)


@require_POST
def lead_role(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say which part somebody has in what their company decides."""
    found = visible_lead(request.user, pk)
    must(rights(request.user, found).may_edit, "Roles are for those who may change this lead.")
    return perform(request, found, lambda at: roles.say(
        found, request.POST.get("role", ""), by=request.user, at=at
    ))  # fmt: skip
