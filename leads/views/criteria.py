"""Criteria of qualification: which there are, where each is in force, changed by sales managers."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.instants import database_now
from accounts.models import Role
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.criteria import checks, keeping
from leads.criteria import form as forms
from leads.criteria.shipped import SHIPPED
from leads.custom_fields.rules import labels
from leads.models import Framework
from leads.views.access import EVERYBODY, only_for

MANAGERS = (Role.SALES_MANAGER, Role.ADMIN)


@require_safe
@only_for(*EVERYBODY)
def criteria_list(request: SignedInRequest) -> HttpResponse:
    """Those in use, those to begin with, and what was taken away."""
    in_use = list(Framework.objects.in_use().prefetch_related("pools"))
    names = {framework.name.casefold() for framework in in_use}
    context = {
        "frameworks": _with_checks(in_use),
        "shipped": [
            (key, each) for key, each in SHIPPED.items() if each["name"].casefold() not in names
        ],
        "removed": Framework.objects.exclude(removed_at=None)[:50],
        "may_keep": request.user.role in MANAGERS,
        "at": database_now(),
    }
    return render(request, "leads/criteria.html", context)


def _with_checks(frameworks: Sequence[Framework]) -> list[tuple[Framework, list[Any]]]:
    """Each with its questions, and what each answers itself by, in words."""
    asked = [q["check"] for each in frameworks for q in each.questions if q.get("check")]
    own, names = labels(asked), checks.persona_names()

    def by(question: Any) -> str:
        return checks.words(question["check"], own, names) if question.get("check") else ""

    return [(each, [(q, by(q)) for q in each.questions]) for each in frameworks]


@require_http_methods(["GET", "POST"])
@only_for(*MANAGERS)
def criteria_new(request: SignedInRequest) -> HttpResponse:
    """Make some; `from` begins with known ones."""
    begun = SHIPPED.get(request.GET.get("from", ""), {"questions": []})
    return _edit(request, None, begun)


@require_http_methods(["GET", "POST"])
@only_for(*MANAGERS)
def criteria_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change some, and where they are in force."""
    framework = get_object_or_404(Framework.objects.in_use(), pk=pk)
    begun = {**forms.initial(framework), "questions": framework.questions}
    return _edit(request, framework, begun)


def _edit(
    request: SignedInRequest, framework: Framework | None, begun: dict[str, Any]
) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = forms.FrameworkForm(data, user=request.user, initial=begun)
    rows = forms.rows(begun["questions"], data)
    seen = str(framework.edits if framework else 0)
    context = {
        "framework": framework, "form": form, "rows": rows, "at": database_now(),
        "seen": request.POST.get("seen", seen),
    }  # fmt: skip
    if data is None:
        return render(request, "leads/criteria_form.html", context)
    if not (form.is_valid() & rows.is_valid()):
        return render(request, "leads/criteria_form.html", context, status=422)
    told = request.POST.get("seen", "")
    try:
        saved = keeping.save(
            forms.wanted(form, rows, framework), by=request.user, at=database_now(),
            framework=framework,
            seen=int(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0,
        )  # fmt: skip
    except Refused as refusal:
        if "name" in refusal.fields:
            form.add_error("name", refusal.fields["name"])
        else:
            context |= {"refusal": refusal.message, "seen": seen}
        return render(request, "leads/criteria_form.html", context, status=refusal.status)
    messages.success(request, f"{saved} is kept.")
    if "add" in request.POST:
        return redirect("criteria", saved.pk)
    return redirect("criteria-list")


@require_POST
@only_for(*MANAGERS)
def criteria_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take them away; the message puts them back."""
    framework = get_object_or_404(Framework, pk=pk)
    try:
        keeping.remove(framework, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("criteria-list")
    undo = reverse("criteria-put-back", args=[pk])
    messages.success(request, f"{framework} is gone.", extra_tags=f"undo:{undo}")
    return redirect("criteria-list")


@require_POST
@only_for(*MANAGERS)
def criteria_put_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo it."""
    framework = get_object_or_404(Framework, pk=pk)
    try:
        keeping.put_back(framework, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("criteria-list")
    messages.success(request, f"{framework} is back.")
    return redirect("criteria-list")
