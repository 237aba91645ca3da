"""`{% ask_about "offers" %}`: whom to ask about what a page is about, at its foot."""

from datetime import datetime
from typing import Any

from django import template
from django.template import Context

from accounts.contacts import turn_to
from accounts.instants import database_now

register = template.Library()


@register.inclusion_tag("_ask_about.html", takes_context=True)
def ask_about(context: Context, topic: str) -> dict[str, Any]:
    """The person of a topic (accounts.models.Contact.Topic), or nothing where nobody is named."""
    at = context.get("at")
    return {"turn": turn_to(topic, at=at if isinstance(at, datetime) else database_now())}
