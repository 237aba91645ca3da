"""What the capture pages' templates need beyond `leadflow_ui`."""

import json
from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
# As json_script does, and the two line ends that older JavaScript breaks a text at.
ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


@register.filter
def js_literal(value: Any) -> SafeString:
    """A value as a JavaScript literal; nothing in it can end the text it stands in."""
    return mark_safe(json.dumps(value).translate(ESCAPES))  # noqa: S308 (escaped just now)


@register.filter
def times(ratio: Decimal | float | None) -> str:
    """How many times over ("4.1×"); a dash for None."""
    return "–" if ratio is None else f"{ratio:,.1f}×"
