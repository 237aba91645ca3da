"""Which changes of offers touch a lead: by what its persona is offered, or by an offer's name, old
or new, in its deal, campaign or what it told us."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.configuration import remembered
from accounts.models import User
from leads.models import Deal, Lead
from personas.models import Acknowledgement, Offer, OfferChange
from personas.retired import spoken

# So long a customer may still have heard of it as it was.
LATELY = timedelta(days=60)
# Kept in memory: no lead page needs more.
MOST = 200


@dataclass(frozen=True, slots=True)
class Announced:
    """A published change, and how to tell whom it touches."""

    change: OfferChange
    names: tuple[str, ...]
    personas: frozenset[int]


@dataclass(frozen=True, slots=True)
class Touch:
    """A change that touches a lead; `to_do`: this person has yet to acknowledge it."""

    change: OfferChange
    to_do: bool


def touching(
    lead: Lead, deal: Deal | None, *, by: User, at: datetime, stamp: UUID | None = None
) -> list[Touch]:
    """The changes of the last weeks that touch a lead, newest first."""
    recent = [
        one
        for one in remembered("changes-announced", _load, under=stamp)
        if one.change.published_at and at - LATELY < one.change.published_at <= at
    ]
    told = _told(lead, deal) if recent else ""
    found = [
        one.change
        for one in recent
        if lead.persona_id in one.personas
        or (deal is not None and deal.offer_id == one.change.offer_id)
        or spoken(told, one.names)
    ]
    if not found:
        return []
    waiting = set(
        Acknowledgement.objects.filter(
            user=by, acknowledged_at=None, change__in=found
        ).values_list("change", flat=True)
    )  # fmt: skip
    return [Touch(change, change.pk in waiting) for change in found]


def _told(lead: Lead, deal: Deal | None) -> str:
    """What may name an offer; kept apart, so that no name is found across two of them."""
    said: list[Any] = [deal.name if deal else "", lead.campaign.name if lead.campaign else ""]
    return " · ".join(str(words) for words in (*said, lead.source, *lead.extra.values()))


def _load() -> list[Announced]:
    offers = {
        offer.pk: offer for offer in Offer.objects.prefetch_related("former", "personas")
    }  # fmt: skip
    changes = OfferChange.objects.in_effect().order_by("-published_at", "-pk")[:MOST]
    return [_announced(change, offers[change.offer_id]) for change in changes]


def _announced(change: OfferChange, offer: Offer) -> Announced:
    change.offer = offer
    personas = frozenset(persona.pk for persona in offer.personas.all())
    return Announced(change, (offer.name, *offer.former_names), personas)
