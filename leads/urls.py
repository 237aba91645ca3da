"""Addresses of the life of a lead."""

from django.urls import path

from leads.views import deals, entry, handoffs, hosted, lead, queue

urlpatterns = [
    path("leads/new/", entry.lead_new, name="lead-new"),
    # Sales: the queue, one lead, deals.
    path("queue/", queue.queue, name="queue"),
    path("queue/rows/", queue.queue_rows, name="queue-rows"),
    path("unassigned/", handoffs.unassigned, name="unassigned"),
    path("handoffs/<int:pk>/accept/", handoffs.accept, name="handoff-accept"),
    path("handoffs/<int:pk>/reject/", handoffs.reject, name="handoff-reject"),
    path("handoffs/<int:pk>/reassign/", handoffs.reassign, name="handoff-reassign"),
    path("deals/", deals.deal_list, name="deal-list"),
    path("deals/<int:pk>/close/", deals.close, name="deal-close"),
    path("leads/<int:pk>/", lead.lead, name="lead"),
    path("leads/<int:pk>/edit/", lead.edit_details, name="lead-edit"),
    path("leads/<int:pk>/hand-off/", lead.hand_off, name="lead-hand-off"),
    path("leads/<int:pk>/activity/", lead.activity, name="lead-activity"),
    path("leads/<int:pk>/qualify/", lead.qualify, name="lead-qualify"),
    path("leads/<int:pk>/disqualify/", lead.disqualify, name="lead-disqualify"),
    path("leads/<int:pk>/recycle/", lead.recycle, name="lead-recycle"),
    path("leads/<int:pk>/deal/", lead.deal, name="lead-deal"),
    path("f/<slug:slug>/", hosted.hosted_form, name="hosted-form"),
    path("f/<slug:slug>/thanks/", hosted.hosted_thanks, name="hosted-thanks"),
    path("f/<slug:slug>.js", hosted.hosted_form_js, name="hosted-form-js"),
]
