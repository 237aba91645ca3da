"""The import wizard up to its start: file, columns, preview."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.instants import database_now
from accounts.refusals import Conflict
from accounts.requests import SignedInRequest
from leads.importing import Unreadable
from leads.imports import arriving, limits, reading, running
from leads.imports.batch import Intake
from leads.imports.forms import ColumnsForm, ReadingForm, UploadForm
from leads.imports.preview import preview
from leads.imports.rows import plan_of
from leads.imports.uploading import too_big
from leads.models import Import
from leads.tasks import wake_import
from leads.views.access import EVERYBODY, only_for

SHOWN = 50


@require_safe
@only_for(*EVERYBODY)
def import_list(request: SignedInRequest) -> HttpResponse:
    """The imports one may see, newest first."""
    found = Import.objects.visible_to(request.user).select_related("by", "campaign")
    context = {"imports": found[:SHOWN], "most": SHOWN, "at": database_now()}
    return render(request, "leads/imports.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*EVERYBODY)
def import_new(request: SignedInRequest) -> HttpResponse:
    """Choose a file; sent, it is looked at and its columns are proposed."""
    at = database_now()
    if request.method != "POST":
        return render(request, "leads/import_new.html", _upload_page(UploadForm()))
    form = UploadForm(request.POST, request.FILES)
    if too_big(request.META.get("CONTENT_LENGTH")):
        form.errors.clear()
        form.add_error(None, f"The file is larger than {limits.MOST_BYTES // limits.MIB} MB. "
                             "Cut it into smaller files and import each.")  # fmt: skip
    elif form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            importing = arriving.receive(upload, by=request.user, at=at)
        except Unreadable as error:
            form.add_error("file", f"{upload.name} {error}.")
        else:
            return redirect("import-columns", importing.pk)
    return render(request, "leads/import_new.html", _upload_page(form), status=422)


def _upload_page(form: UploadForm) -> dict[str, object]:
    return {
        "form": form,
        "most_mib": limits.MOST_BYTES // limits.MIB,
        "most_rows": limits.MOST_ROWS,
        "most_columns": limits.MOST_COLUMNS,
        "at": database_now(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(*EVERYBODY)
def import_columns(request: SignedInRequest, pk: int) -> HttpResponse:
    """Where each column goes: proposed, shown with values, corrected."""
    importing = _mine(request, pk)
    if importing.state != Import.State.UPLOADED:
        return redirect("import", pk)
    sample = reading.sample_of(importing, limits.SAMPLED)
    data = request.POST if request.method == "POST" else None
    form = ColumnsForm(data, importing=importing, sample=sample)
    status = 200
    if data is not None and form.is_valid() and form.make_fields(at=database_now()):
        asked = form.has_new_words
        form.save()
        if not asked:
            return redirect("import-preview", pk)
        messages.info(request, "Some words are not known yet; say below what they stand for.")
        return redirect(f"{reverse('import-columns', args=[pk])}#words")
    if data is not None:
        status = 422
    context = {
        "importing": importing,
        "form": form,
        "reading": ReadingForm(importing=importing),
        "same": arriving.same_before(importing, request.user),
        "sampled": len(sample),
        "at": database_now(),
    }
    return render(request, "leads/import_columns.html", context, status=status)


@require_POST
@only_for(*EVERYBODY)
def import_read_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Read the file in another encoding or with another delimiter."""
    importing = _mine(request, pk)
    form = ReadingForm(request.POST, importing=importing)
    csv_waits = (Import.State.UPLOADED, Import.Format.CSV)
    if (importing.state, importing.format) == csv_waits and form.is_valid():
        try:
            arriving.read_again(importing, **form.chosen)
        except Unreadable as error:
            messages.error(request, f"Read like that, the file {error}. Nothing was changed.")
    return redirect("import-columns", pk)


@require_safe
@only_for(*EVERYBODY)
def import_preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """What each of the first rows would do, tried out and taken back."""
    importing = _mine(request, pk)
    if importing.state != Import.State.UPLOADED:
        return redirect("import", pk)
    at = database_now()
    intake = Intake(
        plan=plan_of(importing),
        by=importing.by,
        team=importing.team,
        hand_over=None if importing.hand_over else False,
        duplicates=importing.duplicates,
    )
    records = reading.sample_of(importing, limits.PREVIEWED)
    context = {"importing": importing, "most": limits.PREVIEWED, "at": at}
    try:
        context["preview"] = preview(records, intake, user=request.user, at=at)
    except Conflict as conflict:
        context["conflict"] = conflict.message
    return render(request, "leads/import_preview.html", context)


@require_POST
@only_for(*EVERYBODY)
def import_start(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let the workers have it."""
    importing = _mine(request, pk)
    try:
        running.start(importing, by=request.user, at=database_now())
    except Conflict as conflict:
        messages.error(request, conflict.message)
    else:
        wake_import(pk)
    return redirect("import", pk)


@require_POST
@only_for(*EVERYBODY)
def import_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget a file that was not started."""
    Import.objects.filter(pk=_mine(request, pk).pk, state=Import.State.UPLOADED).delete()
    messages.success(request, "The file was discarded; nothing was imported.")
    return redirect("import-list")


def _mine(request: SignedInRequest, pk: int) -> Import:
    """The wizard is for who uploaded the file: leads come in by their rights."""
    own = Import.objects.visible_to(request.user).filter(by=request.user)
    return get_object_or_404(own.select_related("by", "team", "campaign"), pk=pk)
