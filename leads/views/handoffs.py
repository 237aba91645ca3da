"""Answers to a handoff: accept, reject, pass on; and the list of those nobody has."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.instants import database_now
from accounts.models import Absence, Membership, Role, User
from accounts.requests import SignedInRequest
from leads import deadlines, qualification, quality
from leads.forms_sales import AssignForm, FeedbackForm, RejectForm
from leads.models import Feedback, Handoff
from leads.views.answers import fill_in, perform, posted
from leads.views.queue import Row

MOST = 200


def _offered(user: User, pk: int) -> Handoff:
    """A handoff this person has or once had the chance to take; 404 for any other."""
    found = Handoff.objects.offered_to(user).select_related("lead", "owner", "pool")
    return get_object_or_404(found, pk=pk)


@require_POST
def accept(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take it. Whoever comes second is told who has it."""
    handoff = _offered(request.user, pk)

    def deed(at: datetime) -> str:
        new = handoff.accept(request.user, at=at)
        whose = "yours" if handoff.owner_id == request.user.pk else f"{handoff.owner}'s"
        name = handoff.lead.name
        return f"Accepted: {name} is {whose}." if new else f"{name} was {whose} already."

    return perform(request, handoff.lead, deed)


@require_http_methods(["GET", "POST"])
def reject(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send it back to marketing with a reason."""
    handoff = _offered(request.user, pk)
    form = RejectForm(posted(request))

    def deed(at: datetime) -> str:
        handoff.reject(request.user, at=at, **form.cleaned_data)
        return f"{handoff.lead.name} went back to marketing, which must answer."

    return fill_in(
        request, handoff.lead, form, deed,
        title=f"Reject {handoff.lead.name}", submit="Send back to marketing", danger=True,
        intro="Marketing sees the reason and answers it.",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def feedback(request: SignedInRequest, pk: int) -> HttpResponse:
    """How good the lead was: 1 to 5 and why; marketing is told at once."""
    handoff = _offered(request.user, pk)
    if not quality.may_rate(handoff, request.user):
        raise PermissionDenied("Whoever has the lead says how good it was.")
    said = Feedback.objects.filter(handoff=handoff).first()
    form = FeedbackForm(
        posted(request), initial={"rating": said.rating, "why": said.why} if said else None
    )

    def deed(at: datetime) -> str:
        quality.rate(handoff, by=request.user, at=at, **form.cleaned_data)
        return "Thank you: marketing has been told."

    return fill_in(
        request, handoff.lead, form, deed,
        title=f"How good was {handoff.lead.name}?", submit="Tell marketing",
        intro="Said once a handoff; you may change it later. A poor one needs a why.",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def reassign(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give it to another rep, who must accept it anew."""
    handoff = _offered(request.user, pk)
    if request.user.role not in (Role.SALES_MANAGER, Role.ADMIN):
        raise PermissionDenied("Only a sales manager passes leads on.")
    at = database_now()
    form = AssignForm(posted(request), reps=reps(at=at))

    def deed(at: datetime) -> str:
        rep = form.cleaned_data["rep"]
        reason = form.cleaned_data["reason"].strip() or f"Given by {request.user}"
        qualification.reassign(handoff, rep, by=request.user, at=at, reason=reason)
        return f"{handoff.lead.name} is with {rep} now."

    return fill_in(
        request, handoff.lead, form, deed, template="leads/_sheet_assign.html",
        title=f"Give {handoff.lead.name} to a rep", submit="Assign",
        choices=workload(at=at), owner=handoff.owner,
    )  # fmt: skip


def reps(*, at: datetime) -> QuerySet[User]:
    """People in sales, with how many open handoffs they have and whether they are away."""
    return (
        User.objects.filter(is_active=True, memberships__team__kind="sales")
        .distinct()
        .annotate(
            open_now=Count("handoffs", filter=Q(handoffs__closed_at=None), distinct=True),
            manages=Exists(Membership.objects.filter(user=OuterRef("pk"), is_manager=True)),
            away=Exists(Absence.objects.covering(at).filter(user=OuterRef("pk"))),
        )
        .order_by("name", "pk")
    )


def workload(*, at: datetime) -> list[User]:
    """The reps as the assign form shows them: those at work first, the least busy on top, and
    managers, who have few leads because they manage, after the reps."""

    def place(rep: Any) -> tuple[bool, bool, int, str]:
        return rep.away, rep.manages, rep.open_now, rep.name

    return sorted(reps(at=at), key=place)


@require_GET
def unassigned(request: SignedInRequest) -> HttpResponse:
    """The sales manager's list of leads nobody has."""
    if request.user.role not in (Role.SALES_MANAGER, Role.ADMIN):
        raise PermissionDenied("This list is for sales managers.")
    return render(request, "leads/unassigned.html", unassigned_context(request.user))


def unassigned_context(user: User) -> dict[str, Any]:
    """The rows of the list; nothing for people who do not manage sales."""
    at = database_now()
    allowed = user.role in (Role.SALES_MANAGER, Role.ADMIN)
    handoffs = Handoff.objects.unassigned() if allowed else Handoff.objects.none()
    found = deadlines.with_clocks(handoffs.select_related("lead__persona", "pool"))
    found = found.prefetch_related("assignments")
    rows = [Row.of(handoff, at=at) for handoff in found[:MOST]]
    return {"at": at, "rows": rows, "here": reverse("unassigned")}
