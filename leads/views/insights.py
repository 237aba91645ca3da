"""What a lead said: written down on its page, taken back there, put back by the message."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import SignedInRequest
from leads import insights, needs
from leads.forms_sales import InsightForm
from leads.models import Insight
from leads.views.answers import fill_in, perform
from leads.views.lead import must
from leads.views.workspace import rights, visible_lead


@require_http_methods(["GET", "POST"])
def lead_insight(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write down what this lead said; what its persona is thought to say is one click."""
    found = visible_lead(request.user, pk)
    may = rights(request.user, found)
    must(may.may_work or may.may_edit, "Insights come from those who speak with the lead.")
    asked = request.GET.get("about", "")
    form = InsightForm(
        _typed(request.POST) if request.method == "POST" else None,
        initial={"about": asked if asked in Insight.About.values else Insight.About.PAIN},
    )

    def deed(at: datetime) -> str:
        made, new = insights.add(found, by=request.user, at=at, **form.cleaned_data)
        if not new:
            return f"“{made}” was noted already."
        undo = reverse("insight-drop", args=[made.pk])
        messages.success(request, f"Noted: {made}.", extra_tags=f"undo:{undo}")
        return ""

    persona = found.persona
    return fill_in(
        request, found, form, deed, template="leads/_sheet_insight.html", submit="Note it",
        title=f"What did {found.name} say?",
        known=insights.known_words(persona) if persona else [],
        thoughts=needs.really_said(persona) if persona else [],
    )  # fmt: skip


def _typed(posted: QueryDict) -> QueryDict:
    """What was typed, or the thought that was pressed: its heading, a colon, its words."""
    about, colon, words = posted.get("pick", "").partition(":")
    if not colon:
        return posted
    picked = posted.copy()
    picked["about"], picked["words"] = about, words
    return picked


@require_POST
def insight_drop(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take back what one has noted oneself, or of a lead that one works."""
    insight = _mine(request, pk)

    def deed(at: datetime) -> str:
        insights.take_back(insight, by=request.user, at=at)
        undo = reverse("insight-put-back", args=[insight.pk])
        messages.success(request, "Taken back.", extra_tags=f"undo:{undo}")
        return ""

    return perform(request, insight.lead, deed)


@require_POST
def insight_put_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo that."""
    insight = _mine(request, pk)

    def deed(at: datetime) -> str:
        insights.put_back(insight, by=request.user, at=at)
        return f"“{insight}” counts again."

    return perform(request, insight.lead, deed)


def _mine(request: SignedInRequest, pk: int) -> Insight:
    seen = Insight.objects.visible_to(request.user).select_related("lead")
    insight = get_object_or_404(seen, pk=min(pk, 2**62))
    if insight.by_id != request.user.pk:
        may = rights(request.user, visible_lead(request.user, insight.lead_id))
        must(may.may_work, "What somebody else noted is for those who work the lead to take back.")
    return insight
