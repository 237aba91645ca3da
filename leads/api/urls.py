"""Addresses of leads in the API."""

from django.urls import path

from leads.api import changes, fields, handoffs, leads, queue

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
    path("changes/", changes.Changes.as_view(), name="changes"),
    path(
        "changes/<int:pk>/acknowledge/",
        changes.AcknowledgeChange.as_view(),
        name="acknowledge-change",
    ),
    path("fields/", fields.Fields.as_view(), name="fields"),
    path("queue/", queue.QueueView.as_view(), name="queue"),
]
