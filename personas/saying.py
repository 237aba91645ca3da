"""Messages: what both teams say of an offer; proposed by one person, agreed by another."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Role, User
from accounts.refusals import Conflict, NotAllowed, Refused
from personas.drafting import PROPOSERS
from personas.models import Message, Offer, Persona

AGREERS = (Role.MARKETING_MANAGER, Role.SALES_MANAGER)
LONGEST = 2000
MOST_COLLATERALS = 10


def may_propose(user: User) -> bool:
    """Everybody of both teams: reps hear what works."""
    return user.role in PROPOSERS


def may_agree(user: User) -> bool:
    """A manager of either team."""
    return user.role in AGREERS


def propose(
    text: str, *, by: User, at: datetime, offer: Offer | None = None,
    persona: Persona | None = None, stage: str = "", channel: str = "",
    collaterals: Sequence[dict[str, str]] = (),
) -> Message:  # fmt: skip
    """Propose something to say. Raises NotAllowed for whoever is in neither team."""
    if not may_propose(by):
        raise NotAllowed("What we say is proposed by people of both teams.")
    return Message.objects.create(
        text=text.strip(), offer=offer, persona=persona, stage=stage, channel=channel,
        collaterals=list(collaterals), proposed_by=by, proposed_at=at,
    )  # fmt: skip


def agree(message: Message, *, by: User, at: datetime) -> None:
    """From now on it is what we say.

    Raises NotAllowed for anybody but a manager, Refused for one's own proposal, Conflict when it is
    agreed or retired already.
    """
    if not may_agree(by):
        raise NotAllowed("A manager of marketing or of sales agrees to what we say.")
    if message.proposed_by_id == by.pk:
        raise Refused("You proposed this; another manager agrees to it.")
    with transaction.atomic():
        waiting = Message.objects.filter(pk=message.pk, agreed_at=None, retired_at=None)
        if not waiting.update(agreed_by=by, agreed_at=at):
            raise Conflict("This is agreed, or was taken away, already.")
        audit.record("message_agreed", message, by=by, at=at, facts={"text": message.text})


def retire(message: Message, *, by: User, at: datetime) -> None:
    """Say it no more; doing so twice changes nothing.

    Raises NotAllowed for anybody but a manager and, while nobody has agreed, whoever proposed it.
    """
    own = message.agreed_at is None and message.proposed_by_id == by.pk
    if not (own or may_agree(by)):
        raise NotAllowed("A manager of marketing or of sales takes away what we say.")
    with transaction.atomic():
        if Message.objects.filter(pk=message.pk, retired_at=None).update(retired_at=at):
            audit.record("message_retired", message, by=by, at=at, facts={"text": message.text})


def bring_back(message: Message, *, by: User, at: datetime) -> None:
    """Undo its retirement. Raises NotAllowed as `retire`."""
    own = message.agreed_at is None and message.proposed_by_id == by.pk
    if not (own or may_agree(by)):
        raise NotAllowed("A manager of marketing or of sales brings back what we say.")
    with transaction.atomic():
        if Message.objects.filter(pk=message.pk).exclude(retired_at=None).update(retired_at=None):
            audit.record("message_back", message, by=by, at=at, facts={"text": message.text})
