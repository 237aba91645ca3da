"""What an offer is, in words, and for whom: marketing writes it, without a change to acknowledge.

Name, price and whether it is sold are personas.announcing's: those customers may have heard.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.refusals import Conflict, NotAllowed
from personas.announcing import may_propose
from personas.models import Offer, Persona


def ticket(offer: Offer) -> str:
    """Names what somebody had before them, to tell later whether it is still that."""
    personas = sorted(persona.pk for persona in offer.personas.all())
    return hashlib.sha256(f"{offer.summary}\0{personas}".encode()).hexdigest()[:16]


def describe(
    offer: Offer, summary: str, personas: Sequence[Persona], *, by: User, at: datetime, seen: str
) -> Offer:
    """Write what it is and for whom. Raises NotAllowed for anybody but marketing, Conflict when it
    is not as it was `seen`."""
    if not may_propose(by):
        raise NotAllowed("What an offer is and for whom is for marketing to say.")
    with transaction.atomic():
        now = Offer.objects.select_for_update().get(pk=offer.pk)
        if ticket(now) != seen:
            raise Conflict(
                "Somebody changed this since you opened it. What you typed is kept below; look at "
                "the offer, then save yours over it if you still want to.",
                code="offer_changed",
            )
        now.summary = summary
        now.personas.set(personas)
        now.save(update_fields=["summary"])  # also renews what is remembered of offers
        facts = {"summary": summary, "personas": [persona.slug for persona in personas]}
        audit.record("offer_described", now, by=by, at=at, facts=facts)
    return now
