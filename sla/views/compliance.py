"""The page that says whether both sides keep the agreement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.instants import database_now
from accounts.models import Role
from accounts.requests import SignedInRequest
from sla.clocks import claims
from sla.figures import at_risk, speed, trend
from sla.figures.compliance import DIMENSIONS, Figures
from sla.figures.compliance import compliance as figures_of
from sla.views import pictures
from sla.views.parts import part
from sla.views.period import NAMED, Period, asked_for

TABS = {
    "term": "Term",
    "rep": "Rep",
    "team": "Team",
    "persona": "Persona",
    "campaign": "Campaign",
    "source": "Source",
}

SCOPES = {Role.SALES_REP: "Your own clocks", Role.MARKETER: "What your team owes"}


@dataclass(slots=True)
class Row:
    """One group's figures and where its clocks are listed."""

    figures: Figures
    url: str


@require_GET
def compliance(request: SignedInRequest) -> HttpResponse:
    """Figures of a period by one dimension, their trend, and what is at risk now."""
    at = database_now()
    period = _period(request, at=at)
    by = request.GET.get("by", "term")
    by = by if by in TABS else "term"
    found = figures_of(request.user, start=period.start, end=period.end, by=by, at=at)
    context = {
        "at": at,
        "period": period,
        "periods": {n: (label, _query(period=n, by=by)) for n, label in NAMED.items()},
        "by": by,
        "by_label": TABS[by],
        "tabs": {n: (label, _query(**period.query, by=n)) for n, label in _tabs(request).items()},
        "totals": Row(found.totals, clocks_url(period)),
        "rows": [Row(figures, clocks_url(period, by, figures)) for figures in found.groups],
        "scope": SCOPES.get(request.user.role, "Both sides"),
        "at_risk": at_risk.now(request.user, at=at),
        "claims_waiting": claims.waiting_count(request.user),
        "time_url": f"{reverse('compliance-time')}{_query(**period.query)}",
        "speed_url": f"{reverse('compliance-speed')}{_query(**period.query)}",
        **_drawn(request, period, at=at),
    }
    return render(request, "sla/compliance.html", context)


def _drawn(request: SignedInRequest, period: Period, *, at: datetime) -> dict[str, Any]:
    span = (request.user, period.start, period.end)
    step, steps = trend.steps(*span, zone=period.zone, at=at)
    misses = trend.misses_by_hour(*span, zone=period.zone, at=at)
    return {
        "step": step,
        "steps": list(reversed(steps)),
        "rate_chart": pictures.rate_chart(steps),
        "count_chart": pictures.count_chart(steps),
        "misses": misses,
        "heat_chart": pictures.heat_chart(misses),
        "heat_table": pictures.heat_table(misses),
    }


@require_GET
def at_risk_now(request: SignedInRequest) -> HttpResponse:
    """The live part of the page."""
    at = database_now()
    context = {"at": at, "at_risk": at_risk.now(request.user, at=at)}
    return part(request, "sla/_at_risk.html", "At risk now", context)


@require_GET
def speed_table(request: SignedInRequest) -> HttpResponse:
    """Percentiles can't be added up from tallies, so the page fetches them after it is there."""
    at = database_now()
    period = _period(request, at=at)
    found = speed.of(request.user, period.start, period.end, at=at)
    context = {"at": at, "speed": found, "period": period}
    return part(request, "sla/_speed.html", "How fast it was", context)


def _period(request: SignedInRequest, *, at: datetime) -> Period:
    return asked_for(request.GET, zone=ZoneInfo(request.user.time_zone), at=at)


def _query(**values: str) -> str:
    return f"?{urlencode(values)}"


def clocks_url(period: Period, by: str = "", figures: Figures | None = None) -> str:
    """The list of exactly the clocks a figure counts, up to `&outcome=`."""
    query = dict(period.query)
    if figures is not None:
        query |= {by: figures.key} if figures.key is not None else {"without": by}
    return f"{reverse('clock-list')}?{urlencode(query)}"


def _tabs(request: SignedInRequest) -> dict[str, str]:
    """A rep's own figures are one rep's and one team's: nothing to compare."""
    if request.user.role == Role.SALES_REP:
        return {name: label for name, label in TABS.items() if name not in ("rep", "team")}
    return TABS


assert set(TABS) == set(DIMENSIONS)
