"""What we sell: by present and former names, with what changed; marketing proposes changes."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.instants import database_now
from accounts.refusals import Conflict, Refused
from accounts.requests import SignedInRequest
from leads.offered.forms import ChangeForm, DescriptionForm, NewOfferForm
from leads.offered.sold import sold
from leads.views.access import EVERYBODY, only_for
from personas import announcing, describing, saying
from personas.models import Message, Offer, OfferChange
from personas.retired import Retired, vocabulary


@require_safe
@only_for(*EVERYBODY)
def offer_list(request: SignedInRequest) -> HttpResponse:
    """Every offer by its present name, what it was called, what is proposed."""
    open_changes = Prefetch("changes", queryset=OfferChange.objects.open(), to_attr="proposed")
    offers = Offer.objects.prefetch_related("former", "personas", open_changes)
    found = list(offers.order_by("name"))
    context = {
        "at": database_now(),
        "offers": [offer for offer in found if offer.is_active],
        "others": [offer for offer in found if not offer.is_active],
        "may_propose": announcing.may_propose(request.user),
    }
    return render(request, "leads/offers.html", context)


@require_safe
@only_for(*EVERYBODY)
def offer(request: SignedInRequest, slug: str) -> HttpResponse:
    """One offer: what it is called and costs now, what it was, and why."""
    found = get_object_or_404(Offer, slug=slug)
    done = Q(acknowledgements__acknowledged_at__isnull=False)
    changes = found.changes.filter(published_at__isnull=False).select_related(
        "offer", "published_by"
    )
    context = {
        "at": database_now(),
        "offer": found,
        "former": found.former.exclude(name__iexact=found.name).select_related("change"),
        "change": announcing.open_change(found),
        "changes": changes.annotate(
            asked=Count("acknowledgements"), done=Count("acknowledgements", filter=done)
        ).order_by("-published_at", "-pk"),
        "may_propose": announcing.may_propose(request.user),
        "said": _said(found),
        "may_say": saying.may_propose(request.user),
        "may_agree": saying.may_agree(request.user),
        "sold": sold(found, by=request.user),
    }
    return render(request, "leads/offer.html", context)


def _said(offer: Offer) -> list[tuple[Message, list[Retired]]]:
    """What is said of it, agreed or proposed, with the retired words in it."""
    found = offer.messages.filter(retired_at=None)
    words = vocabulary()
    return [
        (message, words.found_in(message.text))
        for message in found.select_related("persona", "proposed_by", "agreed_by")
    ]


@require_http_methods(["GET", "POST"])
def offer_new(request: SignedInRequest) -> HttpResponse:
    """Propose something new to sell."""
    _propose_only(request)
    form = NewOfferForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return _form(request, form)
    if not form.is_valid():
        return _form(request, form, status=422)
    try:
        with transaction.atomic():
            change = announcing.propose(
                form.made(), form.after(), by=request.user, at=database_now(), seen="",
                **form.words(),
            )  # fmt: skip
    except IntegrityError:  # in the same moment by another click, which the form knows of by now
        again = NewOfferForm(request.POST)
        if again.is_valid():
            raise
        return _form(request, again, status=422)
    messages.success(request, "Proposed. Sales hears of it when it is published.")
    return redirect(change)


@require_http_methods(["GET", "POST"])
def offer_change_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """Propose a change of an offer, or change what is proposed."""
    _propose_only(request)
    found = get_object_or_404(Offer, slug=slug)
    change = announcing.open_change(found)
    if request.method == "GET":
        form = ChangeForm(offer=found, change=change)
        return _form(request, form, offer=found, seen=announcing.ticket(change))
    form = ChangeForm(request.POST, offer=found, change=change)
    seen = request.POST.get("seen", "")[:40]
    if not form.is_valid():
        return _form(request, form, offer=found, seen=seen, status=422)
    try:
        change = announcing.propose(
            found, form.after(), by=request.user, at=database_now(), seen=seen, **form.words()
        )
    except Refused as refusal:
        mine = {name: said for name, said in refusal.fields.items() if name in form.fields}
        for name, words in mine.items():
            form.add_error(name, words)
        now = announcing.ticket(announcing.open_change(found))
        said = "" if mine else refusal.message
        return _form(request, form, offer=found, seen=now, refusal=said, status=refusal.status)
    return redirect(change)


@require_http_methods(["GET", "POST"])
def offer_describe(request: SignedInRequest, slug: str) -> HttpResponse:
    """Say what it is and for whom; nobody has to acknowledge that."""
    _propose_only(request)
    found = get_object_or_404(Offer, slug=slug)
    context: dict[str, Any] = {"at": database_now(), "offer": found}
    if request.method == "GET":
        initial = {"summary": found.summary, "personas": found.personas.all()}
        context |= {"form": DescriptionForm(initial=initial), "seen": describing.ticket(found)}
        return render(request, "leads/offer_describe.html", context)
    form, seen = DescriptionForm(request.POST), request.POST.get("seen", "")[:40]
    context |= {"form": form, "seen": seen}
    if not form.is_valid():
        return render(request, "leads/offer_describe.html", context, status=422)
    try:
        describing.describe(
            found, form.cleaned_data["summary"], list(form.cleaned_data["personas"]),
            by=request.user, at=context["at"], seen=seen,
        )  # fmt: skip
    except Conflict as conflict:
        context |= {"refusal": conflict.message, "seen": describing.ticket(found)}
        return render(request, "leads/offer_describe.html", context, status=conflict.status)
    messages.success(request, "Saved.")
    return redirect(found)


def _form(
    request: SignedInRequest, form: ChangeForm, *, offer: Offer | None = None, status: int = 200,
    **more: Any,
) -> HttpResponse:  # fmt: skip
    context = {"at": database_now(), "form": form, "offer": offer, **more}
    return render(request, "leads/offer_form.html", context, status=status)


def _propose_only(request: SignedInRequest) -> None:
    if not announcing.may_propose(request.user):
        raise PermissionDenied("What we sell is for marketing to propose.")
