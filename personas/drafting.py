"""The next version of what both sides agree on: proposed by anyone, signed by a manager of each.

A change takes back the signatures. With the second one the draft is the next version, in force
from then on. Whoever changes or signs says what they had before them (a ticket): when that is no
longer what is there, it is a Conflict, and nothing is overwritten unseen.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit, two_signatures
from accounts.models import Role, User
from accounts.refusals import Conflict, NotAllowed, Refused
from accounts.two_signatures import SIDES
from personas import versions
from personas.models import Definition, Draft, PersonaVersion

PROPOSERS = (Role.MARKETER, Role.MARKETING_MANAGER, Role.SALES_REP, Role.SALES_MANAGER)


def may_propose(user: User) -> bool:
    """Everybody of both teams; an admin only as a manager of one."""
    return user.role in PROPOSERS or bool(user.managed_teams)


def open_drafts(kind: str) -> list[Draft]:
    """The drafts of one kind that people are at."""
    people = Draft.objects.select_related("changed_by", *SIDES.values())
    return list(people.filter(kind=kind, agreed_as=None, discarded_at=None).order_by("key"))


def open_draft(kind: str, key: str) -> Draft | None:
    """The draft of one thing, if there is one."""
    return next((draft for draft in open_drafts(kind) if draft.key == key), None)


def ticket(version: int, draft: Draft | None) -> str:
    """Names what somebody has before them, to tell later whether it is still that."""
    return f"{version}.{draft.pk}.{draft.edits}" if draft else f"{version}"


def save(
    kind: str, key: str, facts: Mapping[str, Any], *, by: User, at: datetime, seen: str
) -> Draft:
    """Write this into the open draft, or open one.

    Raises Conflict when somebody has changed it since it was `seen`, Refused when nothing would
    be different.
    """
    if not may_propose(by):
        raise NotAllowed("What both teams agree on is proposed by people of both teams.")
    try:
        with transaction.atomic():
            draft = _locked(kind, key)
            version, current = versions.newest(kind, key)
            if ticket(version, draft) != seen:
                raise Conflict(_changed(draft), code="draft_changed")
            if facts == (draft.facts if draft else current):
                raise Refused("Nothing is different from what it says; change something.")
            if draft is None:
                draft = Draft(kind=kind, key=key, based_on=version, edits=0)
            draft.facts = dict(facts)
            draft.edits += 1
            draft.changed_by, draft.changed_at = by, at
            draft.signed_for_marketing_by = draft.signed_for_sales_by = None
            draft.save()
    except IntegrityError as error:  # Somebody else has just opened it.
        raise Conflict(_changed(open_draft(kind, key)), code="draft_changed") from error
    return draft


def sign(
    kind: str, key: str, side: str, *, by: User, at: datetime, seen: str
) -> Definition | PersonaVersion | None:
    """Sign the draft for one side; with both signatures it is the version that is answered.

    Raises NotAllowed for a side one does not manage, Refused for a second signature of one person,
    Conflict when the draft is not as it was seen.
    """
    two_signatures.check_side(side, by=by)
    with transaction.atomic():
        draft = _as_seen(kind, key, seen)
        two_signatures.check_second(draft, side, by=by)
        setattr(draft, SIDES[side], by)
        draft.save(update_fields=[SIDES[side]])
        facts = {"kind": kind, "key": key, "side": side, "edits": draft.edits}
        audit.record("signed", draft, by=by, at=at, facts=facts)
        if two_signatures.has_both(draft):
            return _agree(draft, by=by, at=at)
    return None


def _agree(draft: Draft, *, by: User, at: datetime) -> Definition | PersonaVersion:
    made = versions.publish(draft, at=at)
    draft.agreed_as = made.version
    draft.save(update_fields=["agreed_as"])
    facts = {"kind": draft.kind, "key": draft.key, "version": draft.agreed_as}
    audit.record("agreed", made, by=by, at=at, facts=facts)
    return made


def discard(kind: str, key: str, *, by: User, at: datetime, seen: str) -> None:
    """Throw the draft away. Raises Conflict when it is not as it was seen."""
    if not may_propose(by):
        raise NotAllowed("What both teams agree on is proposed by people of both teams.")
    with transaction.atomic():
        draft = _as_seen(kind, key, seen)
        draft.discarded_at = at
        draft.save(update_fields=["discarded_at"])
        audit.record("discarded", draft, by=by, at=at, facts={"kind": kind, "key": key})


def _as_seen(kind: str, key: str, seen: str) -> Draft:
    draft = _locked(kind, key)
    version, _ = versions.newest(kind, key)
    if draft is None or ticket(version, draft) != seen:
        raise Conflict(
            "The draft has changed since you looked at it; read it again first.",
            code="draft_changed",
        )
    return draft


def _changed(draft: Draft | None) -> str:
    if draft is None:
        return (
            "Another version was agreed, or the draft thrown away, since you opened it. What you "
            "typed is below; look at what is there now, then save yours if you still want to."
        )
    return (
        f"{draft.changed_by} has changed the draft since you opened it. What you typed is below; "
        "look at theirs, then save yours over it if you still want to."
    )


def _locked(kind: str, key: str) -> Draft | None:
    drafts = Draft.objects.filter(kind=kind, key=key, agreed_as=None, discarded_at=None)
    return drafts.select_for_update().first()
