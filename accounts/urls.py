"""Addresses of a person's own pages."""

from django.urls import path

from accounts import views, views_booking, views_contacts, views_telling, views_webhooks

urlpatterns = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/bell/", views.bell, name="bell"),
    path("notifications/read/", views.notifications_read, name="notifications-read"),
    path("notifications/<int:pk>/open/", views.notification_open, name="notification-open"),
    path("who/", views_contacts.contacts, name="contacts"),
    path("profile/", views.profile, name="profile"),
    path("profile/quiet-hours/", views.quiet_hours, name="quiet-hours"),
    path("profile/notifications/", views_telling.telling, name="telling"),
    path("profile/notifications/chat/", views_telling.telling_chat, name="telling-chat"),
    path("profile/booking/", views_booking.booking_page, name="booking-page"),
    path("profile/keys/", views.api_keys, name="api-keys"),
    path("profile/keys/<int:pk>/revoke/", views.api_key_revoke, name="api-key-revoke"),
    path("webhooks/", views_webhooks.webhook_list, name="webhook-list"),
    path("webhooks/<int:pk>/", views_webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/test/", views_webhooks.webhook_test, name="webhook-test"),
    path("webhooks/<int:pk>/switch/", views_webhooks.webhook_switch, name="webhook-switch"),
    path("webhooks/<int:pk>/secret/", views_webhooks.webhook_secret, name="webhook-secret"),
    path("webhooks/<int:pk>/delete/", views_webhooks.webhook_delete, name="webhook-delete"),
    path(
        "webhooks/deliveries/<int:pk>/again/",
        views_webhooks.webhook_delivery_again,
        name="webhook-delivery-again",
    ),
]
