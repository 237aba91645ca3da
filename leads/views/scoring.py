"""The scoring rules: read, proposed, looked at before they count, signed by both sides."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import two_signatures
from accounts.instants import database_now
from accounts.models import Role, User
from accounts.refusals import Conflict, Refused
from accounts.requests import SignedInRequest
from leads import scoring
from leads.models import Feedback, Lead, ScoreDraft, ScoreRules, ScoreRun
from leads.quality_figures import Standing, overall
from leads.quality_rules import by_rule
from leads.score_rules import drafting
from leads.score_rules.backtest import backtest
from leads.score_rules.form import RulesForm
from leads.score_rules.preview import SHOWN, preview
from leads.score_rules.words import differences, lines
from leads.views.access import EVERYBODY, MARKETING, only_for

VERSIONS_SHOWN = 20
FORMSETS = ("fit", "engagement")


@require_GET
@only_for(*EVERYBODY)
def scoring_rules(request: SignedInRequest) -> HttpResponse:
    """The rules in force in words, the draft if there is one, and the run that applies them."""
    at = database_now()
    sees_ratings = request.user.role in (*MARKETING, Role.SALES_MANAGER)
    rated = _rated(request.user) if sees_ratings else {}
    version, rules = scoring.current_rules(at)
    draft = drafting.open_draft()
    context = {
        "at": at,
        "version": version,
        "lines": [(line, rated.get(line.name)) for line in lines(rules)],
        "sees_ratings": sees_ratings,
        "draft": draft,
        "changes": differences(rules, draft.rules) if draft else [],
        "may_propose": drafting.may_propose(request.user),
        "sides": two_signatures.unsigned(draft, request.user) if draft else [],
        "left": two_signatures.left_to_others(draft, request.user) if draft else "",
        "versions": ScoreRules.objects.all()[:VERSIONS_SHOWN],
        "run": ScoreRun.objects.first(),
    }
    return render(request, "leads/scoring.html", context)


def _rated(user: User) -> dict[str, Standing]:
    """What sales said of the leads that each rule lifted over the threshold, by its name."""
    feedback = Feedback.objects.visible_to(user)
    return {each.name: each for each in by_rule(feedback, prior=overall(feedback).mean)}


@require_http_methods(["GET", "POST"])
def scoring_edit(request: SignedInRequest) -> HttpResponse:
    """The form. “Add” gives one more row and keeps what was typed."""
    if not drafting.may_propose(request.user):
        raise PermissionDenied("Scoring rules are proposed by marketers and managers.")
    at = database_now()
    draft = drafting.open_draft()
    rules = draft.rules if draft else scoring.current_rules(at)[1]
    seen = draft.edits if draft else 0
    if request.method == "GET":
        return _form(request, RulesForm(rules), seen=seen)
    typed = request.POST.copy()
    seen = _number(typed.get("seen", ""))
    if (adding := typed.get("add")) in FORMSETS:
        total = f"{adding}-TOTAL_FORMS"
        typed[total] = str(_number(typed.get(total, "")) + 1)
        return _form(request, RulesForm(rules, typed), seen=seen, adding=adding)
    form = RulesForm(rules, typed)
    if not form.is_valid():
        return _form(request, form, seen=seen, status=422)
    try:
        drafting.save(form.rules(), by=request.user, at=at, seen=seen)
    except (Conflict, Refused) as refusal:
        now = drafting.open_draft()
        seen = now.edits if now else 0
        status = 409 if isinstance(refusal, Conflict) else 422
        return _form(request, form, seen=seen, status=status, refusal=str(refusal))
    messages.success(request, "Saved as a draft. It counts when both sides have signed.")
    return redirect("scoring")


def _form(
    request: SignedInRequest, form: RulesForm, *, seen: int, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"at": database_now(), "form": form, "seen": seen, **more}
    return render(request, "leads/scoring_edit.html", context, status=status)


@require_GET
@only_for(*EVERYBODY)
def scoring_preview(request: SignedInRequest) -> HttpResponse:
    """What the draft would do to the leads that are here; those one may see by name."""
    draft, at = _draft(), database_now()
    found = preview(draft.rules, at=at)
    crossing = [*found.entering, *found.leaving]
    seen = set(
        Lead.objects.visible_to(request.user)
        .filter(pk__in=[each.lead.pk for each in crossing])
        .values_list("pk", flat=True)
    )
    context = {
        "at": at,
        "found": found,
        "entering": [c for c in found.entering if c.lead.pk in seen][:SHOWN],
        "leaving": [c for c in found.leaving if c.lead.pk in seen][:SHOWN],
    }
    return render(request, "leads/_scoring_preview.html", context)


@require_GET
@only_for(*EVERYBODY)
def scoring_backtest(request: SignedInRequest) -> HttpResponse:
    """What the draft would have said of handoffs whose end is known."""
    draft, at = _draft(), database_now()
    before, after = backtest(draft.rules, at=at)
    bands = list(zip(before.bands, after.bands, strict=True))
    chart = {
        "kind": "bar",
        "categories": [f"{band.first}–{band.last}" for band in before.bands],
        "series": [
            {"name": "In force", "tone": "quiet", "data": _rates(before.bands)},
            {"name": "Draft", "tone": "accent", "data": _rates(after.bands)},
        ],
        "unit": " %",
        "min": 0,
    }
    context = {"at": at, "before": before, "after": after, "bands": bands, "chart": chart}
    return render(request, "leads/_scoring_backtest.html", context)


def _rates(bands: Any) -> list[float | None]:
    return [None if band.rate is None else round(band.rate * 100, 1) for band in bands]


@require_GET
@only_for(*EVERYBODY)
def scoring_progress(request: SignedInRequest) -> HttpResponse:
    """How far the run is that scores every lead again."""
    context = {"at": database_now(), "run": ScoreRun.objects.first()}
    return render(request, "leads/_scoring_run.html", context)


@require_POST
def scoring_sign(request: SignedInRequest) -> HttpResponse:
    """Sign the draft for one's side; the second signature publishes it."""
    if not two_signatures.sides_of(request.user):
        raise PermissionDenied("Scoring rules are signed by a marketing and a sales manager.")
    seen, side = _number(request.POST.get("seen", "")), request.POST.get("side", "")
    try:
        made = drafting.sign(side, by=request.user, at=database_now(), seen=seen)
    except (Conflict, Refused) as refusal:
        messages.error(request, str(refusal))
    else:
        said = f"Scoring v{made.version} is in force; every lead is scored again." if made else None
        messages.success(request, said or f"Signed for {side}.")
    return redirect("scoring")


@require_POST
def scoring_discard(request: SignedInRequest) -> HttpResponse:
    """Throw the draft away."""
    if not drafting.may_propose(request.user):
        raise PermissionDenied("Scoring rules are proposed by marketers and managers.")
    try:
        seen = _number(request.POST.get("seen", ""))
        drafting.discard(by=request.user, at=database_now(), seen=seen)
    except Conflict as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The draft is gone; the rules stay as they are.")
    return redirect("scoring")


def _draft() -> ScoreDraft:
    draft = drafting.open_draft()
    if draft is None:
        raise Http404("There is no draft of the scoring rules.")
    return draft


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
