"""Numbers with a decimal comma: whether a column has them, and what they are with a point."""

import re
from collections.abc import Iterable

from django.db.models import TextChoices

_COMMA = re.compile(
    r"(?P<before>[^0-9]*)(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,3}(?:[ '’][0-9]{3})+|[0-9]+)"
    r"(?P<part>,[0-9]+)?(?P<after>[^0-9]*)"
)
# Not a thousand with a comma in it: this can only be a decimal comma.
_SURE = re.compile(
    r"[^0-9]*(?:[0-9]{1,3}(?:[. '’][0-9]{3})+,[0-9]+|[0-9]+,(?:[0-9]{1,2}|[0-9]{4,}))[^0-9]*"
)
LONGEST = 60


class Style(TextChoices):
    """Which sign parts the whole from its part; the other one parts thousands."""

    POINT = "point", "With a point (1,200.50)"
    COMMA = "comma", "With a comma (1.200,50)"


def style_of(values: Iterable[str]) -> str:
    """A comma where every value reads so and one can't be meant otherwise; else a point."""
    found = [value.strip() for value in values]
    sure = any(_SURE.fullmatch(value) for value in found if len(value) <= LONGEST)
    reads = all(len(value) <= LONGEST and _COMMA.fullmatch(value) for value in found)
    return Style.COMMA if found and sure and reads else Style.POINT


def with_point(text: str) -> str:
    """A number with a decimal comma as one with a point; currency and sign stay. Raises
    ValueError."""
    found = _COMMA.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if found is None:
        raise ValueError(f"“{text[:40]}” is not a number written as 1.200,50")
    whole = re.sub(r"[^0-9]", "", found["whole"])
    part = (found["part"] or "").replace(",", ".")
    return f"{found['before']}{whole}{part}{found['after']}"
