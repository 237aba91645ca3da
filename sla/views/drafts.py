"""The draft of the next contract: read, named, signed, discarded."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts import two_signatures
from accounts.confirming import confirm_password
from accounts.instants import database_now
from accounts.refusals import Conflict, NotAllowed, Refused
from accounts.requests import SignedInRequest
from sla import agreement, reading
from sla.clocks.rebasing import Plan
from sla.contracts import drafting, ending, signing, wording
from sla.contracts.differences import differences, never_reached
from sla.contracts.forms import SettingsForm
from sla.models import Contract, Side, Term
from sla.views import moves

WHAT_IF_DAYS = 90
View = Callable[..., HttpResponse]


def for_drafters(view: View) -> View:
    """403 to all but managers of marketing and of sales."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not drafting.sides_of(request.user):
            raise PermissionDenied("A contract is drafted by managers of marketing and of sales.")
        try:
            return view(request, *args, **kwargs)
        except NotAllowed as problem:
            raise PermissionDenied(problem.message) from None

    return guarded


@require_http_methods(["GET", "POST"])
def draft(request: SignedInRequest) -> HttpResponse:
    """The draft with everything one may do about it; posting saves its name and settings."""
    if request.method == "POST":
        return _save(request)
    if not request.user.is_manager:
        raise PermissionDenied("Drafts of the contract are between the managers.")
    return page(request, at=database_now())


@for_drafters
def _save(request: SignedInRequest) -> HttpResponse:
    at = database_now()
    contract = drafting.draft()
    if contract is None:
        return page(request, at=at, conflict=Conflict(drafting.GONE), status=409)
    form = _settings(request, contract, at=at)
    if not form.is_valid():
        return page(request, at=at, form=form, status=422)
    base = request.POST.get("base", "")
    try:
        changes = drafting.save_settings(form.values(), base=base, by=request.user, at=at)
    except Conflict as conflict:
        return page(request, at=at, form=form, conflict=conflict, status=409)
    messages.success(request, said(changes), extra_tags=f"saved:contract-settings-{base[:16]}")
    return redirect("contract-draft")


@require_POST
@for_drafters
def begin(request: SignedInRequest) -> HttpResponse:
    """Begin a draft as a copy of what is in force; where there is one, go to it."""
    at = database_now()
    try:
        contract = drafting.begin(by=request.user, at=at)
    except Conflict as conflict:
        return page(request, at=at, conflict=conflict, status=409)
    messages.success(request, f"Version {contract.version} is a draft; nobody is bound by it yet.")
    return redirect("contract-draft")


@require_POST
@for_drafters
def discard(request: SignedInRequest) -> HttpResponse:
    """Throw the draft away."""
    at = database_now()
    try:
        drafting.discard(base=request.POST.get("base", ""), by=request.user, at=at)
    except Conflict as conflict:
        return page(request, at=at, conflict=conflict, status=409)
    messages.success(request, "The draft is discarded; what is in force stays.")
    return redirect("contract")


@require_POST
@for_drafters
def sign(request: SignedInRequest) -> HttpResponse:
    """Sign for one side, or take that back; the last signature may move the running clocks."""
    at = database_now()
    contract, side = drafting.draft(), request.POST.get("side", "")
    if contract is None:
        messages.error(request, "There is no draft to sign: it was signed or discarded meanwhile.")
        return redirect("contract")
    if side not in Side.values:
        missing = Refused("Say for which side you sign: marketing or sales.")
        return page(request, at=at, conflict=missing, status=422)
    if side not in drafting.sides_of(request.user):
        raise PermissionDenied("You sign for the side whose manager you are.")
    base, move = request.POST.get("base", ""), request.POST.get("move") == "on"
    move = move and "keep" not in request.POST
    try:
        if "take_back" in request.POST:
            signing.take_back(Side(side), by=request.user, at=at)
            messages.success(request, "Your signature is taken back.")
            return redirect("contract-draft")
        if move and request.POST.get("confirmed") != base:
            plan = signing.looked_at(contract, at=at)
            if plan.moved:
                return page(request, at=at, plan=plan, side=side)
        confirm_password(request, request.POST.get("password", ""))
        signed = signing.sign(Side(side), base=base, by=request.user, at=at, move=move)
    except Refused as refused:
        wrong: dict[str, Any] = {}
        if refused.code == "password":
            wrong = {"wrong": refused.message, "wrong_side": side}
            if {"confirmed", "keep"} & set(request.POST):  # what would move is on the page already
                wrong |= {"plan": signing.looked_at(contract, at=at), "side": side}
        return page(request, at=at, conflict=refused, status=refused.status, move=move, **wrong)
    messages.success(request, _signed_words(signed, at=at))
    return redirect("contract" if signed.agreed else "contract-draft")


def _signed_words(signed: signing.Signed, *, at: datetime) -> str:
    version, starts = signed.contract.version, signed.contract.in_force_from
    if not signed.agreed:
        return "Signed. The other side’s signature is missing."
    if starts is not None and starts > at:
        return f"Both sides have signed version {version}; it waits for its day."
    moved = len(signed.plan.moved) if signed.plan else 0
    also = f" {moved} running deadline{'s'[: moved != 1]} moved." if moved else ""
    return f"Both sides have signed: version {version} is in force.{also}"


def said(changes: list[str]) -> str:
    """What saving did, for the toast."""
    return "Saved." if changes else "Nothing was different, so the draft stays as it is."


def _settings(request: SignedInRequest, contract: Contract, *, at: datetime) -> SettingsForm:
    zone = ZoneInfo(request.user.time_zone)
    data = request.POST if request.method == "POST" and "hop_limit" in request.POST else None
    return SettingsForm(data, contract=contract, zone=zone, at=at)


def page(
    request: SignedInRequest, *, at: datetime, status: int = 200, form: SettingsForm | None = None,
    conflict: Refused | None = None, plan: Plan | None = None, **more: Any,
) -> HttpResponse:  # fmt: skip
    """The draft's page as it is now, with what was typed and what was wrong."""
    contract = drafting.draft()
    context: dict[str, Any] = {
        "at": at,
        "contract": contract,
        "waiting": drafting.scheduled(at),
        "ending": ending.open_ending(),
        "mine": drafting.sides_of(request.user),
        "conflict": conflict,
        "plan": plan,
        **more,
    }
    if contract is not None:
        terms = drafting.terms_of(contract)
        running = signing.running_elsewhere(contract).count()
        context |= {
            "form": form or _settings(request, contract, at=at),
            "settings_base": drafting.ticket(contract),
            "base": drafting.whole_ticket(contract, terms),
            "problems": signing.problems(contract, terms, at=at),
            "blocks": wording.blocks(contract.text or wording.text_of(contract, terms, at=at)),
            "left": two_signatures.left_to_others(contract, request.user),
            "rows": [(side, _rows(terms, side)) for side in Side],
            "monthly": [
                {"promise": promise, "base": drafting.ticket(promise)}
                for promise in drafting.monthly_of(contract)
            ],
            "signatures": _signatures(request, contract),
            "running": running,
            **_against_what_is_in_force(contract, terms, at=at),
        }
        if plan is not None:
            context |= {
                "moves": moves.told(plan, request.user),
                "staying": running - len(plan.moves),
            }
    return render(request, "sla/contract_draft.html", context, status=status)


def _rows(terms: list[Term], side: Side) -> list[dict[str, Any]]:
    """One side's promises with their places among those of their kind."""
    unreached = {term.pk: earlier for term, earlier in never_reached(terms)}
    rows = []
    for promise in reading.promises(tuple(terms), side):
        kin = [t for t in terms if t.measure == promise.term.measure]
        place = kin.index(promise.term)
        rows.append({
            "p": promise,
            "base": drafting.ticket(promise.term),
            "kind": promise.term.measure.replace("_", " "),
            "of": len(kin),
            # Who is asked before it, of its kind.
            "after": kin[place - 1] if place else None,
            "behind": unreached.get(promise.term.pk),
        })  # fmt: skip
    return rows


def _signatures(request: SignedInRequest, contract: Contract) -> list[dict[str, Any]]:
    mine = drafting.sides_of(request.user)
    by = {
        Side.MARKETING: contract.signed_for_marketing_by,
        Side.SALES: contract.signed_for_sales_by,
    }
    at = {
        Side.MARKETING: contract.signed_for_marketing_at,
        Side.SALES: contract.signed_for_sales_at,
    }
    return [
        {
            "side": side, "by": by[side], "at": at[side], "may": side in mine,
            "may_sign": side.value in two_signatures.unsigned(contract, request.user),
            # With this signature both have signed.
            "last": by[side] is None and all(by[other] for other in Side if other != side),
        }
        for side in Side
    ]  # fmt: skip


def _against_what_is_in_force(
    contract: Contract, terms: list[Term], *, at: datetime
) -> dict[str, Any]:
    """What the draft changes, what it no longer has, and where to replay the past under it."""
    now = agreement.in_force(at)
    if now is None:
        return {"changes": [], "gone": [], "now": None}
    keys = {term.key for term in terms}
    return {
        "now": now,
        "changes": differences(Contract.objects.get(pk=now.id), now.terms, contract, terms),
        "gone": [term for term in now.terms if term.key not in keys],
        "what_if": f"{reverse('what-if')}?{urlencode({'days': WHAT_IF_DAYS, 'contract': 'on'})}",
    }
