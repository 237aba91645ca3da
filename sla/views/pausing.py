"""Pause and resume a handoff's clocks, from the lead page."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from accounts.instants import database_now
from accounts.models import Role, User
from accounts.requests import SignedInRequest
from leads.models import Handoff
from leads.views.answers import fill_in, perform, posted
from sla.clocks import pausing


class PauseForm(forms.Form):
    """Why, until when, and what else to say."""

    reason = forms.ChoiceField(
        label="Why?", widget=forms.RadioSelect,
        error_messages={"required": "Choose a reason.", "invalid_choice": "Choose one of these."},
    )  # fmt: skip
    until = forms.DateField(
        label="Until the morning of", required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Leave it empty to resume by hand.",
        error_messages={"invalid": "Write the day as 2027-03-01."},
    )  # fmt: skip
    note = forms.CharField(
        label="Note", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: object, reasons: dict[str, str], zone: ZoneInfo) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.zone = zone
        self.fields["reason"].choices = list(reasons.items())  # type: ignore[attr-defined]

    def clean_until(self) -> datetime | None:
        """The first instant of the day, where whoever pauses is."""
        day = self.cleaned_data["until"]
        return datetime.combine(day, time(), self.zone) if day else None


def _pausable(user: User, pk: int) -> Handoff:
    """A handoff on offer to this person; 403 where it is another's."""
    found = Handoff.objects.offered_to(user).select_related("lead", "owner")
    handoff = get_object_or_404(found, pk=pk)
    if handoff.owner_id != user.pk and user.role not in (Role.SALES_MANAGER, Role.ADMIN):
        raise PermissionDenied("Only whoever has the lead, or a sales manager, may pause it.")
    return handoff


@require_http_methods(["GET", "POST"])
def pause(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let its clocks stand still."""
    handoff = _pausable(request.user, pk)
    reasons = pausing.reasons_for(handoff, at=database_now())
    form = PauseForm(posted(request), reasons=reasons, zone=ZoneInfo(request.user.time_zone))

    def deed(at: datetime) -> str:
        pausing.pause(handoff, by=request.user, at=at, **form.cleaned_data)
        return f"The clocks of {handoff.lead.name} stand still."

    return fill_in(
        request, handoff.lead, form, deed, title=f"Pause {handoff.lead.name}", submit="Pause",
        intro="The working time that is left is kept, and runs on after the pause. "
        "What is missed already stays missed.",
    )  # fmt: skip


@require_POST
def resume(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let them run on."""
    handoff = _pausable(request.user, pk)

    def deed(at: datetime) -> str:
        pausing.resume(handoff, by=request.user, at=at)
        return f"The clocks of {handoff.lead.name} run on."

    return perform(request, handoff.lead, deed)
