"""Search over everything: as a page, and as what the palette (⌘K) shows while somebody types."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.instants import database_now
from accounts.requests import SignedInRequest
from leads.searching import SHORTEST, search
from leads.views.access import EVERYBODY, only_for

LONGEST = 200


@require_safe
@only_for(*EVERYBODY)
def search_page(request: SignedInRequest) -> HttpResponse:
    """What `q` names; htmx gets the list alone."""
    words = request.GET.get("q", "").replace("\0", "")[:LONGEST].strip()
    at = database_now()
    context = {
        "words": words,
        "groups": search(words, by=request.user, at=at),
        "too_short": 0 < len(words) < SHORTEST,
        "at": at,
    }
    part = request.htmx and not request.htmx.history_restore_request
    answer = render(request, "leads/_found.html" if part else "leads/search.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer
