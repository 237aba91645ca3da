"""One search over everything a person may see: leads, companies, deals, campaigns and more, and
what the words mean that all of them use.

Made for typing: each kind is one short query, and the newest few of each are enough. Whoever wants
all leads that match goes on to the list.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.text import Truncator

from accounts.models import User
from accounts.words import money_words
from leads.lists.filters import ByAddress, address_begins, matching
from leads.models import Campaign, Company, Deal, Lead
from personas.definitions import glossary
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


def search(words: str, *, by: User, at: datetime) -> list[Group]:
    """What these words name, of what this person may see; nothing for less than three letters."""
    text = " ".join(words.split())
    if len(text) < SHORTEST:
        return []
    offers = list(Offer.objects.called(text).prefetch_related("former")[:MOST])
    meant = _by_any_name(text, offers)
    kinds = (
        ("Leads", _leads(text, by)),
        ("Companies", _companies(text, by)),
        ("Deals", _deals(meant, by)),
        ("Campaigns", _campaigns(meant, by)),
        ("Personas", _personas(text)),
        ("Offers", _offers(text, offers)),
        ("Definitions", _definitions(text, at=at)),
    )
    return [Group(title, hits) for title, found in kinds if (hits := list(found))]


def _leads(text: str, by: User) -> Iterator[Hit]:
    """By name or number the newest; by the beginning of an address those that come first, for very
    many may begin so, and to find the newest of them all would have to be read."""
    seen = Lead.objects.visible_to(by)
    begins = address_begins(text)
    found: list[Lead] = []
    if begins:
        first = seen.filter(email__startswith=begins).order_by(ByAddress(F("email")))
        found = list(first[:MOST])
    if "@" not in text and len(found) < MOST:
        named = seen.filter(matching(text)).exclude(pk__in=[lead.pk for lead in found])
        found += named.order_by("-created_at", "-id")[: MOST - len(found)]
    for lead in found:
        beside = " · ".join(filter(None, (lead.company or lead.email, lead.get_stage_display())))
        yield Hit(lead.name, beside, lead.get_absolute_url(), "user")


def _companies(text: str, by: User) -> Iterator[Hit]:
    found: QuerySet[Company] = Company.objects.visible_to(by).called(text)
    for company in found.select_related("owner").order_by("-created_at", "-id")[:MOST]:
        whose = f"{company.owner}’s" if company.owner else ""
        beside = " · ".join(filter(None, (company.domain or company.country, whose)))
        yield Hit(company.name, beside, company.get_absolute_url(), "building")


def _deals(meant: Q, by: User) -> Iterator[Hit]:
    found: QuerySet[Any] = Deal.objects.visible_to(by).with_rights(by).filter(meant)
    for deal in found.select_related("lead").order_by("-opened_at")[:MOST]:
        whose = deal.lead.name if deal.may_see else deal.lead.company
        beside = f"{whose} · {deal.get_state_display().lower()}"
        yield Hit(deal.name, beside, deal.get_absolute_url(), "currency-dollar")


def _campaigns(meant: Q, by: User) -> Iterator[Hit]:
    if not by.is_marketing and by.role != "sales_manager":
        return  # sales reads their names on leads, but has no page of them
    found = Campaign.objects.visible_to(by).filter(meant)
    for campaign in found.order_by("-id")[:MOST]:
        url = reverse("campaign", args=[campaign.slug])
        yield Hit(campaign.name, campaign.get_channel_display(), url, "speakerphone")


def _personas(text: str) -> Iterator[Hit]:
    for persona in Persona.objects.in_use().filter(name__icontains=text)[:MOST]:
        yield Hit(persona.name, "Persona", reverse("persona", args=[persona.slug]), "id")


def _offers(text: str, offers: Iterable[Offer]) -> Iterator[Hit]:
    """By the present name or a former one: whoever asks by the old name learns the new one."""
    for offer in offers:
        was = [name for name in offer.former_names if text.casefold() in name.casefold()]
        beside = money_words(offer.price, offer.currency)
        if was:
            beside = f"was: {', '.join(was)} · {beside}"
        if not offer.is_active:
            beside += " · not sold any more"
        yield Hit(offer.name, beside, offer.get_absolute_url(), "tag")


def _definitions(text: str, *, at: datetime) -> Iterator[Hit]:
    """By what is defined, or by the words it is defined with: those last."""
    asked, known = text.casefold(), glossary(at)
    named = [one for one in known if asked in one.name.casefold() or asked in one.key]
    told = [one for one in known if one not in named and asked in one.words.casefold()]
    for one in [*named, *told][:MOST]:
        url = reverse("definition", args=[one.key])
        yield Hit(one.name, Truncator(one.words).chars(80), url, "book")


def _by_any_name(text: str, offers: Iterable[Offer]) -> Q:
    """What is called by these words, or by any name, old or new, of the offers they mean."""
    names = {text, *(name for offer in offers for name in (offer.name, *offer.former_names))}
    return reduce(or_, (Q(name__icontains=name) for name in sorted(names)))
