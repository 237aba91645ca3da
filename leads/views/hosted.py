"""Forms anyone may fill in: the hosted page, its thanks, and the script that embeds it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from allauth.account.adapter import get_adapter
from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.instants import database_now
from leads import hosted
from leads.capture import capture_leads
from leads.capture_forms import HostedForm
from leads.models import CaptureForm

# Other people's pages may show these, and only these, in a frame.
EMBEDDABLE: Any = csp_replace({"frame-ancestors": ["*"]})
AGAIN = "This page was open for a long time. Please send it once more."
TOO_MUCH = "That was too much text for this form. Please write less and send it again."
WAIT = "Too many forms were sent from your connection. Please wait a minute and send it again."

log = structlog.get_logger(__name__)


@login_not_required
@csrf_exempt  # embedded cross-site, where no cookie of ours arrives; leads.hosted signs instead
@xframe_options_exempt
@EMBEDDABLE
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hosted_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form; take what a person filled in, and from a robot nothing."""
    asks, at = _form(slug), database_now()
    if request.method == "POST":
        try:
            return _received(request, asks, at=at)
        except RequestDataTooBig:
            return _too_much(request, asks, at=at)
    origin = hosted.origin_of(
        request.GET.dict(),
        referrer=request.headers.get("Referer", ""),
        page=request.build_absolute_uri(),
        host=request.get_host(),
    )
    campaign = hosted.campaign_of(asks, request.GET.get("campaign", ""))
    return _page(request, asks, HostedForm(asks=asks), hosted.issue(asks, origin, campaign, at=at))


@login_not_required
@xframe_options_exempt
@EMBEDDABLE
@require_safe
def hosted_thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that it arrived."""
    return render(request, "leads/hosted_thanks.html", {"asks": _form(slug), **_frame(request)})


@login_not_required
@cache_control(public=True, max_age=300)
@require_safe
def hosted_form_js(request: HttpRequest, slug: str) -> HttpResponse:
    """The script another site includes: it puts the form, in a frame, where the script stands."""
    context = {"facts": {"path": reverse("hosted-form", args=[slug]), "title": _form(slug).name}}
    return render(request, "leads/embed.js", context, content_type="text/javascript; charset=utf-8")


def _form(slug: str) -> CaptureForm:
    forms = CaptureForm.objects.select_related("campaign")
    return get_object_or_404(forms, slug=slug, is_active=True)


def _received(request: HttpRequest, asks: CaptureForm, *, at: datetime) -> HttpResponse:
    form, text = HostedForm(request.POST, asks=asks), request.POST.get("token", "")
    if hosted.over_limit(get_adapter(request).get_client_ip(request)):
        form.add_error(None, WAIT)
        return _page(request, asks, form, text, status=429)
    if form.trapped or not text:
        return _robot(request, asks, "trap" if form.trapped else "no token")
    try:
        token = hosted.read_token(asks, text, at=at)
    except hosted.BadToken:
        return _ask_again(request, asks, form, {}, asks.campaign.slug, at=at)
    if token.is_too_quick(at):
        return _robot(request, asks, "too quick")
    if token.is_too_old(at):
        return _ask_again(request, asks, form, token.origin, token.campaign, at=at)
    if not form.is_valid():
        return _page(request, asks, form, text, status=422)
    return _captured(request, asks, form, token, text, at=at)


def _captured(
    request: HttpRequest,
    asks: CaptureForm,
    form: HostedForm,
    token: hosted.Token,
    text: str,
    *,
    at: datetime,
) -> HttpResponse:
    if not hosted.claim(token.nonce):
        return _thanks(request, asks)
    row: dict[str, Any] = {
        **form.facts(),
        **token.origin,
        "campaign": token.campaign,
        "touchpoint": asks.touchpoint,
        "source": token.origin.get("utm_source", "website")[:60],
    }
    if form.cleaned_data.get("consent"):
        row["consent"] = {"text": token.consent_text, "time": at}
    stored = False
    try:
        captured = capture_leads([row], by=None, at=at)[0]
        stored = not captured.refused
    finally:
        # Whatever went wrong, sending the same page again must not be taken for a double click.
        (hosted.keep_claim if stored else hosted.release)(token.nonce)
    for name, words in captured.refused.items():
        form.add_error(name if name in form.fields else None, words)
    return _thanks(request, asks) if stored else _page(request, asks, form, text, status=422)


def _robot(request: HttpRequest, asks: CaptureForm, why: str) -> HttpResponse:
    # It must not learn what gave it away.
    log.info("form_robot_turned_away", form=asks.slug, why=why)
    return _thanks(request, asks)


def _thanks(request: HttpRequest, asks: CaptureForm) -> HttpResponse:
    query = "?embed=1" if _frame(request)["embedded"] else ""
    return HttpResponseRedirect(reverse("hosted-thanks", args=[asks.slug]) + query)


def _ask_again(
    request: HttpRequest,
    asks: CaptureForm,
    form: HostedForm,
    origin: Mapping[str, str],
    campaign: str,
    *,
    at: datetime,
) -> HttpResponse:
    form.add_error(None, AGAIN)
    return _page(request, asks, form, hosted.issue(asks, origin, campaign, at=at), status=422)


def _too_much(request: HttpRequest, asks: CaptureForm, *, at: datetime) -> HttpResponse:
    # Nothing of it was read, so there is no field to complain of.
    form = HostedForm({}, asks=asks)
    form.errors.clear()
    form.add_error(None, TOO_MUCH)
    token = hosted.issue(asks, {}, asks.campaign.slug, at=at)
    return _page(request, asks, form, token, status=413)


def _page(
    request: HttpRequest, asks: CaptureForm, form: HostedForm, token: str, *, status: int = 200
) -> HttpResponse:
    context = {"asks": asks, "form": form, "token": token, **_frame(request)}
    return render(request, "leads/hosted_form.html", context, status=status)


def _frame(request: HttpRequest) -> dict[str, bool]:
    return {"embedded": "embed" in request.GET}
