"""Fields of one's own: managers list, make, change, order, remove, bring back and erase them."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.instants import database_now
from accounts.models import Role
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads import normalise
from leads.custom_fields import changing, usage
from leads.custom_fields.asking import Asked
from leads.custom_fields.form import FieldForm
from leads.custom_fields.reading import read
from leads.custom_fields.registry import FieldRules, rules_of
from leads.custom_fields.saying import said
from leads.models import CustomField
from leads.views.access import only_for

# What pages show fields of.
ABOUT = (CustomField.About.LEAD, CustomField.About.COMPANY)
MANAGERS = (Role.MARKETING_MANAGER, Role.SALES_MANAGER, Role.ADMIN)


@require_GET
@only_for(*MANAGERS)
def field_list(request: SignedInRequest) -> HttpResponse:
    """The fields in their order, and the removed ones."""
    fields = CustomField.objects.filter(about__in=ABOUT)
    context = {
        "fields": fields.filter(about=CustomField.About.LEAD).in_use(),
        "of_companies": fields.filter(about=CustomField.About.COMPANY).in_use(),
        "removed": fields.exclude(removed_at=None).order_by("-removed_at"),
        "at": database_now(),
    }
    return render(request, "leads/fields.html", context)


@require_GET
@only_for(*MANAGERS)
def field_usage(request: SignedInRequest) -> HttpResponse:
    """What leads carry, with and without a field."""
    context = {"carried": usage.carried(), "at": database_now()}
    return render(request, "leads/_field_usage.html", context)


@require_http_methods(["GET", "POST"])
@only_for(*MANAGERS)
def field_new(request: SignedInRequest) -> HttpResponse:
    """Make one, `about` leads or companies; `key` names a further field that becomes it."""
    at = database_now()
    asked = request.POST if request.method == "POST" else request.GET
    about = CustomField.About.COMPANY if asked.get("about") == "company" else CustomField.About.LEAD
    key = asked.get("key", "")[:60] if about == CustomField.About.LEAD else ""
    if request.method == "GET":
        label = key.replace("_", " ").strip()
        initial = {"label": label[:1].upper() + label[1:]} if key else {}
        return _form(request, FieldForm(initial=initial, about=about), key=key)
    form = FieldForm(request.POST, about=about)
    if form.is_valid():
        name = form.cleaned_data["name"]
        try:
            made = changing.make(
                form.facts(), by=request.user, at=at, about=about, name=name, key=key
            )
        except Refused as refusal:
            _add_errors(form, refusal)
            return _form(request, form, key=key, status=refusal.status)
        _tell(request, made, f"“{made.field}” is a field now.", kept="field-new")
        return redirect("field-list")
    return _form(request, form, key=key, status=422)


@require_http_methods(["GET", "POST"])
@only_for(*MANAGERS)
def field(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change one."""
    found = get_object_or_404(CustomField, pk=pk, erasing_since=None)
    if request.method == "GET":
        return _form(request, FieldForm(field=found), found=found)
    form, seen = FieldForm(request.POST, field=found), request.POST.get("seen", "")
    if not form.is_valid():
        return _form(request, form, found=found, seen=seen, status=422)
    try:
        saved = changing.change(
            found, form.facts(), by=request.user, at=database_now(), seen=seen
        )  # fmt: skip
    except Refused as refusal:
        found.refresh_from_db()
        _add_errors(form, refusal)
        return _form(request, form, found=found, status=refusal.status)
    _tell(request, saved, f"“{saved.field}” is saved.", kept=f"field-{pk}")
    return redirect("field-list")


def _add_errors(form: Form, refusal: Refused) -> None:
    mine = {name: words for name, words in refusal.fields.items() if name in form.fields}
    for name, words in mine.items():
        form.add_error(name, words)
    if not mine:
        form.add_error(None, refusal.message)


def _tell(request: SignedInRequest, saved: changing.Saved, words: str, *, kept: str) -> None:
    if saved.turning:
        words += f" The values of {saved.turning:,} leads are being turned over."
    for choice, count in saved.standing:
        leads = "lead still has" if count == 1 else "leads still have"
        words += f" {count:,} {leads} “{choice}”, which is no choice any more."
    messages.success(request, words, extra_tags=f"saved:{kept}")


def _form(
    request: SignedInRequest,
    form: FieldForm,
    *,
    found: CustomField | None = None,
    key: str = "",
    seen: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "found": found,
        "key": key,
        "seen": seen or (changing.ticket(found) if found else ""),
        "used_by": usage.used_by(rules_of(found)) if found else [],
        **_example(rules_of(found) if found and not form.is_bound else form.example()),
        "at": database_now(),
    }
    return render(request, "leads/field.html", context, status=status)


@require_POST
@only_for(*MANAGERS)
def field_example(request: SignedInRequest) -> HttpResponse:
    """The field as it will be asked for, and what becomes of what is typed into it."""
    rules = FieldForm(request.POST).example()
    context = {**_example(rules, request.POST.get("try", "")), "at": database_now()}
    return render(request, "leads/_field_example.html", context)


def _example(rules: FieldRules, typed: str = "") -> dict[str, Any]:
    form, words, wrong = Form(), "", False
    form.fields["example"] = Asked(rules)
    try:
        value = read(rules, typed)
    except ValueError as error:
        words, wrong = normalise.sentence(error), True
    else:
        form.initial["example"] = value
        words = "" if value is None else f"Shown as {said(rules, value)}"
    return {"tried": form["example"], "words": words, "wrong": wrong}


@require_POST
@only_for(*MANAGERS)
def field_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    found = get_object_or_404(CustomField, pk=pk)
    up = request.POST.get("to") == "up"
    changing.move(found, up=up, by=request.user, at=database_now())
    return redirect(f"{reverse('field-list')}#field-{pk}")


@require_POST
@only_for(*MANAGERS)
def field_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show it nowhere; its values stay."""
    found = get_object_or_404(CustomField, pk=pk)
    try:
        changing.remove(found, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        undo = reverse("field-bring-back", args=[pk])
        words = f"“{found}” is removed; its values are kept."
        messages.success(request, words, extra_tags=f"undo:{undo}")
    return redirect("field-list")


@require_POST
@only_for(*MANAGERS)
def field_bring_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show it again."""
    found = get_object_or_404(CustomField, pk=pk)
    try:
        changing.bring_back(found, by=request.user, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"“{found}” is back, with its values.")
    return redirect("field-list")


@require_http_methods(["GET", "POST"])
@only_for(*MANAGERS)
def field_erase(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say how much goes for good, and ask for the field's label; then have it deleted."""
    found = get_object_or_404(CustomField.objects.exclude(removed_at=None), pk=pk)
    typed, wrong = request.POST.get("label", ""), ""
    if request.method == "POST":
        if typed.strip().casefold() == found.label.casefold():
            try:
                changing.erase(found, by=request.user, at=database_now())
            except Refused as refusal:
                messages.error(request, refusal.message)
            else:
                messages.success(request, f"“{found}” and its values are being erased.")
            return redirect("field-list")
        wrong = f"“{typed[:80]}” is not the label; write “{found.label}”."
    rules = rules_of(found)
    context = {
        "found": found,
        "leads": usage.leads_with(rules),
        "used_by": usage.used_by(rules),
        "typed": typed,
        "wrong": wrong,
        "at": database_now(),
    }
    return render(request, "leads/field_erase.html", context, status=422 if wrong else 200)
