"""What a stage's word means, where it stands: as agreed, asked for once a page."""

from django import template
from django.template import Context

from accounts import configuration
from personas.definitions import Agreed, latest

register = template.Library()


@register.simple_tag(takes_context=True)
def agreed_word(context: Context, stage: str) -> Agreed | None:
    """What both sides agreed that a stage means, or None."""
    # Kept on the request, for it outlives an include that is given nothing else.
    request = getattr(context, "request", None)
    stamp = getattr(request, "configuration_stamp", None) or configuration.stamp()
    if request is not None:
        request.configuration_stamp = stamp
    return latest(stage, stamp=stamp)
