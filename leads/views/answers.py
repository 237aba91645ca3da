"""How every deed of the sales pages answers: the page it came from, or what was wrong.

A deed says with `back` which page it was done on. A browser without scripts is sent there; htmx
gets that page's changing part, and a toast along with it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.idempotency import once_said
from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.models import Lead

Deed = Callable[[datetime], str]
# At once: a key pressed in the moment of the swap must find the new buttons ready.
SWAP = "innerHTML settle:0ms"


def posted(request: SignedInRequest) -> QueryDict | None:
    """What a form is bound to: the sent fields, even when there are none, or nothing."""
    return request.POST if request.method == "POST" else None


def perform(request: SignedInRequest, lead: Lead, deed: Deed, *, tags: str = "") -> HttpResponse:
    """Do it now; answer with the page it was done on and what was done, or why it was not.

    `tags` go with the message that it is done (docs/look.md).
    """
    try:
        words = once_said(request, lambda: deed(database_now()))
    except Refused as refusal:
        messages.error(request, refusal.message)
        return page(request, lead, status=refusal.status)
    if words:
        messages.success(request, words, extra_tags=tags)
    return page(request, lead)


def fill_in(
    request: SignedInRequest,
    lead: Lead,
    form: Form,
    deed: Deed,
    *,
    template: str = "leads/_sheet_form.html",
    **context: Any,
) -> HttpResponse:
    """A deed that needs words first: GET draws the form, POST does it, and errors keep the form."""
    if request.method != "POST":
        return sheet(request, lead, form, template=template, **context)
    if not form.is_valid():
        return sheet(request, lead, form, template=template, status=422, **context)
    try:
        words = once_said(request, lambda: deed(database_now()))
    except Refused as refusal:
        mine = {name: said for name, said in refusal.fields.items() if name in form.fields}
        if refusal.status == 422 or mine:
            for name, said in mine.items():
                form.add_error(name, said)
            if not mine:
                form.add_error(None, refusal.message)
            return sheet(request, lead, form, template=template, status=refusal.status, **context)
        messages.error(request, refusal.message)
        return page(request, lead, status=refusal.status)
    if words:
        messages.success(request, words)
    return page(request, lead)


def sheet(
    request: SignedInRequest,
    lead: Lead,
    form: Form,
    *,
    template: str,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The form: inside the page's dialog for htmx, as a page of its own otherwise."""
    context |= {
        "form": form,
        "lead": lead,
        "template": template,
        "back": back_of(request, lead),
        "action": request.path,
        "at": database_now(),
    }
    if not request.htmx:
        return render(request, "leads/sheet_page.html", context, status=status)
    answer = render(request, template, context, status=status)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#sheet-body", SWAP
    return answer


def back_of(request: SignedInRequest, lead: Lead) -> str:
    """Where the person was: `back` if it is one of our own addresses, else the lead's page."""
    # The Undo of a message has its address alone to say it with.
    asked = request.POST.get("back", "") or request.GET.get("back", "")
    safe = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if safe else lead.get_absolute_url()


def page(request: SignedInRequest, lead: Lead, *, status: int = 200) -> HttpResponse:
    """The page the deed was done on, as it is now."""
    back = back_of(request, lead)
    if back == lead.get_absolute_url() and not _visible(request, lead):
        # Sent back to marketing, or passed to somebody else: the page is no longer theirs.
        back = reverse("queue")
        return _moved(request, back)
    if not request.htmx:
        return redirect(back)
    answer = _fragment(request, lead, back, status=status)
    return answer if answer is not None else _moved(request, back)


def _moved(request: SignedInRequest, back: str) -> HttpResponse:
    if not request.htmx:
        return redirect(back)
    answer = HttpResponse(status=200)
    answer["HX-Redirect"] = iri_to_uri(back)
    return answer


def _visible(request: SignedInRequest, lead: Lead) -> bool:
    return Lead.objects.visible_to(request.user).filter(pk=lead.pk).exists()


def _fragment(
    request: SignedInRequest, lead: Lead, back: str, *, status: int
) -> HttpResponse | None:
    """The changing part of the pages that have one; None for a page to be loaded anew."""
    # The views of those pages answer by this module, so they are imported here.
    from leads.views import handoffs, queue, workspace

    parts = urlsplit(back)
    try:
        name = resolve(parts.path).view_name
    except Resolver404:
        return None
    if name == "queue":
        context = queue.rows_context(request.user, QueryDict(parts.query))
        template, target = "leads/_queue_rows.html", "#queue"
    elif name == "unassigned":
        context = handoffs.unassigned_context(request.user)
        template, target = "leads/_unassigned_rows.html", "#unassigned"
    elif name == "lead" and resolve(parts.path).kwargs == {"pk": lead.pk}:
        context = workspace.workspace_context(request.user, lead.pk)
        template, target = "leads/_workspace.html", "#workspace"
    else:
        return None
    # Tells the page's script that what was typed into this form has arrived.
    context |= {"with_toasts": True, "saved": request.path if status == 200 else ""}
    answer = render(request, template, context, status=status)
    answer["HX-Retarget"], answer["HX-Reswap"] = target, SWAP
    answer["HX-Trigger"] = "sheet-close"
    return answer
