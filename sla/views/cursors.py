"""Pages by cursor: where the last one ended, so that no page costs more than the first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from sla.models import Clock, ClockQuerySet

PAGE = 50
# What a list can be ordered by; each direction ends with the id, so that no row is skipped.
SORTS = {
    "-started": ("started_at", True),
    "started": ("started_at", False),
    "due": ("due_at", False),
    "-due": ("due_at", True),
}
USUAL_SORT = "-started"


@dataclass(slots=True)
class Page:
    """One page of clocks and the address of the next, if there is one."""

    clocks: list[Clock]
    next_cursor: str | None


def page_of(clocks: ClockQuerySet, *, sort: str, cursor: str) -> Page:
    """The page after `cursor`; a cursor that makes no sense starts at the top."""
    field, down = SORTS[sort]
    # Only a deadline may be missing; for the rest the plain order is the index's own.
    last = True if field == "due_at" else None
    order = F(field).desc(nulls_last=last) if down else F(field).asc(nulls_last=last)
    after = _after(field, down, cursor)
    found = list(clocks.filter(after).order_by(order, "-id" if down else "id")[: PAGE + 1])
    more = len(found) > PAGE
    return Page(found[:PAGE], _cursor(found[PAGE - 1], field) if more else None)


def _cursor(clock: Clock, field: str) -> str:
    value = getattr(clock, field)
    return f"{value.isoformat() if value else 'none'}~{clock.pk}"


def _after(field: str, down: bool, cursor: str) -> Q:
    text, _, pk = cursor.rpartition("~")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return Q()
    later = Q(**{"id__lt" if down else "id__gt": int(pk)})
    if text == "none":
        return Q(**{field: None}) & later
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return Q()
    if value.tzinfo is None:
        return Q()
    beyond = Q(**{f"{field}__{'lt' if down else 'gt'}": value})
    beyond |= Q(**{field: value}) & later
    # `started_at <= x` besides, which the index can start from.
    bound = Q(**{f"{field}__{'lte' if down else 'gte'}": value})
    return (bound & beyond) | Q(due_at=None) if field == "due_at" else bound & beyond
