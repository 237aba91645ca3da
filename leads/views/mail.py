"""Writing to a lead from its page: the form with its preview, sent off, taken back."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.mail import letters, placeholders, writing
from leads.mail.forms import MailForm
from leads.models import EnrolmentStep, Lead, MailTemplate, SentMail
from leads.views.answers import fill_in, posted, sheet
from leads.views.lead import must_work
from leads.views.workspace import visible_lead

TEMPLATE = "leads/_sheet_mail.html"
WORDS = ("subject", "body", "consent")


@require_http_methods(["GET", "POST"])
def lead_mail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write an e-mail: GET draws the form, POST with `use` puts a template's words into it, else
    sends it off."""
    found = _workable(request, pk)
    against = writing.hindrance(found)
    if request.method == "GET" or "use" in request.POST:
        return _form(request, found)
    form = MailForm(posted(request), wants_consent=bool(against and against.wants_consent))

    def deed(at: datetime) -> str:
        mail, new = writing.write(found, by=request.user, at=at, **form.cleaned_data)
        if new:
            undo = f"undo:{reverse('mail-undo', args=[mail.pk])}"
            wait = f"in {writing.UNDO.seconds} seconds"
            messages.success(request, f"The e-mail to {found.name} goes out {wait}.", undo)
        return ""

    return fill_in(request, found, form, deed, template=TEMPLATE, **_context(request, found))


def _form(request: SignedInRequest, found: Lead) -> HttpResponse:
    """The form as it starts, or goes on with other words."""
    against = writing.hindrance(found)
    words = _words(request, found)
    form = MailForm(initial=words, wants_consent=bool(against and against.wants_consent))
    context = _context(request, found)
    if not request.htmx and words.get("body"):
        context |= _preview(request.user, found, words["subject"], words["body"])
    return sheet(request, found, form, template=TEMPLATE, **context)


def _words(request: SignedInRequest, found: Lead) -> dict[str, Any]:
    """What stands in the form: the words of a mail taken back, what was typed, the template's."""
    again = request.GET.get("again", "")
    if again.isascii() and again.isdigit() and len(again) < 19:
        mine = SentMail.objects.filter(lead=found, sender=request.user, sent_at=None, meeting=None)
        mail = mine.filter(pk=int(again)).first()
        return {"subject": mail.subject, "body": mail.body} if mail is not None else {}
    step = request.GET.get("step", "")
    if step.isascii() and step.isdigit() and len(step) < 19:
        steps = EnrolmentStep.objects.waiting().filter(enrolment__lead=found, pk=int(step))
        planned = steps.select_related("enrolment__version").first()
        if planned is not None and planned.said["kind"] == "email":
            return {name: planned.said[name] for name in ("subject", "body")}
    words: dict[str, Any] = {name: request.POST.get(name, "") for name in WORDS}
    chosen = _chosen(request)
    if chosen is not None:
        # Words of one's own stay: only what a template said gives way to another's.
        taken = {name: {_plain(getattr(t, name)) for t in _templates(request.user)}
                 for name in ("subject", "body")}  # fmt: skip
        if _plain(words["subject"]) in {"", *taken["subject"]}:
            words["subject"] = chosen.subject
        if _plain(words["body"]) in {"", *taken["body"]}:
            words["body"] = chosen.body
        else:
            words["body"] = f"{words['body'].rstrip()}\n\n{chosen.body}"
    try:
        words["once"] = uuid.UUID(request.POST.get("once", ""))
    except ValueError:
        words["once"] = uuid.uuid4()
    return words


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _templates(user: User) -> list[MailTemplate]:
    return list(MailTemplate.objects.visible_to(user).filter(removed_at=None).distinct())


def _chosen(request: SignedInRequest) -> MailTemplate | None:
    number = request.POST.get("template", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return next((t for t in _templates(request.user) if t.pk == int(number)), None)


def _context(request: SignedInRequest, found: Lead) -> dict[str, Any]:
    return {
        "title": f"E-mail to {found.name}",
        "against": writing.hindrance(found),
        "templates": _templates(request.user),
        "chosen": request.POST.get("template", ""),
        "printed": settings.EMAIL_BACKEND.endswith("console.EmailBackend"),
    }


@require_POST
def lead_mail_preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """What would go out, as the recipient reads it; or what is wrong with it."""
    found = _workable(request, pk)
    subject, body = request.POST.get("subject", ""), request.POST.get("body", "")
    context = _preview(request.user, found, subject, body)
    return render(request, "leads/_mail_preview.html", context)


def _preview(sender: User, found: Lead, subject: str, body: str) -> dict[str, Any]:
    said, wrong = ("", ""), ""
    try:
        said = placeholders.fill(subject, body, lead=found, sender=sender)
    except Refused as refusal:
        wrong = " ".join(dict.fromkeys(refusal.fields.values()))
    # The token is made when it is sent.
    draft = SentMail(lead=found, sender=sender, to=found.email or "", token="…")  # noqa: S106
    return {
        "wrong": wrong,
        "preview": True,
        "subject": said[0],
        "body": said[1],
        "from_": letters.sender_of(draft),
        "to": draft.to,
        "reply_to": letters.reply_to(draft),
    }


@require_POST
def lead_mail_trust(request: SignedInRequest, pk: int) -> HttpResponse:
    """The address works after all: on to writing."""
    found = _workable(request, pk)
    writing.trust_again(found, by=request.user, at=database_now())
    if not request.htmx:
        return redirect("lead-mail", pk)
    return _form(request, found)


@require_POST
def mail_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a mail back before it goes out; its words are in the form again."""
    own = SentMail.objects.filter(Q(meeting=None) | Q(dead_at__isnull=False))
    mail = get_object_or_404(own, pk=pk, sender=request.user)
    try:
        writing.take_back(mail, at=database_now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("lead", mail.lead_id)
    if mail.meeting_id is not None:
        messages.success(request, "Put away. Change the meeting, and they are told anew.")
        return redirect("lead", mail.lead_id)
    messages.success(request, "It was not sent. Here are your words again.")
    return redirect(writing.again_url(mail))


def _workable(request: SignedInRequest, pk: int) -> Lead:
    found = visible_lead(request.user, pk)
    must_work(request, found, "Writing to them")
    return found
