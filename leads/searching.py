"""One search over everything a person may see: leads, deals, campaigns, personas, offers.

Made for typing: each kind is one short query, and the newest few of each are enough. Whoever wants
all leads that match goes on to the list.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import reverse

from accounts.models import User
from leads.lists.filters import matching
from leads.models import Campaign, Deal, Lead
from personas.models import Offer, Persona

# Of each kind; more belong on a page of their own.
MOST = 6
# Trigrams find nothing in less; a shorter text reads a whole table.
SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: what it is called, what is said beside it, and where it stands."""

    title: str
    beside: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one kind, under its heading."""

    title: str
    hits: list[Hit]


def search(words: str, *, by: User) -> list[Group]:
    """What these words name, of what this person may see; nothing for less than three letters."""
    text = " ".join(words.split())
    if len(text) < SHORTEST:
        return []
    kinds = (
        ("Leads", _leads(text, by)),
        ("Deals", _deals(text, by)),
        ("Campaigns", _campaigns(text, by)),
        ("Personas", _personas(text)),
        ("Offers", _offers(text)),
    )
    return [Group(title, hits) for title, found in kinds if (hits := list(found))]


def _leads(text: str, by: User) -> Iterator[Hit]:
    found = Lead.objects.visible_to(by).filter(matching(text))
    for lead in found.order_by("-created_at", "-id")[:MOST]:
        beside = " · ".join(filter(None, (lead.company or lead.email, lead.get_stage_display())))
        yield Hit(lead.name, beside, lead.get_absolute_url(), "user")


def _deals(text: str, by: User) -> Iterator[Hit]:
    found: QuerySet[Deal] = Deal.objects.visible_to(by).filter(name__icontains=text)
    for deal in found.select_related("lead").order_by("-opened_at")[:MOST]:
        beside = f"{deal.lead.name} · {deal.get_state_display().lower()}"
        yield Hit(deal.name, beside, deal.lead.get_absolute_url(), "currency-dollar")


def _campaigns(text: str, by: User) -> Iterator[Hit]:
    if not by.is_marketing and by.role != "sales_manager":
        return  # sales reads their names on leads, but has no page of them
    found = Campaign.objects.visible_to(by).filter(name__icontains=text)
    for campaign in found.order_by("-id")[:MOST]:
        url = reverse("campaign", args=[campaign.slug])
        yield Hit(campaign.name, campaign.get_channel_display(), url, "speakerphone")


def _personas(text: str) -> Iterator[Hit]:
    for persona in Persona.objects.in_use().filter(name__icontains=text)[:MOST]:
        yield Hit(persona.name, "Persona", reverse("persona", args=[persona.slug]), "id")


def _offers(text: str) -> Iterator[Hit]:
    """By the present name or a former one: whoever asks by the old name learns the new one."""
    former = Cast("former_names", TextField())
    found = Offer.objects.filter(is_active=True, personas__is_active=True).annotate(former=former)
    found = found.filter(Q(name__icontains=text) | Q(former__icontains=text))
    for offer in found.distinct().prefetch_related("personas")[:MOST]:
        was = [name for name in offer.former_names if text.casefold() in name.casefold()]
        if not was and text.casefold() not in offer.name.casefold():
            continue  # the words stood in how the list of names is written, not in a name
        beside = f"{offer.price:,.2f} {offer.currency}"
        if was:
            beside = f"was: {', '.join(was)} · {beside}"
        persona = next(each for each in offer.personas.all() if each.is_active)
        url = f"{reverse('persona', args=[persona.slug])}#offers"
        yield Hit(offer.name, beside, url, "tag")
