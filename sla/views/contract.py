"""The agreement in force, in words, for everybody to read."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.instants import database_now
from accounts.models import Team
from accounts.refusals import Conflict
from accounts.requests import SignedInRequest
from leads.models import Tier
from personas.models import Definition
from sla import agreement, reading
from sla.contracts import drafting, ending, signing, wording
from sla.contracts.differences import differences
from sla.contracts.pdf import pdf_of
from sla.models import Contract, Ending, MonthlyPromise, Side, Term
from sla.spans import read_instant
from sla.views import moves
from sla.views.drafts import for_drafters


@require_GET
def contract(request: SignedInRequest) -> HttpResponse:
    """Promises, working hours, definitions, and when a lead would be due."""
    at = database_now()
    zone = ZoneInfo(request.user.time_zone)
    found = agreement.in_force(at)
    context: dict[str, Any] = {
        "at": at,
        "year": at.astimezone(zone).year,
        "teams": reading.team_hours(at.astimezone(zone).year),
        "definitions": Definition.objects.in_force(at),
        "agreement": found,
        "draft": drafting.draft() if request.user.is_manager else None,
        "mine": drafting.sides_of(request.user),
        "waiting": drafting.scheduled(at),
        "ending": ending.open_ending(),
        "ended": None if found else Ending.objects.done().select_related("contract").first(),
        "elsewhere": 0,
        "rules": wording.RULES,
    }
    if found is not None:
        context |= {
            "contract": Contract.objects.select_related(
                "signed_for_marketing_by", "signed_for_sales_by"
            ).get(pk=found.id),
            "sides": [(side, reading.promises(found.terms, side)) for side in Side],
            "monthly": list(MonthlyPromise.objects.filter(contract=found.id).order_by("pk")),
            "calculator": _calculator(request, found, zone=zone, at=at),
        }
        if context["mine"]:
            context["elsewhere"] = signing.running_elsewhere(context["contract"]).count()
    return render(request, "sla/contract.html", context)


@require_http_methods(["GET", "POST"])
@for_drafters
def move(request: SignedInRequest) -> HttpResponse:
    """What moving the clocks of older versions onto the one in force would do, and doing it."""
    at = database_now()
    now = agreement.in_force(at)
    if now is None:
        raise Http404("No contract is in force.")
    found, conflict = Contract.objects.get(pk=now.id), None
    if request.POST.get("confirmed") == str(found.version):
        try:
            moved = len(signing.move_running(found, by=request.user, at=at).moved)
        except Conflict as busy:
            conflict = busy
        else:
            messages.success(request, f"{moved} running deadline{'s'[: moved != 1]} moved.")
            return redirect("contract")
    plan = signing.looked_at(found, at=at)
    context = {
        "at": at,
        "contract": found,
        "conflict": conflict,
        "plan": plan,
        "moves": moves.told(plan, request.user),
        "staying": signing.running_elsewhere(found).count() - len(plan.moves),
    }
    status = 409 if conflict else 422 if request.method == "POST" else 200
    return render(request, "sla/contract_move.html", context, status=status)


@require_GET
def versions(request: SignedInRequest) -> HttpResponse:
    """Every version there was, newest first: who signed it when, and what it changed."""
    at = database_now()
    found = list(_agreed().prefetch_related("terms", "monthly"))
    rows = [
        {
            "contract": now,
            "state": _state(now, at),
            "changes": differences(was, _terms(was), now, _terms(now)) if was else [],
            "first": was is None,
        }
        for now, was in zip(found, [*found[1:], None], strict=True)
    ]
    context = {
        "at": at,
        "rows": rows,
        "mine": drafting.sides_of(request.user),
        "ending": ending.open_ending(),
    }
    return render(request, "sla/contract_versions.html", context)


@require_GET
def version(request: SignedInRequest, number: int) -> HttpResponse:
    """One version in full, whether in force or not."""
    at = database_now()
    found = get_object_or_404(_agreed(), version=number)
    terms = tuple(drafting.terms_of(found))
    context = {
        "at": at,
        "contract": found,
        "state": _state(found, at),
        "sides": [(side, reading.promises(terms, side)) for side in Side],
        "monthly": drafting.monthly_of(found),
        "blocks": wording.blocks(found.text),
        "intact": wording.sha256_of(found.text) == found.text_sha256,
    }
    return render(request, "sla/contract_version.html", context)


@require_GET
def plain_text(request: SignedInRequest, number: int) -> HttpResponse:
    """The signed words, byte for byte what the hash is of."""
    found = get_object_or_404(_signed(), version=number)
    answer = HttpResponse(found.text.encode(), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="contract-{number}.txt"'
    return answer


@require_GET
def pdf(request: SignedInRequest, number: int) -> HttpResponse:
    """The same words on paper, with the hash and who signed them when."""
    found = get_object_or_404(_signed(), version=number)
    answer = HttpResponse(pdf_of(found), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="contract-{number}.pdf"'
    return answer


def _signed() -> QuerySet[Contract]:
    """The versions whose words are kept."""
    return _agreed().exclude(text_sha256="")


def _agreed() -> QuerySet[Contract]:
    signers = ("signed_for_marketing_by", "signed_for_sales_by")
    ended = Ending.objects.done().filter(contract=OuterRef("pk"), ends_at=OuterRef("in_force_to"))
    found = Contract.objects.agreed().annotate(was_ended=Exists(ended))
    return found.select_related(*signers).order_by("-version")


def _terms(contract: Contract) -> list[Term]:
    """As prefetched, in the order of the contract."""
    return sorted(contract.terms.all(), key=lambda term: (term.order, term.pk))


def _state(contract: Contract, at: datetime) -> str:
    starts, ends = contract.in_force_from, contract.in_force_to
    if starts is not None and starts > at:
        return "waits"
    if ends is None or ends > at:
        return "in force"
    return "ended" if contract.was_ended else "over"  # type: ignore[attr-defined]


def _calculator(
    request: SignedInRequest, found: agreement.Agreement, *, zone: ZoneInfo, at: datetime
) -> dict[str, Any]:
    """ "If a lead came at … it would be due at …"; without a question, now."""
    teams = list(Team.objects.filter(kind=Team.Kind.SALES))
    team = next((t for t in teams if t.slug == request.GET.get("team")), None)
    own = (t for t in teams if t.pk in request.user.sales_teams)
    team = team or next(own, None) or next(iter(teams), None)
    tier = request.GET.get("tier", "")
    tier = tier if tier in Tier.values else Tier.HOT.value
    text, error = request.GET.get("start", ""), ""
    try:
        start = read_instant(text, zone) if text else at
    except ValueError as problem:
        start, error = at, str(problem)
    return {
        "start": start.astimezone(zone),
        "typed": text or f"{start.astimezone(zone):%Y-%m-%dT%H:%M}",
        "error": error,
        "tier": tier,
        "tiers": Tier,
        "team": team,
        "teams": teams,
        "asked": bool(text) and not error,
        "forecast": (
            reading.forecast(found, start=start, tier=tier, team_id=team.pk) if team else []
        ),
    }
