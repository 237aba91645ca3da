"""Tasks: kept on a lead's page, done there or on the agenda, with undo."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.instants import database_now
from accounts.requests import SignedInRequest
from accounts.words import moment_words
from leads.forms_tasks import TaskForm
from leads.models import Task
from leads.views.answers import back_of, fill_in, page, posted
from leads.views.lead import must
from leads.views.workspace import rights, visible_lead


@require_http_methods(["GET", "POST"])
def lead_task(request: SignedInRequest, pk: int) -> HttpResponse:
    """Something to do about this lead, and by when."""
    found = visible_lead(request.user, pk)
    may = rights(request.user, found)
    must(may.may_work or may.may_edit, "Tasks are for those who work this lead or may change it.")
    zone = ZoneInfo(request.user.time_zone)
    form = TaskForm(posted(request), zone=zone, at=database_now(), may_pass_on=may.may_work)

    def deed(at: datetime) -> str:
        data = form.cleaned_data
        task = Task.objects.plan(
            found, data["words"], data["due_at"], by=request.user, at=at,
            with_the_lead=data["with_the_lead"],
        )  # fmt: skip
        return f"“{task}” is kept for {moment_words(task.due_at, at=at, zone=zone)}."

    title = f"Something to do: {found.name}"
    return fill_in(request, found, form, deed, title=title, submit="Keep it")


@require_POST
def task_done(request: SignedInRequest, pk: int) -> HttpResponse:
    """It is done; the toast takes that back."""
    task = _mine(request, pk)
    task.finish(by=request.user, at=database_now())
    undo = reverse("task-reopen", args=[task.pk])
    messages.success(request, f"Done: {task}.", extra_tags=f"undo:{undo}")
    return _answer(request, task)


@require_POST
def task_reopen(request: SignedInRequest, pk: int) -> HttpResponse:
    """Not done after all."""
    task = _mine(request, pk)
    task.reopen()
    messages.success(request, f"To do again: {task}.")
    return _answer(request, task)


def _mine(request: SignedInRequest, pk: int) -> Task:
    """One's own, or of a lead one works; one that goes with the lead is also theirs who may change
    the lead."""
    task = get_object_or_404(Task.objects.visible_to(request.user), pk=pk)
    if task.owner_id != request.user.pk:
        may = rights(request.user, visible_lead(request.user, task.lead_id))
        allowed = may.may_work or (task.owner_id is None and may.may_edit)
        must(allowed, "This task is somebody else's.")
    return task


def _answer(request: SignedInRequest, task: Task) -> HttpResponse:
    back = back_of(request, task.lead)
    return redirect(back) if back == reverse("agenda") else page(request, task.lead)
