"""Addresses of the life of a lead."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def not_yet(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(status=501)


urlpatterns = [path("leads/<int:pk>/", not_yet, name="lead")]
