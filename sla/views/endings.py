"""The end of a version: asked for by one side, read and signed by the other."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import two_signatures
from accounts.confirming import confirm_password
from accounts.instants import database_now
from accounts.refusals import NotAllowed, Refused
from accounts.requests import SignedInRequest
from sla.contracts import drafting, ending
from sla.models import Contract, Ending, Side
from sla.spans import read_instant
from sla.views.drafts import for_drafters


@require_http_methods(["GET", "POST"])
@for_drafters
def end(request: SignedInRequest, number: int) -> HttpResponse:
    """Ask the other side to end a version, or to take it back before its day, with one's own
    signature."""
    found = get_object_or_404(Contract.objects.agreed(), version=number)
    if request.method == "GET":
        return _page(request, found)
    at = database_now()
    mine = drafting.sides_of(request.user)
    typed = {name: request.POST.get(name, "") for name in ("ends_at", "why", "side")}
    side = Side(typed["side"]) if typed["side"] in mine else mine[0]
    try:
        ends_at = _instant(typed["ends_at"], request)
        ending.reasoned(typed["why"])  # before the password, which is typed anew after each refusal
        confirm_password(request, request.POST.get("password", ""))
        made = ending.ask(
            found, side, ends_at=ends_at, why=typed["why"], by=request.user, at=at
        )  # fmt: skip
    except NotAllowed:
        raise
    except Refused as refused:
        return _page(request, found, refused=refused, typed=typed, wrong_side="ask")
    other = two_signatures.OTHER[side.value]
    messages.success(
        request, f"Asked. Version {number} stays as it is until a manager of {other} signs."
    )
    return redirect("contract-end", made.contract.version)


def _instant(text: str, request: SignedInRequest) -> Any:
    if not text.strip():
        return None
    try:
        return read_instant(text, ZoneInfo(request.user.time_zone))
    except ValueError as problem:
        raise Refused(str(problem), fields={"ends_at": str(problem)}) from None


@require_POST
@for_drafters
def sign(request: SignedInRequest, number: int) -> HttpResponse:
    """Sign what the other side asked, or drop it."""
    found = get_object_or_404(Contract.objects.agreed(), version=number)
    made = Ending.objects.open().filter(contract=found).select_related("contract").first()
    if made is None:
        messages.error(request, "That was taken back or is done already.")
        return redirect("contract")
    at, side = database_now(), request.POST.get("side", "")
    try:
        if "drop" in request.POST:
            ending.drop(made, by=request.user, at=at)
            messages.success(request, f"Version {number} stays as it is.")
            return redirect("contract")
        if side not in Side.values:
            raise Refused("Say for which side you sign: marketing or sales.")
        two_signatures.check_side(side, by=request.user)
        two_signatures.check_second(made, side, by=request.user)
        confirm_password(request, request.POST.get("password", ""))
        done = ending.sign(made, Side(side), by=request.user, at=at)
    except NotAllowed:
        raise
    except Refused as refused:
        return _page(request, found, refused=refused, wrong_side=side)
    if done.takes_back:
        messages.success(request, f"Version {number} is a draft again; both sides sign it anew.")
        return redirect("contract-draft")
    when = "has ended" if done.ends_at is not None and done.ends_at <= at else "will end"
    messages.success(request, f"Both sides have signed: version {number} {when}.")
    return redirect("contract")


def _page(
    request: SignedInRequest, found: Contract, *, refused: Refused | None = None,
    typed: dict[str, str] | None = None, wrong_side: str = "",
) -> HttpResponse:  # fmt: skip
    at = database_now()
    people = Ending.objects.open().select_related(*two_signatures.SIDES.values())
    made = people.filter(contract=found).first()
    asks_password = refused is not None and refused.code == "password"
    context: dict[str, Any] = {
        "at": at,
        "contract": found,
        "waits": found.in_force_from is not None and found.in_force_from > at,
        "over": found.in_force_to is not None and found.in_force_to <= at,
        "ending": made,
        "sides": two_signatures.unsigned(made, request.user) if made else [],
        "left": two_signatures.left_to_others(made, request.user) if made else "",
        "mine": drafting.sides_of(request.user),
        "typed": typed or {},
        "refused": None if asks_password or (refused and refused.fields) else refused,
        "fields": refused.fields if refused else {},
        "wrong": refused.message if refused and asks_password else "",
        "wrong_side": wrong_side,
    }
    status = refused.status if refused else 200
    return render(request, "sla/contract_end.html", context, status=status)
