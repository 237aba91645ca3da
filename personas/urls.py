"""Addresses of the personas pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
