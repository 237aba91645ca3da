"""Addresses of leads in the API."""

from django.urls import path

from leads.api import (
    changes,
    companies,
    fields,
    handoffs,
    leads,
    needs,
    queue,
    returns,
    sequences,
)

urlpatterns = [
    path("leads/", leads.Leads.as_view(), name="leads"),
    path("leads/<int:pk>/", leads.LeadDetail.as_view(), name="lead"),
    path("leads/<int:pk>/activities/", leads.Activities.as_view(), name="activities"),
    path("leads/<int:pk>/hand-off/", handoffs.HandOff.as_view(), name="hand-off"),
    path("leads/<int:pk>/accept/", handoffs.Accept.as_view(), name="accept"),
    path("leads/<int:pk>/reject/", handoffs.RejectHandoff.as_view(), name="reject"),
    path("leads/<int:pk>/qualify/", handoffs.QualifyLead.as_view(), name="qualify"),
    path("leads/<int:pk>/disqualify/", handoffs.DisqualifyLead.as_view(), name="disqualify"),
    path("leads/<int:pk>/recycle/", handoffs.RecycleLead.as_view(), name="recycle"),
    path("leads/<int:pk>/feedback/", handoffs.RateLead.as_view(), name="feedback"),
    path("leads/<int:pk>/needs/", needs.Needs.as_view(), name="needs"),
    path(
        "leads/<int:pk>/needs/<int:need>/take-back/",
        needs.TakeBackNeed.as_view(),
        name="take-back-need",
    ),
    path("companies/", companies.Companies.as_view(), name="companies"),
    path("companies/<int:pk>/", companies.CompanyDetail.as_view(), name="company"),
    path("leads/<int:pk>/enrol/", sequences.EnrolLead.as_view(), name="enrol"),
    path("sequences/", sequences.Sequences.as_view(), name="sequences"),
    path("changes/", changes.Changes.as_view(), name="changes"),
    path(
        "changes/<int:pk>/acknowledge/",
        changes.AcknowledgeChange.as_view(),
        name="acknowledge-change",
    ),
    path("fields/", fields.Fields.as_view(), name="fields"),
    path("returns/", returns.Returns.as_view(), name="returns"),
    path("returns/<int:pk>/answer/", returns.AnswerReturn.as_view(), name="answer-return"),
    path("returns/<int:pk>/ruling/", returns.ProposeRuling.as_view(), name="propose-ruling"),
    path("returns/<int:pk>/ruling/decide/", returns.DecideRuling.as_view(), name="decide-ruling"),
    path("queue/", queue.QueueView.as_view(), name="queue"),
]
