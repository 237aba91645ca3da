"""Addresses of the sla pages."""

from django.urls import path

from sla.views import (
    calendars,
    claims,
    clocks,
    compliance,
    contract,
    pausing,
    people,
    what_if,
    whose_time,
)

urlpatterns = [
    path("sla/", compliance.compliance, name="compliance"),
    path("sla/at-risk/", compliance.at_risk_now, name="compliance-at-risk"),
    path("sla/speed/", compliance.speed_table, name="compliance-speed"),
    path("sla/time/", whose_time.time_averages, name="compliance-time"),
    path("handoffs/<int:pk>/time/", whose_time.handoff_time_page, name="handoff-time"),
    path("sla/clocks/", clocks.clock_list, name="clock-list"),
    path("sla/clocks/<int:pk>/excuse/", clocks.clock_excuse, name="clock-excuse"),
    path("sla/clocks/<int:pk>/excuse/undo/", clocks.clock_excuse_undo, name="clock-excuse-undo"),
    path("sla/claims/", claims.claim_list, name="claim-list"),
    path("sla/claims/<int:pk>/decide/", claims.claim_decide, name="claim-decide"),
    path("handoffs/<int:pk>/pause/", pausing.pause, name="handoff-pause"),
    path("handoffs/<int:pk>/resume/", pausing.resume, name="handoff-resume"),
    path("sla/contract/", contract.contract, name="contract"),
    path("sla/calendars/", calendars.calendar_list, name="calendar-list"),
    path("sla/calendars/new/", calendars.calendar_new, name="calendar-new"),
    path("sla/calendars/preview/", calendars.calendar_preview, name="calendar-preview"),
    path("sla/calendars/regions/", calendars.calendar_regions, name="calendar-regions"),
    path("sla/people/", people.person_list, name="person-list"),
    path("sla/people/<int:pk>/", people.person_hours, name="person-hours"),
    path("sla/people/<int:pk>/leave/", people.person_leave, name="person-leave"),
    path("sla/calendars/<slug:slug>/", calendars.calendar, name="calendar"),
    path("sla/what-if/", what_if.what_if, name="what-if"),
]
