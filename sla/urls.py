"""Addresses of the sla pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
