"""What the demo's marketing changed about its offers, and when each of sales read of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from leadflow.demo.history import History, spell
from leadflow.demo.people import TEMPERS
from personas import announcing, saying
from personas.models import Offer, OfferChange, Persona

HOUR = 3600
# What the contract gives, in working seconds.
TWO_DAYS = 16 * HOUR


@dataclass(frozen=True, slots=True)
class News:
    """One change: so many working seconds of Mona's, or days, before the present."""

    slug: str
    after: dict[str, Any]
    reason: str
    say: str = ""
    claim: str = ""
    days: int = 0
    ago: int = 0
    # Who has not read it yet.
    unread: tuple[str, ...] = ()
    # Who read it only after the time agreed.
    late: tuple[str, ...] = ()


NEWS = (
    News(
        "grand-spa", {"price": "38500.00"}, "The plant room is included since spring.",
        say="It costs more and saves the customer the builder: plant room and alarm are included.",
        days=117, late=("walt",),
    ),
    News(
        "care-contract", {"name": "Care contract, a year", "price": "1140.00"},
        "Half of the buyers thought that “Service Plus” came on top of a service.",
        say="The care contract is what was called Service Plus, with filters included.", days=74,
    ),
    News(
        "swim-spa", {}, "The test institute measured 31 to 44 % depending on the cover.",
        claim="halves your heating bill",
        say="With the insulated cover it needs a third less power than the old model.",
        days=33, late=("walt", "oliver"),
    ),
    News(
        "cedar-6", {"name": "Cedar Family", "price": "12500.00"},
        "Families search for it by that name, and the new pump is cheaper.",
        say="Cedar Family is the Cedar 6 with the new pump, $400 less. Orders that are signed get "
        "the new price, too.",
        ago=13 * HOUR, unread=("sam", "walt"),
    ),
)  # fmt: skip
# Slug, persona, stage, words, by whom; the first are agreed by the other team's manager.
SAID = (
    ("cedar-6", "back-pain-homeowner", "", "“When does your back hurt most? Let us put the jets "
     "there.” Then offer the demonstration.", "sam"),
    ("cedar-6", "new-house-couple", "sql", "Ask what stands in the garden by next summer; the site "
     "survey is free and saves digging twice.", "priya"),
    ("grand-spa", "spa-director", "", "Show the Lakeside’s occupancy before the price.", "mona"),
    ("care-contract", None, "customer", "“Water is our business now”: a visit a month, filters "
     "included.", "dana"),
)  # fmt: skip
IDEA = ("cedar-6", None, "", "A Cedar 6 costs less a month than two evenings at the spa.", "oliver")
PROPOSED = News(
    "lodge-6", {"name": "Lodge for guests"},
    "Owners of cabins do not count seats; they search for “hot tub for guests”.",
    say="The Lodge 6 under a name that says whom it is for.", ago=2 * HOUR,
)  # fmt: skip


def announce(history: History, at: datetime) -> None:
    """Put what changed on the agenda."""
    for news in NEWS:
        when = at - timedelta(days=news.days)
        when = history.before("mona", when, news.ago or HOUR)
        history.at(when, partial(_publish, history, news))
    history.at(history.before("dana", at - timedelta(days=50), HOUR), partial(_say, history))
    when = history.before("maya", at, PROPOSED.ago)
    history.at(when, partial(_propose, history, PROPOSED, "maya"))


def _propose(history: History, news: News, login: str, at: datetime) -> OfferChange:
    return announcing.propose(
        Offer.objects.get(slug=news.slug), news.after, by=history.users[login], at=at, seen="",
        reason=news.reason, say=news.say, claim=news.claim,
    )  # fmt: skip


def _publish(history: History, news: News, at: datetime) -> None:
    history.stirred = True
    change = _propose(history, news, "mona", at)
    seen = announcing.ticket(change)
    announcing.publish(change, by=history.users["mona"], at=at, seen=seen)
    for user in announcing.sales():
        login = history.logins[user.pk]
        rng = history.rng("reads", news.slug, login)
        if login in news.unread:
            continue
        # Most read it between two calls, some only at the second reminder.
        pace = TEMPERS[login].pace if login in TEMPERS else 1.0
        seconds = TWO_DAYS * rng.uniform(1.1, 1.6) if login in news.late else 0
        reads = history.in_working(login, at, seconds or spell(rng, 3 * HOUR * pace, 0.5))
        history.at(reads, partial(_acknowledge, history, change.pk, login))


def _acknowledge(history: History, pk: int, login: str, at: datetime) -> None:
    history.stirred = True
    change = OfferChange.objects.get(pk=pk)
    announcing.acknowledge(change, by=history.users[login], at=at)


def _say(history: History, at: datetime) -> None:
    """What works in a call, written down by who found it; one idea nobody has agreed to yet."""
    for slug, persona, stage, text, login in (*SAID, IDEA):
        message = saying.propose(
            text, by=history.users[login], at=at, offer=Offer.objects.get(slug=slug), stage=stage,
            persona=Persona.objects.get(slug=persona) if persona else None,
        )  # fmt: skip
        if text != IDEA[3]:
            manager = "dana" if login == "mona" else "mona"
            saying.agree(message, by=history.users[manager], at=at)
