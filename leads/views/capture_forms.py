"""The forms on our own and other people's pages: make one, see it, copy the line that embeds it."""

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads.campaign_forms import CaptureFormForm
from leads.capture_forms import ASKABLE, HostedForm, own_asked
from leads.models import Campaign, CaptureForm
from leads.views.access import MARKETING, only_for


def _mine(request: SignedInRequest) -> QuerySet[CaptureForm]:
    campaigns = Campaign.objects.visible_to(request.user)
    return CaptureForm.objects.filter(campaign__in=campaigns).select_related("campaign", "owner")


@require_safe
@only_for(*MARKETING)
def form_list(request: SignedInRequest) -> HttpResponse:
    """Every form of one's campaigns."""
    forms = list(_mine(request))
    for form in forms:
        form.link = request.build_absolute_uri(reverse("hosted-form", args=[form.slug]))  # type: ignore[attr-defined]
    return render(request, "leads/forms.html", {"forms": forms, "at": database_now()})


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*MARKETING)
def form_new(request: SignedInRequest) -> HttpResponse:
    """Make a form."""
    asked = Campaign.objects.visible_to(request.user).filter(slug=request.GET.get("campaign", ""))
    return _edit(request, CaptureForm(owner=request.user, campaign=asked.first()))


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*MARKETING)
def form_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """Change a form; its address stays."""
    return _edit(request, get_object_or_404(_mine(request), slug=slug))


@require_POST
@only_for(*MARKETING)
def form_preview(request: SignedInRequest) -> HttpResponse:
    """How the form being edited would look; nothing is written."""
    form = CaptureFormForm(request.POST, user=request.user)
    return render(request, "leads/_form_preview.html", _preview(_drafted(form)))


def _drafted(form: CaptureFormForm) -> CaptureForm:
    """The form as typed so far, right or wrong."""
    typed = form.data.get
    names = ("name", "headline", "intro", "button", "consent_text")
    facts = {name: str(typed(name, ""))[:4000] for name in names}
    asks: list[str] = form.data.getlist("asks")  # type: ignore[attr-defined]
    own = own_asked(asks)
    asks = [name for name in asks if name in ASKABLE or name in own]
    return CaptureForm(fields=asks, **facts)


def _preview(asks: CaptureForm) -> dict[str, object]:
    return {"asks": asks, "preview": HostedForm(asks=asks, auto_id="preview_%s")}


def _edit(request: SignedInRequest, instance: CaptureForm) -> HttpResponse:
    at, is_new, kept = database_now(), instance.pk is None, f"form-{instance.slug or 'new'}"
    data = request.POST if request.method == "POST" else None
    form = CaptureFormForm(data, instance=instance, user=request.user)
    if data is not None and form.is_valid():
        with transaction.atomic():
            saved = form.save()
            audit.record("form_saved", saved, by=request.user, at=at)
        messages.success(request, f"Form {saved} saved.")
        return redirect(reverse("form", args=[saved.slug], query={"saved": kept}))
    if data is not None:
        shown = _drafted(form)
    else:
        asks = ["email", *form.initial["asks"]]
        shown = CaptureForm(button=instance.button, fields=asks) if is_new else instance
    context = {"form": form, "slug": "" if is_new else instance.slug, "kept": kept, "at": at}
    context |= _preview(shown)
    if not is_new:
        context |= {"link": _link(request, "hosted-form", instance.slug)}
        context |= {"script": _link(request, "hosted-form-js", instance.slug)}
    return render(request, "leads/form.html", context, status=422 if data is not None else 200)


def _link(request: SignedInRequest, name: str, slug: str) -> str:
    return request.build_absolute_uri(reverse(name, args=[slug]))
