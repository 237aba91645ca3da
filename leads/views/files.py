"""Files on a lead: seen and brought by its page, given out only here, to who may see the lead."""

import tempfile
from typing import Any
from zipfile import ZIP_STORED, ZipFile

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads.files import disk, keeping
from leads.files.kinds import KINDS, known
from leads.imports.uploading import too_big
from leads.models import Lead, LeadFile
from leads.tasks import wake_scan
from leads.views.lead import must
from leads.views.workspace import rights, visible_lead

MOST_AT_ONCE = 10
IN_MEMORY = 1024 * 1024
# Whatever a browser makes of it, it runs nothing.
NO_PAGE = "sandbox; default-src 'none'"


@require_http_methods(["GET", "POST"])
def lead_files(request: SignedInRequest, pk: int) -> HttpResponse:
    """The files of a lead, and the way to add some: a card of its page, or a page of its own."""
    found = visible_lead(request.user, pk)
    if request.method != "POST":
        return _card(request, found)
    must(_may_add(request, found), "Files are added by those who work or own this lead.")
    wrong = _not_added(request, found)
    return _card(request, found, wrong=wrong, status=422 if wrong else 200)


def _not_added(request: SignedInRequest, found: Lead) -> list[str]:
    """Keep what was sent; says of each file that was not, why not."""
    uploads = request.FILES.getlist("file")
    if not uploads and too_big(request.META.get("CONTENT_LENGTH")):
        most = filesizeformat(settings.FILE_MOST_BYTES)
        return [f"That was larger than {most}, the most a file may have."]
    if not uploads:
        return ["Choose a file."]
    if len(uploads) > MOST_AT_ONCE:
        return [f"At most {MOST_AT_ONCE} files at once; these were {len(uploads)}."]
    wrong = []
    for upload in uploads:
        try:
            _added(request, found, upload)
        except Refused as refusal:
            wrong.append(refusal.message)
    return wrong


def _added(request: SignedInRequest, found: Lead, upload: UploadedFile) -> None:
    name = (upload.name or "file").replace("\x00", "")
    made, new = keeping.keep(found, upload.chunks(), name, by=request.user, at=database_now())
    if new:
        messages.success(request, f"“{made}” is kept.")
        wake_scan()
    else:
        messages.info(request, f"The same file is here already, as “{made}”.")


def _may_add(request: SignedInRequest, found: Lead) -> bool:
    may = rights(request.user, found)
    return may.may_work or may.may_edit


def _card(
    request: SignedInRequest, found: Lead, *, wrong: list[str] | None = None, status: int = 200
) -> HttpResponse:
    if request.method == "POST" and not wrong and not request.htmx:
        return redirect("lead-files", found.pk)
    context = {"lead": found, "at": database_now(), "wrong": wrong, **_of(request, found)}
    context["with_toasts"] = request.method == "POST"
    template = "leads/_files.html" if request.htmx else "leads/files.html"
    return render(request, template, context, status=status)


def _of(request: SignedInRequest, found: Lead) -> dict[str, Any]:
    files = list(LeadFile.objects.kept().filter(lead=found).select_related("by"))
    waiting = [f for f in files if f.state == LeadFile.State.WAITING and not f.is_ready]
    return {
        "files": files,
        "may_add": _may_add(request, found),
        "waiting": bool(waiting),
        "many": sum(file.is_ready for file in files) > 1,
        "most": settings.FILE_MOST_BYTES,
        "kinds": known(settings.FILE_KINDS),
    }


@require_GET
@never_cache
def file(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Give one out, as a file to be saved and never as a page."""
    found = get_object_or_404(LeadFile.objects.visible_to(request.user), pk=pk)
    if not found.is_ready:
        messages.error(request, f"“{found}” is not given out: {_why_not(found)}.")
        return redirect("lead-files", found.lead_id)
    try:
        stream = disk.place_of(found.key).open("rb")
    except FileNotFoundError:
        messages.error(
            request, f"“{found}” is not on this server’s disk; ask an admin (FILES_DIR)."
        )
        return redirect("lead-files", found.lead_id)
    kind = KINDS.get(found.kind)
    content_type = kind.content_type if kind else "application/octet-stream"
    return _guarded(
        FileResponse(stream, as_attachment=True, filename=found.name, content_type=content_type)
    )


def _why_not(found: LeadFile) -> str:
    if found.state == LeadFile.State.INFECTED:
        return f"a virus was found in it ({found.scan_said})"
    if found.scan_said:
        return f"the virus scanner failed ({found.scan_said}); it is tried again"
    return "the virus scanner has not looked at it yet"


def _guarded(answer: FileResponse) -> FileResponse:
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = NO_PAGE
    return answer


@require_GET
@never_cache
def lead_files_zip(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """All that may be given out, in one archive."""
    found = visible_lead(request.user, pk)
    # Closed, and with it erased, when the answer has gone out.
    packed = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(settings.VAR))  # noqa: SIM115
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for each in LeadFile.objects.kept().filter(lead=found).order_by("id"):
            place = disk.place_of(each.key)
            if each.is_ready and place.is_file():
                archive.write(place, f"{each.pk} {each.name}")
    packed.seek(0)
    name = f"files-{slugify(found.name) or found.pk}.zip"
    return _guarded(
        FileResponse(packed, as_attachment=True, filename=name, content_type="application/zip")
    )


@require_POST
def file_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take one away; the toast puts it back."""
    found = get_object_or_404(LeadFile.objects.visible_to(request.user), pk=pk)
    lead = visible_lead(request.user, found.lead_id)
    must(_may_add(request, lead), "Files are removed by those who work or own this lead.")
    keeping.remove(found, by=request.user, at=database_now())
    undo = reverse("file-put-back", args=[pk])
    messages.success(request, f"“{found}” is removed.", extra_tags=f"undo:{undo}")
    return _card(request, lead) if request.htmx else redirect("lead-files", lead.pk)


@require_POST
def file_put_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo a removal."""
    seen = LeadFile.objects.filter(lead__in=Lead.objects.visible_to(request.user))
    found = get_object_or_404(seen, pk=pk)
    lead = visible_lead(request.user, found.lead_id)
    must(_may_add(request, lead), "Files are put back by those who work or own this lead.")
    try:
        keeping.put_back(found, by=request.user, at=database_now())
        messages.success(request, f"“{found}” is here again.")
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect(lead)
