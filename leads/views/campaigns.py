"""Campaigns with what they brought, and the forms that feed them."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.instants import database_now
from accounts.models import Role
from accounts.requests import SignedInRequest
from leads.campaign_forms import CampaignForm
from leads.campaign_results import chart, results, trend
from leads.models import Campaign, Feedback, Lead
from leads.quality_figures import overall
from leads.views.access import MARKETING, only_for

READERS = (*MARKETING, Role.SALES_MANAGER)
NEWEST = 8


@require_safe
@only_for(*READERS)
def campaign_list(request: SignedInRequest) -> HttpResponse:
    """Every campaign one may see, with its figures."""
    campaigns = Campaign.objects.visible_to(request.user).select_related("team")
    context = {
        "rows": results(campaigns),
        "may_edit": request.user.is_marketing,
        "at": database_now(),
    }
    return render(request, "leads/campaigns.html", context)


@require_safe
@only_for(*READERS)
def campaign(request: SignedInRequest, slug: str) -> HttpResponse:
    """One campaign: figures, trend by week, its newest leads, its forms."""
    campaigns = Campaign.objects.visible_to(request.user).select_related("team")
    found, at = get_object_or_404(campaigns, slug=slug), database_now()
    weeks = trend([found], at=at, time_zone=request.user.time_zone)
    leads = Lead.objects.visible_to(request.user).filter(campaign=found)
    context = {
        "campaign": found,
        "row": results([found])[0],
        "quality": overall(
            Feedback.objects.visible_to(request.user).filter(handoff__lead__campaign=found)
        ),
        "weeks": weeks,
        "chart": chart(weeks),
        "leads": leads.select_related("owner", "persona")[:NEWEST],
        "forms": found.forms.all() if request.user.is_marketing else [],
        "may_edit": request.user.is_marketing,
        "at": at,
    }
    return render(request, "leads/campaign.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*MARKETING)
def campaign_new(request: SignedInRequest) -> HttpResponse:
    """Start a campaign."""
    return _edit(request, Campaign(), "New campaign")


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*MARKETING)
def campaign_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """Change a campaign: what was spent, mostly."""
    campaigns = Campaign.objects.visible_to(request.user)
    return _edit(request, get_object_or_404(campaigns, slug=slug), "Edit campaign")


def _edit(request: SignedInRequest, instance: Campaign, heading: str) -> HttpResponse:
    at = database_now()
    data = request.POST if request.method == "POST" else None
    kept = f"campaign-{instance.slug or 'new'}"
    form = CampaignForm(data, instance=instance, user=request.user)
    if data is not None and form.is_valid():
        with transaction.atomic():
            saved = form.save()
            audit.record("campaign_saved", saved, by=request.user, at=at, facts=_changed(form))
        messages.success(request, f"Campaign {saved} saved.")
        # The page tells the browser to forget what it kept of the form (data-saved).
        return redirect(reverse("campaign", args=[saved.slug], query={"saved": kept}))
    slug = instance.slug if instance.pk else ""
    context = {"form": form, "heading": heading, "slug": slug, "kept": kept, "at": at}
    status = 422 if data is not None else 200
    return render(request, "leads/campaign_form.html", context, status=status)


def _changed(form: CampaignForm) -> dict[str, Any]:
    return {name: str(form.cleaned_data[name]) for name in form.changed_data}
