"""Call lists: which there are, what is on one, and calling one lead after the other."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.calling import lists, next_call
from leads.calling.local_time import there
from leads.models import (
    OUTCOMES,
    TOUCHES,
    Activity,
    CallEntry,
    CallList,
    Kind,
    Lead,
    Outcome,
    Task,
)
from leads.views.access import SALES, only_for
from leads.views.answers import perform
from leads.views.lead import must
from leads.views.workspace import rights, visible_lead

SHOWN = 200
State = CallEntry.State


@require_safe
@only_for(*SALES)
def call_lists(request: SignedInRequest) -> HttpResponse:
    """One's own, and what one's teams share, with how far each is."""
    found = CallList.objects.visible_to(request.user).in_use().select_related("by", "team")
    counted = found.annotate(
        waiting=Count("entries", filter=Q(entries__state=State.WAITING)),
        done=Count("entries", filter=Q(entries__state=State.DONE)),
        out=Count("entries", filter=Q(entries__state=State.OUT)),
    )
    mine = set(CallList.objects.changeable_by(request.user).values_list("pk", flat=True))
    rows = [(each, each.pk in mine) for each in counted]
    return render(request, "leads/call_lists.html", {"rows": rows, "at": database_now()})


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*SALES)
def call_list(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who is on it; a POST puts it in another order, or one entry up or down."""
    found, at = _seen(request, pk), database_now()
    may_change = lists.may_change(found, request.user)
    if request.method == "POST":
        must(may_change, "This list is somebody else's to put in order.")
        _reorder(request, found)
        return redirect(found)
    entries = _entries(request, found)
    context = {
        "list": found,
        "may_change": may_change,
        "entries": [(each, there(each.lead.phone, at=at)) for each in entries.filter(
            state=State.WAITING)[:SHOWN]],
        "ended": entries.exclude(state=State.WAITING).order_by("-ended_at", "pk")[:SHOWN],
        "hidden": found.entries.count() - entries.count(),
        **_progress(found),
        "at": at,
    }  # fmt: skip
    return render(request, "leads/call_list.html", context)


def _reorder(request: SignedInRequest, found: CallList) -> None:
    by, number = request.POST.get("by", ""), request.POST.get("entry", "")
    if by in ("score", "time"):
        lists.order(found, by, at=database_now())
    elif number.isascii() and number.isdigit() and len(number) < 19:
        entry = get_object_or_404(_entries(request, found), pk=int(number))
        lists.move(entry, up=by == "up")


def _entries(request: SignedInRequest, found: CallList) -> Any:
    """Those of leads that this person may see."""
    visible = Lead.objects.visible_to(request.user)
    entries = CallEntry.objects.filter(of=found, lead__in=visible)
    return entries.select_related("lead__owner", "claimed_by", "ended_by")


def _progress(found: CallList) -> dict[str, int]:
    rows = found.entries.order_by().values_list("state").annotate(Count("pk"))
    counts = dict(rows)
    done, waiting = counts.get(State.DONE, 0), counts.get(State.WAITING, 0)
    return {"done": done, "waiting": waiting, "total": done + waiting,
            "out": counts.get(State.OUT, 0)}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*SALES)
def call_next(request: SignedInRequest, pk: int) -> HttpResponse:
    """The one to call now. A POST begins, or says what became of the call and takes the next."""
    found, at = _seen(request, pk), database_now()
    if request.method != "POST":
        return _page(request, found)
    number, do = request.POST.get("entry", ""), request.POST.get("do", "")
    if number.isascii() and number.isdigit() and len(number) < 19:
        entry = get_object_or_404(_entries(request, found), pk=int(number))
        if do == "log" and request.POST.get("outcome", "") not in OUTCOMES[Kind.CALL]:
            return _page(request, found, wrong="Say how it went.", status=422)
        try:
            _deal(request, entry, do)
        except Refused as refusal:
            messages.error(request, refusal.message)
    if next_call.claim(found, request.user, at=at) is None and not number:
        messages.info(request, "There is nobody to call on this list for now.")
    return redirect("call-next", pk)


def _deal(request: SignedInRequest, entry: CallEntry, do: str) -> None:
    at, by, note = database_now(), request.user, request.POST.get("note", "")[:4000]
    if do == "log":
        outcome = request.POST["outcome"]
        done = next_call.called(entry, outcome, note=note.replace("\x00", ""), by=by, at=at)
        said = f"{entry.lead.name}: {Outcome(outcome).label.lower()}."
        back = reverse("call-next", args=[entry.of_id])
        undo = f"undo:{reverse('touch-undo', args=[done.pk])}?back={back}"
        messages.success(request, said, extra_tags=undo)
    elif do == "later":
        next_call.later(entry, by=by, at=at)
        messages.success(request, f"{entry.lead.name} comes again in two working hours.")
    elif do == "skip":
        next_call.skip(entry, by=by, at=at)
    elif do == "never":
        next_call.never(entry, by=by, at=at)
        undo = f"undo:{reverse('lead-calls', args=[entry.lead_id])}"
        messages.success(request, f"{entry.lead.name} is called no more.", extra_tags=undo)


def _page(
    request: SignedInRequest, found: CallList, *, wrong: str = "", status: int = 200
) -> HttpResponse:
    at = database_now()
    entry = next_call.held(found, request.user, at=at)
    context: dict[str, Any] = {
        "list": found, "entry": entry, "wrong": wrong, "at": at,
        "note": request.POST.get("note", ""), **_progress(found),
        "free": entry is None and next_call.free(found, request.user, at=at).exists(),
    }  # fmt: skip
    if entry is not None:
        lead = visible_lead(request.user, entry.lead_id)
        touches = Activity.objects.filter(lead=lead, kind__in=[*TOUCHES, Kind.NOTE, Kind.REPLY])
        context |= {
            "lead": lead,
            "there": there(lead.phone, at=at),
            "touches": touches.select_related("actor").order_by("-occurred_at", "-pk")[:4],
            "tasks": Task.objects.open().filter(lead=lead)[:3],
            "outcomes": [(Outcome(each).value, Outcome(each).label)
                         for each in OUTCOMES[Kind.CALL]],
        }  # fmt: skip
    return render(request, "leads/call_next.html", context, status=status)


@require_POST
@only_for(*SALES)
def call_list_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take it away; the toast puts it back."""
    found = get_object_or_404(CallList.objects.changeable_by(request.user).in_use(), pk=pk)
    lists.remove(found, at=database_now())
    undo = f"undo:{reverse('call-list-put-back', args=[pk])}"
    messages.success(request, f"The list “{found}” is gone.", extra_tags=undo)
    return redirect("call-lists")


@require_POST
@only_for(*SALES)
def call_list_put_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo its removal."""
    mine = CallList.objects.changeable_by(request.user).exclude(removed_at=None)
    found = get_object_or_404(mine, pk=pk)
    try:
        lists.put_back(found)
        messages.success(request, f"The list “{found}” is there again.")
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("call-lists")


@require_POST
def lead_calls(request: SignedInRequest, pk: int) -> HttpResponse:
    """They asked not to be called, or may be called after all: the other of the two."""
    found = visible_lead(request.user, pk)
    may = rights(request.user, found)
    must(may.may_work or may.may_edit, "Only who works the lead or may change it says so.")
    forbid = found.no_calls_at is None

    def deed(at: Any) -> str:
        (next_call.ask_no_calls if forbid else next_call.allow_calls)(found, by=request.user, at=at)
        return f"{found.name} is called no more." if forbid else f"{found.name} may be called."

    return perform(request, found, deed)


def _seen(request: SignedInRequest, pk: int) -> CallList:
    seen = CallList.objects.visible_to(request.user).in_use().select_related("by", "team")
    return get_object_or_404(seen, pk=pk)
