"""How good sales found the leads: by campaign, persona, source and definition."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.instants import database_now
from accounts.models import Role
from accounts.requests import SignedInRequest
from leads.models import Feedback
from leads.quality_figures import BY, FEW, WEIGHT, overall, standings
from leads.quality_rules import by_rule
from leads.views.access import MARKETING, only_for

PERIODS = {"90": "90 days", "365": "A year", "all": "All"}
LATEST = 20
TITLES = {
    "campaign": "By campaign",
    "persona": "By persona at the handoff",
    "source": "By source",
    "definition": "By what let them in",
    "rule": "By the rule that lifted them over the threshold",
}


@require_safe
@only_for(*MARKETING, Role.SALES_MANAGER)
def quality(request: SignedInRequest) -> HttpResponse:
    """The ratings of the leads one may see, and the latest words."""
    at = database_now()
    asked = request.GET.get("days", "90")
    days = asked if asked in PERIODS else "90"
    feedback = Feedback.objects.visible_to(request.user)
    if days != "all":
        feedback = feedback.filter(at__gte=at - timedelta(days=int(days)))
    everything = overall(feedback)
    context = {
        "periods": PERIODS,
        "days": days,
        "all": everything,
        "tables": [
            *((by, TITLES[by], standings(feedback, by, prior=everything.mean)) for by in BY),
            ("rule", TITLES["rule"], by_rule(feedback, prior=everything.mean)),
        ] if everything.count else [],
        "latest": feedback.select_related("by", "handoff__lead__campaign")[:LATEST],
        "few": FEW,
        "weight": WEIGHT,
        "at": at,
    }  # fmt: skip
    return render(request, "leads/quality.html", context)
