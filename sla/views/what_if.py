"""The page that replays the past under a draft of the agreement."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.instants import database_now
from accounts.models import Role
from accounts.requests import SignedInRequest
from leads.models import Lead
from leads.views.access import only_for
from sla.replays.draft import Draft
from sla.replays.draft_form import DraftForm
from sla.replays.what_if import Pair, WhatIf, points
from sla.replays.what_if import what_if as replayed_under
from sla.views import pictures
from sla.views.compliance import clocks_url
from sla.views.period import Period

MANAGERS = (Role.MARKETING_MANAGER, Role.SALES_MANAGER, Role.ADMIN)


@dataclass(slots=True)
class Row:
    """One group before and after, and where its clocks are listed as they were."""

    pair: Pair
    url: str
    points: str


@require_safe
@only_for(*MANAGERS)
def what_if(request: SignedInRequest) -> HttpResponse:
    """The form, and below it the answer to what it asks; the address holds the question."""
    at = database_now()
    form = DraftForm(request.GET if "days" in request.GET else None, at=at)
    context: dict[str, Any] = {"at": at, "form": form}
    asked = form.is_bound and form.is_valid()
    if asked:
        context |= _answer(request, form.draft, days=form.cleaned_data["days"], at=at)
    template = "sla/_what_if.html" if request.htmx else "sla/what_if.html"
    status = 422 if form.is_bound and not asked else 200
    return render(request, template, context, status=status)


def _answer(request: SignedInRequest, draft: Draft, *, days: int, at: datetime) -> dict[str, Any]:
    zone = ZoneInfo(request.user.time_zone)
    today = at.astimezone(zone).date()
    period = Period("custom", today - timedelta(days=days - 1), today, zone)
    found = replayed_under(draft, start=period.start, at=at)
    return {
        "found": found,
        "period": period,
        "totals": Row(found.totals, clocks_url(period), points(found.totals)),
        "tables": [
            ("term", "Promise", _rows(found.terms, "term", period)),
            ("rep", "Rep", _rows(found.reps, "rep", period)),
        ],
        "chart": pictures.before_after_chart(found.terms),
        "seen": _seen(request, found),
    }


def _rows(pairs: list[Pair], by: str, period: Period) -> list[Row]:
    return [Row(pair, clocks_url(period, by, pair.before), points(pair)) for pair in pairs]


def _seen(request: SignedInRequest, found: WhatIf) -> set[int]:
    """The listed leads whose page this person may open."""
    ids = [each.lead.pk for each in found.changed]
    seen = Lead.objects.visible_to(request.user).filter(pk__in=ids)
    return set(seen.values_list("pk", flat=True))
