"""`{% icon "phone" %}`: one of Tabler's icons as inline SVG, which needs no font and no request."""

import functools
import re

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from leadflow.packages import node_modules

register = template.Library()


@functools.cache
def shape(name: str) -> SafeString:
    """The icon's paths; raises LookupError naming an icon that does not exist."""
    style, _, base = name.rpartition(":")
    path = node_modules() / "@tabler/icons/icons" / (style or "outline") / f"{base}.svg"
    if not re.fullmatch(r"((outline|filled):)?[a-z0-9-]+", name) or not path.is_file():
        raise LookupError(f"there is no icon {name!r} (looked for {path.name} in @tabler/icons)")
    return mark_safe("".join(re.findall(r"<(?:path|circle)[^>]*/>", path.read_text())))


@register.simple_tag
def icon(name: str, extra: str = "", label: str = "") -> SafeString:
    """The SVG of `name` ("phone", "filled:star"); with a label it is an image, else decoration."""
    filled = name.startswith("filled:")
    paint = "currentColor" if filled else "none"
    stroke = "none" if filled else "currentColor"
    meaning = format_html('role="img" aria-label="{}"', label) if label else "aria-hidden=true"
    return format_html(
        '<svg class="icon {}" width="24" height="24" viewBox="0 0 24 24" fill="{}" stroke="{}"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        extra,
        paint,
        stroke,
        meaning if label else mark_safe('aria-hidden="true"'),
        shape(name),
    )
