"""What becomes of qualified leads: a deal, a demonstration, won or lost."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random

from accounts.models import User
from leadflow.demo.history import History, spell
from leadflow.demo.library import OFFERS
from leadflow.demo.people import TEMPERS
from leads.activities import log_touch
from leads.models import Deal, Handoff, Kind, Lead, Outcome
from leads.qualification import open_deal
from personas.models import Offer

HOUR = 3600
WON = (
    "Liked the demonstration", "Delivery before the holidays", "Trusts us with the service",
    "A friend has one of ours", "Best price with installation",
)  # fmt: skip
LOST = (
    "Bought cheaper elsewhere", "Garden works cost too much", "Decided against a tub",
    "No answer any more", "Landlord refused", "Financing refused",
)  # fmt: skip
FACTS = {slug: (name, price) for slug, name, _, price, *_ in OFFERS}
BOUGHT = {
    "back-pain-homeowner": (("cedar-4", 6), ("cedar-6", 3)),
    "new-house-couple": (("cedar-4", 3), ("cedar-6", 5), ("swim-spa", 1)),
    "holiday-let-owner": (("lodge-6", 9), ("cedar-6", 1)),
    "spa-director": (("grand-spa", 5), ("lodge-6", 2), ("swim-spa", 1)),
}


# Who heard of us from a friend, or has sat in the water, buys more often than who clicked.
WARMTH = {
    "referral": 2.0, "event": 1.5, "partner": 1.2, "search": 1.0, "email": 0.9, "content": 0.65,
    "social": 0.4,
}  # fmt: skip


def warmth(handoff: Handoff) -> float:
    """How much likelier than most this lead is to buy: where it came from, how keen it was."""
    campaign = handoff.lead.campaign
    by_channel = WARMTH.get(campaign.channel, 1.0) if campaign else 1.0
    return by_channel * (1.2 if handoff.receipt["tier"] == "hot" else 0.85)


def consider(history: History, lead_id: int, rep: User, rng: Random, at: datetime) -> None:
    """Most qualified leads become a deal within a day or two."""
    if rng.random() < 0.85:
        login = history.logins[rep.pk]
        step = partial(propose, history, lead_id, rep, rng)
        history.at(history.in_working(login, at, spell(rng, 3 * HOUR)), step)


def propose(history: History, lead_id: int, rep: User, rng: Random, at: datetime) -> None:
    """Open the deal, then show the tub and wait for the answer."""
    lead = Lead.objects.select_related("persona").get(pk=lead_id)
    if lead.stage != "sql":
        return
    choices = BOUGHT[lead.persona.slug if lead.persona else "new-house-couple"]
    offer = rng.choices([slug for slug, _ in choices], weights=[w for _, w in choices])[0]
    name, price = FACTS[offer]
    pieces = rng.choice((1, 1, 1, 2, 3)) if offer == "lodge-6" else 1
    amount = Decimal(round(price * pieces * rng.uniform(0.94, 1.12) / 10) * 10)
    title = f"{f'{pieces} × ' if pieces > 1 else ''}{name}, {lead.company or lead.name}"
    sold = Offer.objects.filter(slug=offer).first()
    deal, _ = open_deal(lead, by=rep, at=at, name=title[:200], amount=amount, offer=sold)
    login = history.logins[rep.pk]
    if rng.random() < 0.6:
        step = partial(show, deal.pk, rep, rng)
        history.at(history.in_working(login, at, spell(rng, 24 * HOUR, 0.4)), step)
    decided = at + timedelta(days=spell(rng, 17, 0.6))
    history.at(history.in_working(login, decided, 600), partial(close, history, deal.pk, rep, rng))


def show(deal_id: int, rep: User, rng: Random, at: datetime) -> None:
    """A demonstration for one customer."""
    deal = Deal.objects.select_related("lead").get(pk=deal_id)
    if deal.state == Deal.State.OPEN:
        outcome = Outcome.HELD if rng.random() < 0.88 else Outcome.NO_SHOW
        log_touch(deal.lead, Kind.MEETING, by=rep, at=at, outcome=outcome, note="Demonstration")


def close(history: History, deal_id: int, rep: User, rng: Random, at: datetime) -> None:
    """Won or lost, and why."""
    deal = Deal.objects.select_related("lead", "handoff__lead__campaign").get(pk=deal_id)
    # Hotels ask three dealers.
    chance = 0.38 * TEMPERS[history.logins[rep.pk]].persuades
    if deal.handoff is not None:
        chance *= warmth(deal.handoff)
    if rng.random() < chance * (0.6 if deal.amount > 20_000 else 1):
        deal.close(Deal.State.WON, by=rep, reason=rng.choice(WON), at=at)
    else:
        deal.close(Deal.State.LOST, by=rep, reason=rng.choice(LOST), at=at)
