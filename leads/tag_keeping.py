"""Keep the tags themselves in order: rename, merge, remove, undo; and on how many leads each is.

None of these writes a lead (see `Tag`), so each costs the same among a million as among ten.
"""

from collections import Counter
from datetime import datetime
from functools import reduce
from operator import or_

from django.db import IntegrityError, transaction
from django.db.models import Count, Func, IntegerField, Q

from accounts import audit
from accounts.models import Role, User
from accounts.refusals import Conflict, Refused
from leads import tagging
from leads.lists import patience
from leads.models import Lead, Tag

MANAGERS = (Role.MARKETING_MANAGER, Role.SALES_MANAGER, Role.ADMIN)
PATIENCE = 2000  # milliseconds


def counted(user: User) -> Counter[int] | None:
    """On how many leads that this person may see each tag is; None where that takes too long."""
    tags = Func("tags", function="unnest", output_field=IntegerField())
    leads = Lead.objects.visible_to(user).exclude(tags=[]).order_by()
    meant = tagging.words().meant
    # Of a tag and one merged into it a lead may have both: it is counted once.
    several = {number for number, one in meant.items() if number != one}
    several |= {meant[number] for number in several}
    found: Counter[int] = Counter()
    try:
        with patience.within(PATIENCE):
            by_tag = leads.annotate(tag=tags).values_list("tag").annotate(Count("pk"))
            found.update({tag: count for tag, count in by_tag if tag not in several})
            roots = {meant[number] for number in several}
            alike = {root: Q(tags__overlap=tagging.words().alike(root)) for root in roots}
            counts = {f"tag_{root}": Count("pk", filter=has) for root, has in alike.items()}
            if counts:
                every = leads.filter(reduce(or_, alike.values())).aggregate(**counts)
                found.update({root: every[f"tag_{root}"] for root in roots})
    except patience.TooSlow:
        return None
    return found


def rename(tag: Tag, name: str, *, by: User, at: datetime) -> str:
    """Call it otherwise; what it was called. Raises Conflict for a name another tag has."""
    name, before = tagging.one_name(name), tag.name
    if name == before:
        return before
    with transaction.atomic():
        tag.name = name
        _save(tag, "name")
        facts = {"from": before, "to": name}
        audit.record("tag_renamed", tag, by=by, at=at, facts=facts)
    return before


def merge(tag: Tag, into: Tag, *, by: User, at: datetime) -> None:
    """Let it be one more word for another tag: who had the one has the other from now on.

    Raises Refused for itself, Conflict when one of them was merged or removed meanwhile.
    """
    with transaction.atomic():
        # In the order of their numbers, so that two who merge them crosswise wait for each other.
        both = Tag.objects.select_for_update().filter(pk__in=[tag.pk, into.pk]).order_by("pk")
        now = {one.pk: one for one in both}
        if len(now) < 2:
            raise Refused(f"“{tag}” can't be merged into itself; choose another tag.")
        for one in now.values():
            if not _stands(one):
                raise Conflict(f"“{one}” was merged or removed meanwhile; look at the tags again.")
        now[tag.pk].merged_into = now[into.pk]
        now[tag.pk].save(update_fields=["merged_into"])
        audit.record("tag_merged", tag, by=by, at=at, facts={"tag": tag.name, "into": into.name})


def take_apart(tag: Tag, *, by: User, at: datetime) -> None:
    """Undo a merge: it is a tag of its own again, on the leads that had it."""
    into = tag.merged_into
    with transaction.atomic():
        apart = Tag.objects.filter(pk=tag.pk, merged_into__isnull=False)
        if not apart.update(merged_into=None):
            raise Conflict(f"“{tag}” is a tag of its own already.")
        tag.merged_into = None
        tag.save(update_fields=["merged_into"])  # renews what is remembered
        facts = {"tag": tag.name, "from": str(into)}
        audit.record("tag_taken_apart", tag, by=by, at=at, facts=facts)


def remove(tag: Tag, *, by: User, at: datetime) -> None:
    """Take it off every lead, with the words that were merged into it."""
    with transaction.atomic():
        family = _locked(tag)
        if not any(one.pk == tag.pk and _stands(one) for one in family):
            raise Conflict(f"“{tag}” was merged or removed meanwhile.")
        for one in family:
            if one.removed_at is None:
                one.removed_at = at
                one.save(update_fields=["removed_at"])
        audit.record("tag_removed", tag, by=by, at=at, facts={"tag": tag.name})


def put_back(tag: Tag, *, by: User, at: datetime) -> None:
    """Undo a removal: it is on the leads that had it. Raises Conflict when its name is taken."""
    if tag.removed_at is None:
        raise Conflict(f"“{tag}” was not removed.")
    removed_at = tag.removed_at
    with transaction.atomic():
        for one in _locked(tag):
            if one.removed_at == removed_at:
                one.removed_at = None
                _save(one, "removed_at")
        audit.record("tag_put_back", tag, by=by, at=at, facts={"tag": tag.name})


def _with_merged(tag: Tag) -> list[Tag]:
    found = [tag]
    for one in found:  # grows as it is walked: a tag merged into one that was merged itself
        found += Tag.objects.filter(merged_into=one)
    return found


def _stands(tag: Tag) -> bool:
    return tag.merged_into_id is None and tag.removed_at is None


def _locked(tag: Tag) -> list[Tag]:
    """The tag and those merged into it, locked in the order in which a merge locks them."""
    numbers = [one.pk for one in _with_merged(tag)]
    return list(Tag.objects.select_for_update().filter(pk__in=numbers).order_by("pk"))


def _save(tag: Tag, field: str) -> None:
    try:
        with transaction.atomic():
            tag.save(update_fields=[field])
    except IntegrityError as error:
        if "tag_name_once" not in str(error):
            raise
        raise Conflict(
            f"There is another tag “{tag.name}”; merge the two instead, or choose another name.",
            code="name_taken",
        ) from None
