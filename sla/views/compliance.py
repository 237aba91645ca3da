"""The page that says whether both sides keep the agreement."""

from dataclasses import dataclass
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.instants import database_now
from accounts.models import Role
from accounts.requests import SignedInRequest
from sla import at_risk, speed, trend
from sla.compliance import DIMENSIONS, Figures
from sla.compliance import compliance as figures_of
from sla.views import pictures
from sla.views.period import NAMED, Period, asked_for

TABS = {
    "term": "Term",
    "rep": "Rep",
    "team": "Team",
    "persona": "Persona",
    "campaign": "Campaign",
    "source": "Source",
}


@dataclass(slots=True)
class Row:
    """One group's figures and where its clocks are listed."""

    figures: Figures
    url: str


@require_GET
def compliance(request: SignedInRequest) -> HttpResponse:
    """Figures of a period by one dimension, their trend, and what is at risk now."""
    at = database_now()
    period = asked_for(request.GET, zone=ZoneInfo(request.user.time_zone), at=at)
    by = request.GET.get("by", "term")
    by = by if by in TABS else "term"
    found = figures_of(request.user, start=period.start, end=period.end, by=by, at=at)
    span = (request.user, period.start, period.end)
    step, steps = trend.steps(*span, zone=period.zone, at=at)
    misses = trend.misses_by_hour(*span, zone=period.zone, at=at)
    context = {
        "at": at,
        "period": period,
        "periods": [(name, label, f"?{urlencode({'period': name, 'by': by})}")
                    for name, label in NAMED.items()],
        "by": by,
        "by_label": TABS[by],
        "tabs": [(name, label, f"?{urlencode({**period.query, 'by': name})}")
                 for name, label in _tabs(request).items()],
        "totals": Row(found.totals, clocks_url(period)),
        "rows": [Row(figures, clocks_url(period, by, figures)) for figures in found.groups],
        "step": step,
        "steps": list(reversed(steps)),
        "rate_chart": pictures.rate_chart(steps),
        "count_chart": pictures.count_chart(steps),
        "misses": misses,
        "heat_chart": pictures.heat_chart(misses),
        "heat_table": pictures.heat_table(misses),
        "speed": speed.of(*span, at=at),
        "scope": _scope(request),
        **at_risk_context(request, at=at),
    }  # fmt: skip
    return render(request, "sla/compliance.html", context)


@require_GET
def at_risk_now(request: SignedInRequest) -> HttpResponse:
    """The live part of the page."""
    at = database_now()
    return render(request, "sla/_at_risk.html", {"at": at, **at_risk_context(request, at=at)})


def at_risk_context(request: SignedInRequest, *, at: object) -> dict[str, object]:
    return {"at_risk": at_risk.now(request.user, at=at)}  # type: ignore[arg-type]


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


def _scope(request: SignedInRequest) -> str:
    return {
        Role.SALES_REP: "Your own clocks",
        Role.MARKETER: "What your team owes",
    }.get(request.user.role, "")


assert set(TABS) == set(DIMENSIONS)
