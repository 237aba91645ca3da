"""The agreement in force, in words, for everybody to read."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.instants import database_now
from accounts.models import Team
from accounts.requests import SignedInRequest
from leads.models import Tier
from personas.models import Definition
from sla import agreement, reading
from sla.models import Contract, Side

FIRST_YEAR, LAST_YEAR = 2000, 2100


@require_GET
def contract(request: SignedInRequest) -> HttpResponse:
    """Promises, working hours, definitions, and when a lead would be due."""
    at = database_now()
    zone = ZoneInfo(request.user.time_zone)
    found = agreement.in_force(at)
    context: dict[str, Any] = {
        "at": at,
        "year": at.astimezone(zone).year,
        "teams": reading.team_hours(at.astimezone(zone).year),
        "definitions": Definition.objects.in_force(at),
        "agreement": found,
    }
    if found is not None:
        context |= {
            "contract": Contract.objects.select_related(
                "signed_for_marketing_by", "signed_for_sales_by"
            ).get(pk=found.id),
            "sides": [(side, reading.promises(found.terms, side)) for side in Side],
            "calculator": _calculator(request, found, zone=zone, at=at),
        }
    return render(request, "sla/contract.html", context)


def _calculator(
    request: SignedInRequest, found: agreement.Agreement, *, zone: ZoneInfo, at: datetime
) -> dict[str, Any]:
    """ "If a lead came at … it would be due at …"; without a question, now."""
    teams = list(Team.objects.filter(kind=Team.Kind.SALES))
    team = next((t for t in teams if t.slug == request.GET.get("team")), None)
    own = (t for t in teams if t.pk in request.user.sales_teams)
    team = team or next(own, None) or next(iter(teams), None)
    tier = request.GET.get("tier", "")
    tier = tier if tier in Tier.values else Tier.HOT.value
    text, error = request.GET.get("start", ""), ""
    try:
        start = read_instant(text, zone) if text else at
    except ValueError as problem:
        start, error = at, str(problem)
    return {
        "start": start.astimezone(zone),
        "typed": text or f"{start.astimezone(zone):%Y-%m-%dT%H:%M}",
        "error": error,
        "tier": tier,
        "tiers": Tier,
        "team": team,
        "teams": teams,
        "asked": bool(text) and not error,
        "forecast": (
            reading.forecast(found, start=start, tier=tier, team_id=team.pk) if team else []
        ),
    }


def read_instant(text: str, zone: ZoneInfo) -> datetime:
    """What a date-and-time field sends, read in the viewer's zone."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text[:30]}” is not a time; write it as 2027-01-31T09:30.") from None
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise ValueError(f"The year must be from {FIRST_YEAR} to {LAST_YEAR}, not {start.year}.")
    return start if start.tzinfo else start.replace(tzinfo=zone)
