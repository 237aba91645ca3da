"""Sequences kept: made, changed by a new version, shared, taken away and put back."""

from collections.abc import Sequence as Several
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.refusals import Conflict, NotAllowed
from leads.mail.templates import OWN, sharing
from leads.models import Sequence, SequenceVersion


def save(
    user: User,
    *,
    name: str,
    shared: str,
    steps: Several[dict[str, Any]],
    at: datetime,
    sequence: Sequence | None = None,
    seen: int = 0,
) -> Sequence:
    """Make a sequence, or change one: other steps are a new version, whoever is in one goes on
    under theirs. `seen` is the number of the version that was changed.

    Raises NotAllowed for somebody else's or for a team one is not in, Conflict for a name one has
    already and for steps that somebody changed meanwhile.
    """
    if sequence is not None and not may_change(sequence, user):
        raise NotAllowed(f"“{sequence}” is {sequence.by}'s; save one of your own from it.")
    if shared not in dict(sharing(user)) and (sequence is None or shared != shared_of(sequence)):
        said = "You can share a sequence with your own sales teams."
        raise NotAllowed(said, fields={"shared": said})
    row = sequence or Sequence(by=user)
    row.name, row.changed_at = " ".join(name.split()), at
    row.team_id = None if shared == OWN else int(shared)
    with transaction.atomic():
        _write(row)
        Sequence.objects.select_for_update(of=("self",)).get(pk=row.pk)
        last = SequenceVersion.objects.filter(sequence=row).order_by("-number").first()
        if last is not None and last.number != seen:
            raise Conflict(
                f"“{row}” was changed meanwhile; look at its steps as they are now.", code="changed"
            )
        if last is None or last.steps != list(steps):
            SequenceVersion.objects.create(
                sequence=row, number=last.number + 1 if last else 1, steps=list(steps),
                made_at=at, made_by=user,
            )  # fmt: skip
    return row


def shared_of(sequence: Sequence) -> str:
    return str(sequence.team_id or OWN)


def may_change(sequence: Sequence, user: User) -> bool:
    return Sequence.objects.changeable_by(user).filter(pk=sequence.pk).exists()


def remove(sequence: Sequence, *, at: datetime) -> None:
    """Nobody is put into it any more; who is in it goes on."""
    Sequence.objects.filter(pk=sequence.pk, removed_at=None).update(removed_at=at)


def put_back(sequence: Sequence) -> None:
    """Undo its removal. Raises Conflict when its name is another's by now."""
    sequence.removed_at = None
    _write(sequence)


def _write(row: Sequence) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "sequence_name_once" not in str(error):
            raise
        said = f"You have a sequence called “{row.name}” already; choose another name."
        raise Conflict(said, fields={"name": said}) from None
