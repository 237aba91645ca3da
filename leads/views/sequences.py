"""Sequences: which there are and what they come to, changed, begun with a lead, stopped."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.mail.placeholders import PLACEHOLDERS
from leads.models import Enrolment, Lead, Sequence
from leads.sequences import form as sequence_form
from leads.sequences import keeping, running
from leads.sequences.figures import figures
from leads.views.access import SALES, only_for
from leads.views.answers import fill_in, perform, posted
from leads.views.lead import must_work
from leads.views.workspace import visible_lead

SHOWN = 50
either = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@only_for(*SALES)
def sequence_list(request: SignedInRequest) -> HttpResponse:
    """One's own, and what one's teams share; what each comes to."""
    seen = Sequence.objects.visible_to(request.user).in_use().select_related("by", "team")
    found = list(seen.prefetch_related("versions"))
    told = figures(found)
    mine = set(Sequence.objects.changeable_by(request.user).values_list("pk", flat=True))
    rows = [(each, told[each.pk], each.pk in mine) for each in found]
    return render(request, "leads/sequences.html", {"rows": rows, "at": database_now()})


@require_safe
@only_for(*SALES)
def sequence(request: SignedInRequest, pk: int) -> HttpResponse:
    """Its steps with their figures, version by version, and who is in it among one's leads."""
    found = _seen(request, pk)
    visible = Lead.objects.visible_to(request.user)
    inside = Enrolment.objects.filter(
        version__sequence=found, state=Enrolment.State.ACTIVE, lead__in=visible
    )
    context = {
        "sequence": found,
        "versions": figures([found])[found.pk],
        "inside": inside.select_related("lead", "owner", "version").prefetch_related("steps")[
            :SHOWN
        ],
        "may_change": keeping.may_change(found, request.user),
        "at": database_now(),
    }
    return render(request, "leads/sequence.html", context)


@either
@only_for(*SALES)
def sequence_new(request: SignedInRequest) -> HttpResponse:
    """Make one."""
    return _edit(request, None)


@either
@only_for(*SALES)
def sequence_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change one; a colleague's becomes one's own when it is saved."""
    return _edit(request, _seen(request, pk))


def _edit(request: SignedInRequest, found: Sequence | None) -> HttpResponse:
    data, own = posted(request), found is None or keeping.may_change(found, request.user)
    mine = found if own else None
    form = sequence_form.SequenceForm(data, user=request.user, sequence=mine)
    newest = found.newest if found is not None else None
    rows = sequence_form.rows(newest.steps if newest else [], data, user=request.user)
    seen = str(newest.number if newest and own else 0)
    context: dict[str, Any] = {
        "sequence": found, "own": own, "form": form, "rows": rows, "at": database_now(),
        "seen": request.POST.get("seen", seen), "placeholders": PLACEHOLDERS,
    }  # fmt: skip
    if data is None:
        return render(request, "leads/sequence_form.html", context)
    if not (form.is_valid() & rows.is_valid()):
        return render(request, "leads/sequence_form.html", context, status=422)
    told = request.POST.get("seen", "")
    number = int(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0
    try:
        saved = keeping.save(
            request.user, at=database_now(), sequence=mine, steps=rows.steps(), seen=number,
            **form.cleaned_data,
        )  # fmt: skip
    except Refused as refusal:
        for name, said in refusal.fields.items() or [(None, refusal.message)]:
            form.add_error(name, said)
        context["seen"] = seen
        return render(request, "leads/sequence_form.html", context, status=refusal.status)
    key = f"sequence-{mine.pk if mine else 'new'}-{context['seen']}"
    messages.success(request, f"“{saved}” is kept.", extra_tags=f"saved:{key}")
    return redirect("sequence-edit", saved.pk) if "add" in request.POST else redirect(saved)


@require_POST
@only_for(*SALES)
def sequence_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take it away; the toast puts it back. Who is in it goes on."""
    found = get_object_or_404(Sequence.objects.changeable_by(request.user).in_use(), pk=pk)
    keeping.remove(found, at=database_now())
    undo = f"undo:{reverse('sequence-put-back', args=[pk])}"
    messages.success(request, f"“{found}” is gone; who is in it goes on.", extra_tags=undo)
    return redirect("sequence-list")


@require_POST
@only_for(*SALES)
def sequence_put_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo its removal."""
    mine = Sequence.objects.changeable_by(request.user).exclude(removed_at=None)
    found = get_object_or_404(mine, pk=pk)
    try:
        keeping.put_back(found)
        messages.success(request, f"“{found}” is there again.")
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("sequence-list")


class EnrolForm(forms.Form):
    """Which sequence."""

    sequence = forms.ModelChoiceField(
        Sequence.objects.none(), label="Which", empty_label=None,
        error_messages={"required": "Choose a sequence.",
                        "invalid_choice": "Choose one of these sequences."},
    )  # fmt: skip

    def __init__(self, *args: Any, request: SignedInRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = Sequence.objects.visible_to(request.user).in_use()
        self.fields["sequence"].queryset = seen  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def lead_enrol(request: SignedInRequest, pk: int) -> HttpResponse:
    """Begin a sequence with this lead."""
    found = visible_lead(request.user, pk)
    must_work(request, found, "A sequence")
    form = EnrolForm(posted(request), request=request)

    def deed(at: datetime) -> str:
        chosen = form.cleaned_data["sequence"]
        running.begin(found, chosen.newest, by=request.user, at=at)
        return f"{found.name} is in “{chosen}”; the first step is planned."

    intro = "Each step becomes a task, or goes out by itself; a reply or a meeting stops it."
    return fill_in(
        request, found, form, deed, title=f"Begin a sequence: {found.name}", submit="Begin",
        intro=intro,
    )  # fmt: skip


@require_POST
def enrolment_stop(request: SignedInRequest, pk: int) -> HttpResponse:
    """Stop it by hand; what was planned is planned no more."""
    visible = Lead.objects.visible_to(request.user)
    enrolment = get_object_or_404(Enrolment.objects.filter(lead__in=visible), pk=pk)
    found = visible_lead(request.user, enrolment.lead_id)
    must_work(request, found, "Stopping a sequence")

    def deed(at: datetime) -> str:
        stopped = running.stop_one(enrolment, at=at)
        return "The sequence is stopped." if stopped else "The sequence is over already."

    return perform(request, found, deed)


def _seen(request: SignedInRequest, pk: int) -> Sequence:
    seen = Sequence.objects.visible_to(request.user).in_use()
    return get_object_or_404(seen.select_related("by", "team").prefetch_related("versions"), pk=pk)
