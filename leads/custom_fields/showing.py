"""What a lead carries beyond its own fields, with labels, as a page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from leads.custom_fields.registry import by_name
from leads.custom_fields.saying import said
from leads.models import CustomField


@dataclass(frozen=True, slots=True)
class Shown:
    """One value in words; `url` where it is an address to open."""

    label: str
    words: str
    url: str = ""
    # The field's name for a cell, where the value can be changed as one.
    name: str = ""


def shown(
    extra: Mapping[str, Any], about: str = CustomField.About.LEAD, *, stamp: UUID | None = None
) -> list[Shown]:
    """The values of the fields in their order, then what has no field; removed ones are hidden."""
    if not extra:
        return []
    fields = by_name(about, stamp=stamp)
    found = [
        Shown(rules.label, said(rules, extra[name]), _url(rules.kind, extra[name]), rules.key)
        for name, rules in fields.items()
        if name in extra and not rules.removed
    ]
    return found + [
        Shown(label_of(name), "Yes" if value is True else "No" if value is False else str(value))
        for name, value in extra.items()
        if name not in fields
    ]


def label_of(name: str) -> str:
    """What a key without a field is called."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _url(kind: str, value: object) -> str:
    """Only what reading made of an address: nothing else becomes a link."""
    text = str(value)
    is_url = kind == CustomField.Kind.URL and text.startswith(("http://", "https://"))
    return text if is_url else ""
