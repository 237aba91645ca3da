"""A cell of the list of leads: its form, saved where it stands, told of conflicts, undone."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from accounts import configuration
from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.lists import cells, columns, fields
from leads.lists.choices import Choices
from leads.lists.fields import Field
from leads.lists.kinds import Kind
from leads.models import Activity, Lead
from leads.models import Kind as Happened
from leads.tagging import Words
from leads.views.access import EVERYBODY, only_for
from leads.views.answers import page


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*EVERYBODY)
def lead_cell(request: SignedInRequest, pk: int, name: str) -> HttpResponse:
    """GET draws the cell as a form (with `shown` as it is), POST saves it."""
    lead = _editable(request, pk)
    field = fields.known().get(name)
    if field is None or not field.is_editable:
        raise Http404
    if request.method != "POST":
        if request.GET.get("shown"):
            return _left(request, lead, field)
        return _form(request, lead, field, cells.text_of(lead, field))
    typed: str | list[str] = request.POST.get("value", "")
    if field.kind == Kind.CHOICES:
        typed = [value for value in request.POST.getlist("value") if value]
    seen = request.POST.get("seen", "").replace("\r\n", "\n")
    try:
        done = cells.change(lead, field, typed, seen=seen, by=request.user, at=database_now())
    except Refused as refusal:
        said = refusal.fields.get(field.name, refusal.message)
        stands = refusal.facts.get("stands", seen)
        return _form(request, lead, field, typed, seen=stands, said=said, status=refusal.status)
    if done is not None:
        undo = reverse("lead-edit-undo", args=[pk, done.pk])
        now = Lead.objects.get(pk=pk)
        became = f" It is {now.get_stage_display()} now." if now.stage != lead.stage else ""
        said = f"{field.label} of {lead.name} changed.{became}"
        messages.success(request, said, extra_tags=f"undo:{undo}")
    return _left(request, Lead.objects.get(pk=pk), field)


def _left(request: SignedInRequest, lead: Lead, field: Field) -> HttpResponse:
    """The cell as it is now; on the lead's own page all that may follow from it, such as the
    score."""
    if request.htmx and request.htmx.current_url_abs_path == lead.get_absolute_url():
        return page(request, lead)
    return _shown(request, lead, field)


@require_POST
@only_for(*EVERYBODY)
def lead_edit_undo(request: SignedInRequest, pk: int, edit: int) -> HttpResponse:
    """Take an edit of one's own back, as far as nobody changed the same since."""
    lead = _editable(request, pk)
    mine = Activity.objects.filter(lead=lead, kind=Happened.EDITED, actor=request.user)
    edited = get_object_or_404(mine, pk=edit)
    try:
        stays = cells.take_back(edited, fields.known(), by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        if stays:
            messages.error(request, f"{', '.join(stays)} was changed since, and stays.")
        else:
            messages.success(request, "Undone.")
    return redirect(came_from(request))


def came_from(request: SignedInRequest) -> str:
    """The page a toast's button was pressed on, if it is one of ours; else the list."""
    referer = request.headers.get("Referer", "")
    host = {request.get_host()}
    if url_has_allowed_host_and_scheme(referer, host, require_https=request.is_secure()):
        return referer
    return reverse("lead-list")


def _editable(request: SignedInRequest, pk: int) -> Lead:
    if pk > 2**62:
        raise Http404
    get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    lead = Lead.objects.editable_by(request.user).filter(pk=pk).first()
    if lead is None:
        raise PermissionDenied("Changing this is for those who may edit the lead.")
    return lead


def _form(
    request: SignedInRequest,
    lead: Lead,
    field: Field,
    value: str | list[str],
    *,
    seen: str | None = None,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    chosen = value if isinstance(value, list) else value.split("; ")
    context: dict[str, Any] = {
        "whose": lead.name,
        "address": reverse("lead-cell", args=[lead.pk, field.name]),
        "leave": reverse("lead-list"),
        "field": field,
        "value": value,
        "chosen": chosen if field.kind == Kind.CHOICES else [value],
        "choices": cells.choices_of(field, Choices(request.user, stamp=configuration.stamp())),
        "several": field.kind == Kind.CHOICES,
        "input_type": "date" if field.kind == Kind.DAY else "text",
        "seen": cells.text_of(lead, field) if seen is None else seen,
        "said": said,
        "at": database_now(),
    }
    name = "leads/_cell_form.html" if request.htmx else "leads/cell.html"
    return render(request, name, context, status=status)


def _shown(request: SignedInRequest, lead: Lead, field: Field) -> HttpResponse:
    if not request.htmx:
        return redirect("lead-list")
    [column] = columns.chosen([field.name], {field.name: field})
    [line] = columns.lines([lead], [column], Words(), editable={lead.pk})
    context = {"cell": line.cells[0], "lead": lead, "at": database_now()}
    return render(request, "leads/_cell_saved.html", context)
