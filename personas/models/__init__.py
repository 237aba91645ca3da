"""The tables of what both teams go by: personas, definitions, offers and what is said of them."""

from personas.models.agreed import Definition, Draft, Persona, PersonaQuerySet, PersonaVersion
from personas.models.offer import Acknowledgement, FormerName, Message, Offer, OfferChange

__all__ = [
    "Acknowledgement",
    "Definition",
    "Draft",
    "FormerName",
    "Message",
    "Offer",
    "OfferChange",
    "Persona",
    "PersonaQuerySet",
    "PersonaVersion",
]
