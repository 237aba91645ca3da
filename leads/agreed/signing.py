"""Sign what is proposed, and what follows.

The other side is told that its signature is missing; with a persona in force, every open lead is
looked at again in the background.
"""

from datetime import datetime

from django.db import transaction

from accounts import outbox, two_signatures
from accounts.models import User
from leads import rescoring, scoring
from personas import drafting
from personas.models import Definition, Draft, PersonaVersion


def sign(
    kind: str, key: str, side: str, *, by: User, at: datetime, seen: str, url: str
) -> Definition | PersonaVersion | None:
    """Sign a draft (see personas.drafting.sign); `url` is where the other side reads it.

    Answers the version that is agreed now, or None while a signature is missing.
    """
    with transaction.atomic():
        made = drafting.sign(kind, key, side, by=by, at=at, seen=seen)
        if made is not None and kind == Draft.Kind.PERSONA:
            rescoring.begin(scoring.current_rules(at)[0], at=at)
        if made is None:
            _ask_the_other(kind, key, side, by=by, at=at, url=url)
    return made


def _ask_the_other(kind: str, key: str, side: str, *, by: User, at: datetime, url: str) -> None:
    draft = drafting.open_draft(kind, key)
    if draft is None or two_signatures.has_both(draft):
        return
    other = two_signatures.OTHER[side]
    waited_for = two_signatures.managers_of(other).exclude(pk=by.pk)
    outbox.send([
        outbox.message(
            person, "agreement_waits", f"“{draft.facts['name']}” waits for your signature",
            f"{by} signed it for {side}. With a signature of {other} it is in "
            "force.", url, at=at,
        )
        for person in waited_for.values_list("pk", flat=True)
    ])  # fmt: skip
