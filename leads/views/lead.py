"""The lead page, and what is done with one lead on it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads import dealing, mentions, qualification, quality, sourcing, taking_back, unlogging
from leads.activities import log_touch
from leads.editing import edit, last_edit
from leads.forms_sales import (
    DealForm,
    DetailsForm,
    DisqualifyForm,
    EndForm,
    HandOverForm,
    TouchForm,
)
from leads.handover import hand_over, missing_for_mql
from leads.models import LOGGED_BY_HAND, Activity, Kind, Lead, Outcome, Sourced
from leads.offered.on_sale import on_sale
from leads.views.answers import fill_in, perform, posted
from leads.views.workspace import (
    rights,
    timeline_context,
    visible_lead,
    workspace_context,
)

either = require_http_methods(["GET", "POST"])
LOG_TITLES = {"call": "Log a call", "email": "Log an e-mail", "meeting": "Log a meeting"}


@require_GET
def lead(request: SignedInRequest, pk: int) -> HttpResponse:
    """The page; with `before` and htmx, the next page of its timeline."""
    before = request.GET.get("before", "")
    if before and request.htmx:
        found = visible_lead(request.user, pk)
        at = database_now()
        context = {"lead": found, **timeline_context(found, before, by=request.user, at=at)}
        return render(request, "leads/_timeline.html", context)
    try:
        context = workspace_context(request.user, pk, before=before)
    except Http404:
        # Merged into another since: on to it, for those who may see that one.
        return redirect(get_object_or_404(Lead.objects.visible_to(request.user), former__pk=pk))
    return render(request, "leads/lead.html", context)


def must(allowed: bool, words: str) -> None:
    """Turn away at the door (403) whoever may see the lead but not do this to it."""
    if not allowed:
        raise PermissionDenied(words)


def must_work(request: SignedInRequest, found: Lead, what: str) -> None:
    must(rights(request.user, found).may_work, f"{what} is for those who work this lead.")


@either
def activity(request: SignedInRequest, pk: int) -> HttpResponse:
    """Log a call, e-mail, meeting or note: two clicks, the second is the outcome."""
    found = visible_lead(request.user, pk)
    asked = (request.POST if request.method == "POST" else request.GET).get("kind", "")
    kind = asked if asked in LOGGED_BY_HAND else Kind.NOTE
    may = rights(request.user, found)
    must(
        may.may_work or (kind == Kind.NOTE and may.may_edit),
        "Logging a touch is for those who work this lead.",
    )
    form = TouchForm(posted(request), kind=kind, zone=ZoneInfo(request.user.time_zone))
    form.fields["note"].widget.attrs["data-mention"] = reverse("lead-mentions", args=[pk])

    def deed(at: datetime) -> str:
        data = form.cleaned_data
        done = log_touch(found, kind, by=request.user, at=at, **data)
        undo = f"undo:{reverse('touch-undo', args=[done.pk])}"
        if unseen := mentions.not_told(done):
            messages.warning(request, unseen)
        said = f": {Outcome(done.outcome).label.lower()}" if done.outcome else ""
        messages.success(request, f"{Kind(kind).label} logged{said}.", extra_tags=undo)
        return ""

    return fill_in(
        request, found, form, deed,
        template="leads/_sheet_touch.html", kind=kind,
        title=f"{LOG_TITLES.get(kind, 'Add a note')}: {found.name}",
    )  # fmt: skip


@require_POST
def touch_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take back what one logged oneself a moment ago."""
    mine = Activity.objects.filter(actor=request.user, kind__in=LOGGED_BY_HAND)
    seen = mine.filter(lead__in=Lead.objects.visible_to(request.user))
    logged = get_object_or_404(seen.select_related("lead"), pk=pk)

    def deed(at: datetime) -> str:
        stays = unlogging.take_back(logged, by=request.user, at=at)
        return " ".join([f"{logged.get_kind_display()} taken back.", *stays])

    return perform(request, logged.lead, deed)


@require_GET
def lead_mentions(request: SignedInRequest, pk: int) -> JsonResponse:
    """Colleagues to mention, for what was typed after an @ (static/js/mention.js)."""
    found = visible_lead(request.user, pk)
    typed = request.GET.get("q", "")[:60]
    people = mentions.offered(found, typed, by=request.user)
    return JsonResponse(
        {"people": [{"name": str(each), "about": each.role.label} for each in people]}
    )


@either
def disqualify(request: SignedInRequest, pk: int) -> HttpResponse:
    """It will not buy."""
    return _end(request, pk, "disqualify")


@either
def recycle(request: SignedInRequest, pk: int) -> HttpResponse:
    """Not now: back to marketing."""
    return _end(request, pk, "recycle")


ENDS = {
    "disqualify": ("Disqualify", "It will not buy. The reason counts in marketing's figures.",
                   "{name} is disqualified."),
    "recycle": ("Back to nurture", "Not now. Marketing keeps in touch and may send it again.",
                "{name} went back to marketing."),
    # What sales found itself, which marketing does not know of.
    "rest": ("Let it rest", "Not now. It stays with sales; whoever found it can take it up again.",
             "{name} rests."),
}  # fmt: skip


def _end(request: SignedInRequest, pk: int, how: str) -> HttpResponse:
    found = visible_lead(request.user, pk)
    own = found.sourced_by == Sourced.SALES
    title, intro, done = ENDS["rest" if own and how == "recycle" else how]
    must_work(request, found, title)
    # Nobody has to be told how good one's own find was.
    form = DisqualifyForm(posted(request)) if own else EndForm(posted(request))

    def deed(at: datetime) -> str:
        said = dict(form.cleaned_data)
        rating = said.pop("rating", None)
        with transaction.atomic():
            handoff = getattr(qualification, how)(found, by=request.user, at=at, **said)
            if rating:
                why = said["note"] or qualification.DISQUALIFY_REASONS[said["reason"]]
                quality.rate(handoff, rating, by=request.user, at=at, why=why)
        return done.format(name=found.name)

    return fill_in(
        request, found, form, deed, title=f"{title}: {found.name}", intro=intro, submit=title,
        danger=how == "disqualify",
    )  # fmt: skip


@either
def deal(request: SignedInRequest, pk: int) -> HttpResponse:
    """Open a deal with an amount, or join one that is open with the same company."""
    found = visible_lead(request.user, pk)
    must_work(request, found, "A deal")
    name = found.company or found.name
    there = list(dealing.to_join(found))
    form = DealForm(posted(request), initial={"name": name, "currency": "USD"}, there=there)

    def deed(at: datetime) -> str:
        data = form.cleaned_data
        if joining := data.pop("join", None):
            made, new = dealing.join(found, joining, by=request.user, at=at)
            return f"{found.name} is on “{made}” {'now' if new else 'already'}."
        made, new = qualification.open_deal(found, by=request.user, at=at, **data)
        return f"Deal “{made.name}” is open." if new else f"“{made.name}” was open already."

    return fill_in(
        request, found, form, deed, template="leads/_sheet_deal.html",
        title=f"Open a deal: {found.name}", submit="Save deal", offers=on_sale(found.persona_id),
    )  # fmt: skip


@either
def hand_off(request: SignedInRequest, pk: int) -> HttpResponse:
    """Hand over to sales; a lead short of the definition needs a reason."""
    found = visible_lead(request.user, pk)
    must(
        rights(request.user, found).may_hand_over,
        "Handing over is for marketing and for those who captured the lead.",
    )
    form = HandOverForm(posted(request))

    def deed(at: datetime) -> str:
        made = hand_over([found], by=request.user, at=at, **form.cleaned_data)[0]
        return f"{found.name} is with {made.owner or made.pool or 'the sales manager'} now."

    missing = missing_for_mql(found, at=database_now())
    if not missing:
        del form.fields["override_reason"]
    return fill_in(
        request, found, form, deed, title=f"Hand over {found.name}", submit="Hand over to sales",
        missing=missing, template="leads/_sheet_hand_over.html",
    )  # fmt: skip


@require_POST
def take_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo a handover of one's own that nobody in sales has acted on."""
    found = visible_lead(request.user, pk)
    must(
        rights(request.user, found).may_hand_over,
        "Taking back is for whoever handed the lead over.",
    )

    def deed(at: datetime) -> str:
        taking_back.take_back(found, by=request.user, at=at)
        return f"{found.name} is with marketing again."

    return perform(request, found, deed)


@require_POST
def take_up(request: SignedInRequest, pk: int) -> HttpResponse:
    """Work again on a lead that sales found and that rests."""
    found = visible_lead(request.user, pk)
    must(rights(request.user, found).may_take_up, "Taking it up is for whoever found it.")

    def deed(at: datetime) -> str:
        sourcing.take_up(found, by=request.user, at=at)
        return f"{found.name} is yours again."

    return perform(request, found, deed)


@either
def edit_details(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change who the person is; what changed is recorded and the score follows."""
    found = visible_lead(request.user, pk)
    must(
        rights(request.user, found).may_edit,
        "These details are for those who own the lead to change.",
    )
    form = DetailsForm(posted(request), lead=found)

    def deed(at: datetime) -> str:
        if not edit(found, _changed(form, found), by=request.user, at=at):
            return "Nothing was changed."
        if done := last_edit(found, request.user):
            undo = reverse("lead-edit-undo", args=[pk, done.pk])
            messages.success(request, "Details saved.", extra_tags=f"undo:{undo}")
        return ""

    return fill_in(
        request, found, form, deed, title="Edit details", submit="Save details", wide=True
    )


def _changed(form: DetailsForm, found: Lead) -> dict[str, Any]:
    """Only what was changed in the form: what somebody else changed meanwhile stays theirs."""
    return {name: form.cleaned_data[name] for name in form.changed_data}
