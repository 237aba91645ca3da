"""Addresses of a person's own pages."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/bell/", views.bell, name="bell"),
    path("notifications/read/", views.notifications_read, name="notifications-read"),
    path("notifications/<int:pk>/open/", views.notification_open, name="notification-open"),
    path("profile/", views.profile, name="profile"),
    path("profile/keys/", views.api_keys, name="api-keys"),
    path("profile/keys/<int:pk>/revoke/", views.api_key_revoke, name="api-key-revoke"),
]
