"""Addresses of the REST API, under /api/v1/."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path, resolve
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularSwaggerSplitView

from accounts.openapi import SchemaView
from accounts.problems import answer
from sla.api import ComplianceView
from sla.replays.what_if_api import WhatIfView
from sla.scorecard_api import ScorecardView
from sla.time_api import HandoffTimeView

app_name = "api"


@csrf_exempt  # it changes nothing; without a page there is no token to send
@login_not_required
def elsewhere(request: HttpRequest, rest: str) -> HttpResponse:
    """An address without its last slash is sent on, body and all; any other is a problem."""
    with_slash = f"{request.path_info}/"
    if not rest.endswith("/") and resolve(with_slash).func is not elsewhere:
        query = request.META.get("QUERY_STRING", "")
        where = f"{with_slash}?{query}" if query else with_slash
        return HttpResponse(status=308, headers={"Location": where})
    return answer(404, f"There is no {request.path_info[:200]}; see /api/v1/docs/.")


urlpatterns = [
    path("", include("leads.api.urls")),
    path("sla/compliance/", ComplianceView.as_view(), name="compliance"),
    path("sla/handoffs/<int:pk>/time/", HandoffTimeView.as_view(), name="handoff-time"),
    path("sla/scorecard/", ScorecardView.as_view(), name="scorecard"),
    path("sla/what-if/", WhatIfView.as_view(), name="what-if"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    re_path(r"^(?P<rest>.*)$", elsewhere),
]
