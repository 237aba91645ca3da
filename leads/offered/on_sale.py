"""What a persona may be offered now, by present name and price; kept in memory."""

from collections.abc import Mapping
from uuid import UUID

from accounts.configuration import remembered
from personas.models import Offer


def on_sale(persona_id: int | None, *, stamp: UUID | None = None) -> list[Offer]:
    """The offers for a persona, the cheapest first; none for nobody."""
    if persona_id is None:
        return []
    return remembered("offers-on-sale", _load, under=stamp).get(persona_id, [])


def _load() -> Mapping[int, list[Offer]]:
    found: dict[int, list[Offer]] = {}
    for offer in Offer.objects.on_sale().prefetch_related("former", "personas").order_by("price"):
        for persona in offer.personas.all():
            found.setdefault(persona.pk, []).append(offer)
    return found
