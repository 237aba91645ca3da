"""Put tags on leads and take them off: one statement, however many leads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from accounts.configuration import remembered
from accounts.models import User
from accounts.refusals import Refused
from leads.models import Lead, Tag

LONGEST = 40
MOST = 500  # tags there may be

ON = """
UPDATE leads_lead SET tags = array_append(tags, %(tag)s), updated_at = %(at)s
WHERE id = ANY(%(leads)s) AND NOT tags @> ARRAY[%(tag)s]::integer[]
RETURNING id
"""
OFF = """
UPDATE leads_lead SET tags = array_remove(tags, %(tag)s), updated_at = %(at)s
WHERE id = ANY(%(leads)s) AND tags @> ARRAY[%(tag)s]::integer[]
RETURNING id
"""


def names(*, stamp: UUID | None = None) -> Mapping[int, str]:
    """Every tag by its number, in the order of the alphabet; kept in memory."""
    return remembered("tags", _load, under=stamp)


def of(lead: Lead) -> list[tuple[int, str]]:
    """A lead's tags; asks nothing for one without any."""
    return [(n, name) for n, name in names().items() if n in lead.tags] if lead.tags else []


def _load() -> dict[int, str]:
    return dict(Tag.objects.values_list("pk", "name"))


def put_on(leads: Sequence[int], tag: int, *, at: datetime) -> list[int]:
    """Tag these leads; the numbers of those that did not have it."""
    return _write(ON, leads, tag, at)


def take_off(leads: Sequence[int], tag: int, *, at: datetime) -> list[int]:
    """Untag these leads; the numbers of those that had it."""
    return _write(OFF, leads, tag, at)


def _write(sql: str, leads: Sequence[int], tag: int, at: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"leads": list(leads), "tag": tag, "at": at})
        return [number for (number,) in cursor.fetchall()]


def called(name: str, *, by: User | None, at: datetime) -> Tag:
    """The tag of this name, made if there is none. Raises Refused for no name or too many tags."""
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > LONGEST:
        said = f"“{name[:60]}” can't be a tag; write 1 to {LONGEST} letters."
        raise Refused(said, code="invalid", fields={"tag": said})
    found = Tag.objects.filter(name__iexact=name).first()
    if found is not None:
        return found
    if Tag.objects.count() >= MOST:
        said = f"There are {MOST} tags already; use one of them."
        raise Refused(said, code="invalid", fields={"tag": said})
    try:
        with transaction.atomic():
            return Tag.objects.create(name=name, by=by, made_at=at)
    except IntegrityError as error:  # somebody made it at the same moment
        if "tag_name_once" not in str(error):
            raise
        return Tag.objects.get(name__iexact=name)
