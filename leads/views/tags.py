"""Tags: put on and taken off on a lead's page; and all of them, renamed, merged, removed."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.instants import database_now
from accounts.refusals import Refused
from accounts.requests import SignedInRequest
from leads import normalise, tag_keeping, tagging
from leads.models import Tag
from leads.tag_keeping import MANAGERS
from leads.views.access import EVERYBODY, only_for
from leads.views.answers import perform
from leads.views.lead import must
from leads.views.workspace import rights, visible_lead


@require_POST
def lead_tags(request: SignedInRequest, pk: int) -> HttpResponse:
    """`tag` is the name to put on (or several), `off` the number of one to take off."""
    found = visible_lead(request.user, pk)
    must(rights(request.user, found).may_edit, "Tagging is for those who may change this lead.")

    def deed(at: datetime) -> str:
        off = request.POST.get("off", "")
        if off.isascii() and off.isdigit() and len(off) < 10:
            tag = Tag.objects.filter(pk=off).first()
            done = tagging.take_off([pk], int(off), at=at)
            return f"“{tag}” taken off." if done and tag else ""
        said = []
        for name in _typed(request.POST.get("tag", "")):
            tag = tagging.called(name, by=request.user, at=at)
            done = tagging.put_on([pk], tag.pk, at=at)
            said.append(f"Tagged “{tag}”." if done else f"It is tagged “{tag}” already.")
        return " ".join(said)

    return perform(request, found, deed)


def _typed(text: str) -> list[str]:
    """The names somebody typed; what can be none is refused by its own words."""
    try:
        return normalise.tags(text) or [text]
    except ValueError:
        return [text]


@require_safe
@only_for(*EVERYBODY)
def tag_list(request: SignedInRequest) -> HttpResponse:
    """Every tag, on how many leads it is, and the words merged into it."""
    return _page(request)


def _page(request: SignedInRequest, pk: int = 0, refusal: Refused | None = None) -> HttpResponse:
    """The page; with a refusal, what was typed stands in the row of that tag still."""
    words, counts = tagging.words(), tag_keeping.counted(request.user)
    tags = [
        {
            "number": number,
            "name": name,
            "count": counts[number] if counts is not None else None,
            "typed": request.POST if number == pk else {},
            "where": f'["all",["tags","in","{number}"]]',
        }
        for number, name in words.names.items()
    ]
    merged = Tag.objects.filter(merged_into__isnull=False, removed_at=None)
    context = {
        "tags": tags,
        "merged": [(tag, words.name(tag.pk)) for tag in merged],
        "removed": Tag.objects.exclude(removed_at=None).filter(merged_into=None)[:50],
        "may_keep": request.user.role in MANAGERS,
        "uncounted": counts is None,
        "refusal": refusal.message if refusal else "",
        "at": database_now(),
    }
    status = refusal.status if refusal else 200
    return render(request, "leads/tags.html", context, status=status)


def _kept(
    request: SignedInRequest, pk: int, deed: Callable[[datetime], str], undo: str = ""
) -> HttpResponse:
    """Do it, and back to the tags, where the message can take it back."""
    try:
        said = deed(database_now())
    except Refused as refusal:
        return _page(request, pk, refusal)
    messages.success(request, said, extra_tags=f"undo:{undo}" if undo else "")
    return redirect("tag-list")


@require_POST
@only_for(*MANAGERS)
def tag_rename(request: SignedInRequest, pk: int) -> HttpResponse:
    """Call it otherwise, everywhere."""
    tag = get_object_or_404(Tag, pk=pk, removed_at=None)

    def deed(at: datetime) -> str:
        before = tag_keeping.rename(tag, request.POST.get("name", ""), by=request.user, at=at)
        return f"“{before}” is “{tag}” now."

    return _kept(request, pk, deed)


@require_POST
@only_for(*MANAGERS)
def tag_merge(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make it one more word for another tag."""
    tag = get_object_or_404(Tag, pk=pk, removed_at=None)

    def deed(at: datetime) -> str:
        name = request.POST.get("into", "").replace("\x00", "").strip()
        other = tagging.named(name)
        if other is None:
            raise Refused(f"There is no tag “{name[:60]}”; name the one to merge “{tag}” into.")
        tag_keeping.merge(tag, other, by=request.user, at=at)
        return f"“{tag}” is “{other}” now, on every lead."

    return _kept(request, pk, deed, reverse("tag-take-apart", args=[pk]))


@require_POST
@only_for(*MANAGERS)
def tag_take_apart(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo a merge."""
    tag = get_object_or_404(Tag, pk=pk)

    def deed(at: datetime) -> str:
        tag_keeping.take_apart(tag, by=request.user, at=at)
        return f"“{tag}” is a tag of its own again."

    return _kept(request, pk, deed)


@require_POST
@only_for(*MANAGERS)
def tag_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take it off every lead; the message puts it back."""
    tag = get_object_or_404(Tag, pk=pk)

    def deed(at: datetime) -> str:
        tag_keeping.remove(tag, by=request.user, at=at)
        return f"“{tag}” is off every lead."

    return _kept(request, pk, deed, reverse("tag-put-back", args=[pk]))


@require_POST
@only_for(*MANAGERS)
def tag_put_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo a removal."""
    tag = get_object_or_404(Tag, pk=pk)

    def deed(at: datetime) -> str:
        tag_keeping.put_back(tag, by=request.user, at=at)
        return f"“{tag}” is back on its leads."

    return _kept(request, pk, deed)
