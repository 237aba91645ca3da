"""Put tags on leads and take them off: one statement, however many leads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from accounts.configuration import remembered
from accounts.models import User
from accounts.refusals import Refused
from leads import normalise
from leads.intake import Refusals, Row
from leads.models import Lead, Tag

LONGEST = normalise.LONGEST_TAG
MOST = 500  # tags there may be

ON = """
UPDATE leads_lead SET tags = array_append(tags, %(tag)s), updated_at = %(at)s
WHERE id = ANY(%(leads)s) AND NOT tags && %(alike)s::integer[]
RETURNING id
"""
OFF = """
UPDATE leads_lead SET updated_at = %(at)s, tags = ARRAY(
    SELECT tag FROM unnest(tags) WITH ORDINALITY AS has(tag, place)
    WHERE tag <> ALL(%(alike)s) ORDER BY place
)
WHERE id = ANY(%(leads)s) AND tags && %(alike)s::integer[]
RETURNING id
"""
EXACTLY = """
UPDATE leads_lead SET tags = %(tags)s::integer[], updated_at = %(at)s
WHERE id = %(lead)s AND tags <> %(tags)s::integer[]
"""


@dataclass(slots=True)
class Words:
    """The tags there are: names in the order of the alphabet, and which number means which."""

    names: dict[int, str] = field(default_factory=dict)
    # Of every tag in use the number of the one it means: its own, or that it was merged into.
    meant: dict[int, int] = field(default_factory=dict)
    removed: dict[int, str] = field(default_factory=dict)

    def said(self, numbers: Iterable[int]) -> list[tuple[int, str]]:
        """What the numbers on a lead mean, each tag once."""
        has = {self.meant[number] for number in numbers if number in self.meant}
        return [(number, name) for number, name in self.names.items() if number in has]

    def alike(self, number: int) -> list[int]:
        """Every number that means the same tag; the number alone of one that means nothing."""
        meant = self.meant.get(number)
        return [n for n, one in self.meant.items() if one == meant] if meant else [number]

    def name(self, number: int) -> str:
        """What a tag is or was called; empty for one there never was."""
        return self.names.get(self.meant.get(number, 0)) or self.removed.get(number, "")


def words(*, stamp: UUID | None = None) -> Words:
    """Every tag; kept in memory."""
    return remembered("tags", _load, under=stamp)


def names(*, stamp: UUID | None = None) -> Mapping[int, str]:
    """The tags to choose from by their numbers, in the order of the alphabet."""
    return words(stamp=stamp).names


def of(lead: Lead, *, stamp: UUID | None = None) -> list[tuple[int, str]]:
    """A lead's tags; asks nothing for one without any."""
    return words(stamp=stamp).said(lead.tags) if lead.tags else []


def _load() -> Words:
    found, rows = Words(), list(Tag.objects.all())
    into = {tag.pk: tag.merged_into_id for tag in rows}
    for tag in rows:
        if tag.removed_at is not None:
            found.removed[tag.pk] = tag.name
            continue
        root = tag.pk
        while onwards := into[root]:
            root = onwards
        found.meant[tag.pk] = root
        if root == tag.pk:
            found.names[tag.pk] = tag.name
    return found


def put_on(leads: Sequence[int], tag: int, *, at: datetime) -> list[int]:
    """Tag these leads; the numbers of those that did not have it."""
    known = words()
    return _write(ON, leads, known.meant.get(tag, tag), known.alike(tag), at)


def take_off(leads: Sequence[int], tag: int, *, at: datetime) -> list[int]:
    """Untag these leads; the numbers of those that had it."""
    return _write(OFF, leads, tag, words().alike(tag), at)


def _write(sql: str, leads: Sequence[int], tag: int, alike: list[int], at: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"leads": list(leads), "tag": tag, "alike": alike, "at": at})
        return [number for (number,) in cursor.fetchall()]


def put_exactly(lead: int, tags: Sequence[int], *, at: datetime) -> None:
    """Let a lead have these tags and no others."""
    with connection.cursor() as cursor:
        cursor.execute(EXACTLY, {"lead": lead, "tags": list(tags), "at": at})


def one_name(typed: str) -> str:
    """A name as it is kept. Raises Refused for none, or one that can't be."""
    try:
        found = normalise.tags(typed)
    except ValueError:
        found = []
    if len(found) == 1:
        return found[0]
    said = f"“{typed[:60]}” can't be a tag; write 1 to {LONGEST} letters, without a comma."
    raise Refused(said, code="invalid", fields={"tag": said})


def called(name: str, *, by: User | None, at: datetime) -> Tag:
    """The tag of this name, made if there is none; for a name that was merged the tag it means.

    Raises Refused for no name or too many tags.
    """
    name = one_name(name)
    found = named(name)
    if found is not None:
        return found
    if Tag.objects.filter(removed_at=None).count() >= MOST:
        said = f"There are {MOST} tags already; use one of them."
        raise Refused(said, code="invalid", fields={"tag": said})
    try:
        with transaction.atomic():
            return Tag.objects.create(name=name, by=by, made_at=at)
    except IntegrityError as error:  # somebody made it at the same moment
        if "tag_name_once" not in str(error):
            raise
        return Tag.objects.get(name__iexact=name, removed_at=None)


def named(name: str) -> Tag | None:
    """The tag that a name means; None for one there is not."""
    found = Tag.objects.filter(name__iexact=name, removed_at=None).first()
    while found is not None and found.merged_into is not None:
        found = found.merged_into
    return found


def number(
    read: Iterable[tuple[Row, Refusals]], *, by: User | None, at: datetime, make: bool
) -> None:
    """Say of captured rows which tags their names are. Names there are none of yet are made; or,
    unless `make`, their rows are refused, as are those of a tag too many."""
    known: dict[str, int] = {}
    for row, refused in read:
        if not row.tag_names or refused:
            continue
        for name in row.tag_names:
            key = name.casefold()
            try:
                if key not in known:
                    tag = called(name, by=by, at=at) if make else named(name)
                    if tag is None:
                        said = f"There is no tag “{name}”, and this key may not make one."
                        raise Refused(said, code="invalid")
                    known[key] = tag.pk
            except Refused as refusal:
                refused["tags"] = refusal.message
                break
            if known[key] not in row.tags:
                row.tags.append(known[key])
