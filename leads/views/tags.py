"""The tags of one lead, on its page: put on, taken off."""

from datetime import datetime

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from leads import tagging
from leads.models import Tag
from leads.views.answers import perform
from leads.views.lead import must
from leads.views.workspace import rights, visible_lead


@require_POST
def lead_tags(request: SignedInRequest, pk: int) -> HttpResponse:
    """`tag` is the name to put on, `off` the number of one to take off."""
    found = visible_lead(request.user, pk)
    must(rights(request.user, found).may_edit, "Tagging is for those who may change this lead.")

    def deed(at: datetime) -> str:
        off = request.POST.get("off", "")
        if off.isascii() and off.isdigit() and len(off) < 10:
            tag = Tag.objects.filter(pk=off).first()
            done = tagging.take_off([pk], int(off), at=at)
            return f"“{tag}” taken off." if done and tag else ""
        tag = tagging.called(request.POST.get("tag", ""), by=request.user, at=at)
        done = tagging.put_on([pk], tag.pk, at=at)
        return f"Tagged “{tag}”." if done else f"It is tagged “{tag}” already."

    return perform(request, found, deed)
