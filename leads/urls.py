"""Addresses of the life of a lead."""

from django.urls import path

from leads.views import (
    campaigns,
    capture_forms,
    deals,
    entry,
    handoffs,
    home,
    hosted,
    lead,
    lists,
    personas,
    queue,
    returns,
)

urlpatterns = [
    # Marketing: today, leads in lists, quick form, hosted forms, campaigns, personas.
    path("", home.home, name="home"),
    path("leads/", lists.lead_list, name="lead-list"),
    path("leads/export/", lists.lead_export, name="lead-export"),
    path("leads/new/", entry.lead_new, name="lead-new"),
    path("ready/", lists.ready, name="ready"),
    path("returns/", returns.return_list, name="returns"),
    path("returns/<int:pk>/answer/", returns.return_answer, name="return-answer"),
    path("campaigns/", campaigns.campaign_list, name="campaign-list"),
    path("campaigns/new/", campaigns.campaign_new, name="campaign-new"),
    path("campaigns/<slug:slug>/", campaigns.campaign, name="campaign"),
    path("campaigns/<slug:slug>/edit/", campaigns.campaign_edit, name="campaign-edit"),
    path("forms/", capture_forms.form_list, name="form-list"),
    path("forms/new/", capture_forms.form_new, name="form-new"),
    path("forms/preview/", capture_forms.form_preview, name="form-preview"),
    path("forms/<slug:slug>/", capture_forms.form_edit, name="form"),
    path("personas/", personas.persona_list, name="persona-list"),
    path("personas/<slug:slug>/", personas.persona, name="persona"),
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
