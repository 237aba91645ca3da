"""A part of the compliance page that has an address of its own."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.requests import SignedInRequest


def part(
    request: SignedInRequest, template: str, heading: str, context: Mapping[str, Any]
) -> HttpResponse:
    """The part alone for htmx, which puts it where it belongs; a page for whoever opens it."""
    if request.htmx:
        return render(request, template, context)
    framed = {**context, "part": template, "heading": heading}
    return render(request, "sla/compliance_part.html", framed)
