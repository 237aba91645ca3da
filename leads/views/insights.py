"""What sales hears about a persona: written down on the lead's page, taken back by its author."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads import insights
from leads.forms_sales import InsightForm
from leads.models import Insight
from leads.views.answers import fill_in, posted
from leads.views.lead import must
from leads.views.workspace import rights, visible_lead


@require_http_methods(["GET", "POST"])
def lead_insight(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write down what this lead said."""
    found = visible_lead(request.user, pk)
    may = rights(request.user, found)
    must(may.may_work or may.may_edit, "Insights come from those who speak with the lead.")
    form = InsightForm(posted(request))

    def deed(at: datetime) -> str:
        if found.persona is None:
            raise Refused("This lead fits no persona any more; nobody could be meant.")
        data = form.cleaned_data
        made, new = insights.add(found, data["about"], data["words"], by=request.user, at=at)
        if not new:
            return f"“{made}” was noted already."
        undo = reverse("insight-drop", args=[made.pk])
        messages.success(request, f"Noted for {found.persona}: {made}.", extra_tags=f"undo:{undo}")
        return ""

    return fill_in(
        request, found, form, deed, template="leads/_sheet_insight.html", submit="Note it",
        title=f"What did {found.name} say?",
        known=insights.known_words(found.persona) if found.persona else [],
    )  # fmt: skip


@require_POST
def insight_drop(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take back what one has noted oneself."""
    mine = Insight.objects.visible_to(request.user).filter(by=request.user)
    insight = get_object_or_404(mine.select_related("lead"), pk=pk)
    lead = insight.lead
    insight.delete()
    messages.success(request, "Taken back.")
    return redirect(lead)
