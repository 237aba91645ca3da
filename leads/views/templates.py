"""Templates of e-mails: made, changed, shared with a team, taken away, put back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.mail import templates
from leads.mail.forms import TemplateForm
from leads.mail.placeholders import PLACEHOLDERS
from leads.models import MailTemplate
from leads.views.access import SALES, only_for
from personas.retired import vocabulary


@require_GET
@only_for(*SALES)
def template_list(request: SignedInRequest) -> HttpResponse:
    """One's own, and what one's teams share."""
    found = MailTemplate.objects.visible_to(request.user).filter(removed_at=None)
    mine = set(MailTemplate.objects.changeable_by(request.user).values_list("pk", flat=True))
    words = vocabulary()
    rows = [
        (t, t.pk in mine, words.found_in(f"{t.subject}\n{t.body}"))
        for t in found.select_related("by", "team")
    ]
    return render(request, "leads/templates.html", {"rows": rows, "at": database_now()})


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*SALES)
def template_new(request: SignedInRequest) -> HttpResponse:
    """Make one."""
    return _fill_in(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*SALES)
def template(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change one; somebody else's is shown, and becomes one's own when it is saved."""
    seen = MailTemplate.objects.visible_to(request.user).filter(removed_at=None)
    return _fill_in(request, get_object_or_404(seen, pk=pk))


def _fill_in(request: SignedInRequest, found: MailTemplate | None) -> HttpResponse:
    own = found is None or templates.may_change(found, request.user)
    sharing = templates.sharing(request.user)
    initial = {"shared": templates.OWN}
    if found is not None:
        initial = {name: getattr(found, name) for name in ("name", "subject", "body")}
        initial["shared"] = templates.shared_of(found) if own else templates.OWN
        if own and initial["shared"] not in dict(sharing):
            sharing.append((initial["shared"], f"Everybody in {found.team}"))
    form = TemplateForm(request.POST or None, initial=initial, sharing=sharing)
    context = {"form": form, "found": found, "own": own, "placeholders": PLACEHOLDERS,
               "at": database_now()}  # fmt: skip
    if request.method != "POST":
        return render(request, "leads/template.html", context)
    if not form.is_valid():
        return render(request, "leads/template.html", context, status=422)
    try:
        kept = templates.save(
            request.user, at=database_now(), template=found if own else None, **form.cleaned_data
        )
    except Refused as refusal:
        for name, said in refusal.fields.items() or [(None, refusal.message)]:
            form.add_error(name, said)
        return render(request, "leads/template.html", context, status=refusal.status)
    name = f"template-{found.pk if found else 'new'}"
    messages.success(request, f"The template “{kept}” is kept.", extra_tags=f"saved:{name}")
    return redirect("template-list")


@require_POST
@only_for(*SALES)
def template_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take it away; the toast puts it back."""
    mine = MailTemplate.objects.changeable_by(request.user).filter(removed_at=None)
    found = get_object_or_404(mine, pk=pk)
    templates.remove(found, at=database_now())
    undo = f"undo:{reverse('template-put-back', args=[pk])}"
    messages.success(request, f"The template “{found}” is gone.", extra_tags=undo)
    return redirect("template-list")


@require_POST
@only_for(*SALES)
def template_put_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo its removal."""
    mine = MailTemplate.objects.changeable_by(request.user).exclude(removed_at=None)
    found = get_object_or_404(mine, pk=pk)
    try:
        templates.put_back(found)
        messages.success(request, f"The template “{found}” is there again.")
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("template-list")
