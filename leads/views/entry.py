"""The quick form: one lead after another by hand, with what became of the last ones beside it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.instants import database_now
from accounts.models import Team, User
from accounts.requests import SignedInRequest
from leads import countries
from leads.capture import Captured, capture_leads
from leads.capture_forms import QuickForm
from leads.duplicates.likely import Likely, likely_duplicates
from leads.models import Lead
from leads.views.access import EVERYBODY, only_for

LAST, KEPT = "entry_last", "entry_kept"
SHOWN = 8


@dataclass(slots=True)
class Saved:
    """One of the last saves, as the page lists it."""

    created: bool
    lead: Lead | None
    name: str
    handed_over: bool
    duplicates: list[Likely] = field(default_factory=list)
    hidden: int = 0


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*EVERYBODY)
def lead_new(request: SignedInRequest) -> HttpResponse:
    """Enter a lead; saved, the form is empty again but for what the next lead will share."""
    at, user = database_now(), request.user
    if request.method != "POST":
        form = QuickForm(user=user, initial=request.session.get(KEPT, {}))
        return _page(request, form, at=at)
    form = QuickForm(request.POST, user=user)
    if form.is_valid():
        captured = capture_leads([form.row()], by=user, team=_team(user), at=at)[0]
        for name, words in captured.refused.items():
            form.add_error(name if name in form.fields else None, words)
    if form.errors:
        return _page(request, form, at=at, status=422)
    _remember(request, form, captured)
    if not request.htmx:
        return redirect("lead-new")
    return _page(request, QuickForm(user=user, initial=request.session[KEPT]), at=at, saved=True)


def _team(user: User) -> Team | None:
    """Whose lead it is when no campaign says so: the person's own team's."""
    ids = user.marketing_teams or user.sales_teams
    return Team.objects.get(pk=ids[0]) if ids else None


def _remember(request: SignedInRequest, form: QuickForm, captured: Captured) -> None:
    lead, typed = captured.lead, form.cleaned_data
    assert lead is not None
    line = {
        "lead": lead.pk,
        # As typed: what another team calls the person is theirs.
        "name": f"{typed['first_name']} {typed['last_name']}".strip() or typed["email"],
        "created": captured.created,
        "handed_over": captured.handoff is not None,
        "duplicates": [[likely.lead.pk, likely.why] for likely in likely_duplicates(lead)],
    }
    request.session[LAST] = [line, *request.session.get(LAST, [])][:SHOWN]
    request.session[KEPT] = {name: typed[name] for name in QuickForm.REMEMBERED}


def last_saves(lines: list[dict[str, Any]], user: User) -> list[Saved]:
    """The last saves as they stand now, in one query; what is not for this person is counted."""
    wanted = {line["lead"] for line in lines}
    wanted |= {pk for line in lines for pk, _ in line["duplicates"]}
    visible = Lead.objects.visible_to(user).select_related("owner", "pool").in_bulk(wanted)
    saves = []
    for line in lines:
        lead = visible.get(line["lead"])
        likely = [Likely(visible[pk], why) for pk, why in line["duplicates"] if pk in visible]
        hidden = len(line["duplicates"]) - len(likely)
        saves.append(
            Saved(line["created"], lead, line["name"], line["handed_over"], likely, hidden)
        )
    return saves


def _page(
    request: SignedInRequest,
    form: QuickForm,
    *,
    at: datetime,
    status: int = 200,
    saved: bool = False,
) -> HttpResponse:
    form.focus()
    context = {
        "form": form,
        "saves": last_saves(request.session.get(LAST, []), request.user),
        "countries": countries.names(),
        "saved": saved,
        "at": at,
    }
    template = "leads/_entry.html" if request.htmx else "leads/lead_new.html"
    return render(request, template, context, status=status)
