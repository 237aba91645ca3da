"""What templates of every room draw with: navigation, times, figures, avatars, form controls.

Load it with `{% load leadflow_ui %}`; `docs/look.md` says which tag is for what.
"""

import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.db import DatabaseError, InterfaceError
from django.forms import BoundField
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.instants import database_now
from accounts.models import Absence
from accounts.words import (
    ago_words,
    due_words,
    leave_words,
    moment_words,
    money_words,
    span_words,
)

register = template.Library()

HIDDEN = mark_safe('aria-hidden="true"')
AVATAR_HUES = 8
# State → icon, word. The colour is the class `clock-<state>`, so no state rests on colour alone.
CLOCK_LOOK = {
    "running": ("clock", "Running"),
    "at_risk": ("alert-triangle", "At risk"),
    "missed": ("clock-x", "Missed"),
    "met": ("circle-check", "Met"),
    "paused": ("player-pause", "Paused"),
    "voided": ("circle-off", "Voided"),
}


@cache
def drawing(name: str) -> SafeString:
    """The shapes of one Tabler icon, read once; raises LookupError naming one that is not there."""
    path = settings.BASE_DIR / "node_modules/@tabler/icons/icons/outline" / f"{name}.svg"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not path.is_file():
        raise LookupError(f"there is no icon “{name}” among Tabler's outline icons")
    shapes = re.findall(r"<(?!path stroke=.none)\w[^>]*/>", path.read_text())
    return mark_safe("".join(shapes))  # noqa: S308 (from the npm package)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon; decoration unless `label` says what it means."""
    meaning = format_html('role="img" aria-label="{}"', label) if label else HIDDEN
    return format_html('<svg class="icon" viewBox="0 0 24 24" {}>{}</svg>', meaning, drawing(name))


@register.inclusion_tag("_nav_item.html", takes_context=True)
def nav_item(
    context: Context, name: str, label: str, picture: str, also: str = ""
) -> dict[str, Any]:
    """One line of the navigation, lit on its own page and on those named in `also`."""
    match = getattr(context.get("request"), "resolver_match", None)
    current = match is not None and match.view_name in (name, *also.split())
    return {
        "url": reverse(name),
        "label": label,
        "picture": picture,
        "current": current,
    }


def _zone(context: Context) -> tzinfo:
    """The viewer's own zone, or UTC for a stranger."""
    name = getattr(getattr(context.get("request"), "user", None), "time_zone", None)
    return ZoneInfo(name) if name else UTC


def _at(context: Context) -> datetime:
    """The instant the page speaks of: the view's `at`, else the database's present.

    Never this machine's clock, unless the page says that the database does not answer.
    """
    at = context.get("at")
    if isinstance(at, datetime):
        return at
    try:
        return database_now()
    except (DatabaseError, InterfaceError):
        return datetime.now(UTC)


@register.simple_tag(takes_context=True)
def server_time(context: Context) -> str:
    """The page's instant for the scripts, so that a wrong clock on the desk does not matter."""
    return _at(context).isoformat()


@register.simple_tag(takes_context=True)
def due(
    context: Context,
    due_at: datetime | None,
    started_at: datetime | None = None,
    warn_at: datetime | None = None,
) -> SafeString | str:
    """A deadline as a person says it, kept current by `countdown.js`; exact on hover."""
    if due_at is None:
        return "–"
    at, zone = _at(context), _zone(context)
    extra = ""
    if started_at:
        extra += f' data-started="{started_at.isoformat()}"'
    if warn_at:
        extra += f' data-warn="{warn_at.isoformat()}"'
    return format_html(
        '<time datetime="{0}" data-due="{0}"{1} title="{2}">{3}</time>',
        due_at.isoformat(),
        mark_safe(extra),  # noqa: S308 (instants only)
        f"{moment_words(due_at, at=at, zone=zone)} ({zone})",
        due_words(due_at, at=at, zone=zone),
    )


@register.simple_tag(takes_context=True)
def ago(context: Context, instant: datetime | None) -> SafeString | str:
    """A past instant as a person says it ("5 min ago"); exact on hover."""
    if instant is None:
        return "–"
    at, zone = _at(context), _zone(context)
    return format_html(
        '<time datetime="{0}" data-ago="{0}" title="{1}">{2}</time>',
        instant.isoformat(),
        f"{moment_words(instant, at=at, zone=zone)} ({zone})",
        ago_words(instant, at=at, zone=zone),
    )


@register.simple_tag(takes_context=True)
def moment(context: Context, instant: datetime | None) -> SafeString | str:
    """An exact instant in the viewer's zone: "Mon 3 Mar, 10:00"."""
    if instant is None:
        return "–"
    zone = _zone(context)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        instant.isoformat(),
        str(zone),
        moment_words(instant, at=_at(context), zone=zone),
    )


@register.simple_tag(takes_context=True)
def local_moment(context: Context, instant: datetime) -> str:
    """An exact instant by the clock it carries: "Mon 3 Mar, 10:00"; say beside it which that is."""
    return moment_words(instant, at=_at(context), zone=instant.tzinfo or UTC)


@register.simple_tag(takes_context=True)
def first_day(context: Context, absence: Absence) -> str:
    """When a leave begins, where the person is: "Mon 7 Dec"."""
    return _leave(context, absence)[0]


@register.simple_tag(takes_context=True)
def last_day(context: Context, absence: Absence) -> str:
    """The last day of a leave, where the person is: "Sun 13 Dec"."""
    return _leave(context, absence)[1]


def _leave(context: Context, absence: Absence) -> tuple[str, str]:
    zone = ZoneInfo(absence.user.time_zone)
    return leave_words(absence.starts_at, absence.ends_at, at=_at(context), zone=zone)


@register.simple_tag
def clock_look(state: str) -> dict[str, str]:
    """The icon and word of a clock's state."""
    picture, word = CLOCK_LOOK.get(state, ("clock", state.replace("_", " ").capitalize()))
    return {"picture": picture, "word": word}


@register.inclusion_tag("_clock.html", takes_context=True)
def clock_chip(context: Context, clock: Any, label: str = "") -> dict[str, Any]:
    """A clock of the agreement; a running one past its warning or its end is shown as such.

    The warning is known where the query brought `warn_at` along.
    """
    at, state = _at(context), clock.state
    warn_at = getattr(clock, "warn_at", None)
    if state == "running" and clock.due_at and at > clock.due_at:
        state = "missed"
    elif state == "running" and warn_at and at >= warn_at:
        state = "at_risk"
    return {
        "request": context.get("request"),
        "at": at,
        "state": state,
        "due_at": clock.due_at,
        "started_at": clock.started_at,
        "warn_at": warn_at,
        "stopped_at": clock.stopped_at,
        "paused_until": getattr(clock, "paused_until", None),
        "excused": clock.excused,
        "label": label,
    }


@register.filter
def span(seconds: float | None) -> str:
    """Seconds as a length of time ("2 h"); a dash for None."""
    return "–" if seconds is None else span_words(float(seconds))


@register.filter
def money(amount: Decimal | float | None, currency: str = "USD") -> str:
    """An amount in its currency ("$12,400"); a dash for None."""
    return "–" if amount is None else money_words(amount, currency or "USD")


@register.filter
def number(value: float | None) -> str:
    """A whole figure with separators ("12,400"); a dash for None."""
    return "–" if value is None else f"{value:,.0f}"


@register.filter
def percent(share: float | None) -> str:
    """A share of one as per cent ("93 %"); a dash for None, as nothing of nothing is no figure."""
    return "–" if share is None else f"{float(share) * 100:.0f}\u202f%"


@register.filter
def likelihood(share: float) -> str:
    """A chance as per cent that never claims to be certain ("> 99 %")."""
    return "> 99\u202f%" if share > 0.99 else percent(share)


@register.filter
def hue(person: Any) -> int:
    """Which of the avatar colours somebody has, the same on every page."""
    return sum(str(person).encode()) % AVATAR_HUES


@register.filter
def initials(name: Any) -> str:
    """Two letters for an avatar, of anything with a name."""
    words = str(name).replace("@", " ").split()
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.filter
def told(message: Message, what: str) -> str:
    """What a view said beside a message, as in `extra_tags="undo:<url> saved:<form>"`."""
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix(f"{what}:") for tag in tags if tag.startswith(f"{what}:")), "")


@register.filter
def says_optional(field: BoundField) -> bool:
    """Whether a label adds “optional”: only where other fields of the form are required."""
    return not field.field.required and any(each.required for each in field.form.fields.values())


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """A form control in our look, tied to its error for screen readers."""
    widget = field.field.widget
    kind = getattr(widget, "input_type", "")
    look = {"checkbox": "form-check-input", "select": "form-select", "radio": "form-check-input"}
    wrong = "is-invalid" if field.errors else ""
    classes = [widget.attrs.get("class", ""), look.get(kind, "form-control"), wrong]
    return field.as_widget(attrs={"class": " ".join(filter(None, classes))})
