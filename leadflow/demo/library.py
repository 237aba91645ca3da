"""The demo's personas and offers: the pictures of buyers both sides agreed on."""

from typing import Any

from leads.models import CustomField
from personas.models import Offer, Persona


def _criterion(field: str, words: list[str], points: int, label: str) -> dict[str, Any]:
    return {"field": field, "op": "contains", "value": words, "points": points, "label": label}


PERSONAS: list[dict[str, Any]] = [
    {
        "slug": "spa-director",
        "name": "Hotel or spa director",
        "description": "Runs the wellness side of a hotel of 40 to 200 rooms. Answers for "
        "occupancy and reviews, decides with the owner.",
        "motives": "Reviews that mention the spa; rooms that sell out of season.",
        "influences": "Other hoteliers, the trade press, the owner's accountant.",
        "market_size": 1400,
        "market_note": "hotels of 40 to 200 rooms in New England and the UK",
        "sources": [
            {"title": "Hotel registers", "url": "https://www.example.org/hotels",
             "says": "1,380 houses of that size, without chains"},
            {"title": "Survey at the spring fair", "url": "",
             "says": "38 of 120 mean to build a spa within two years"},
        ],
        "pains": "Staff who keep water right are hard to find; a closed tub costs refunds.",
        "goals": "A spa that runs itself and pays back within three seasons.",
        "channels": "Trade fairs, peers, LinkedIn",
        "objections": [
            {"objection": "We have nobody to look after the water.",
             "answer": "The service contract covers a weekly visit and an alarm on the pump; "
             "hotels of your size spend ten minutes a day."},
            {"objection": "It will be empty in summer.",
             "answer": "It cools as well as it heats: show the occupancy figures of the Lakeside."},
        ],
        "criteria": [
            _criterion("job_title", ["spa", "wellness", "hotel", "leisure", "hospitality"], 15,
                       "Runs a spa or hotel"),
            _criterion("company", ["hotel", "spa", "resort", "lodge", "hôtel"], 10,
                       "A hotel or spa"),
        ],
    },
    {
        "slug": "back-pain-homeowner",
        "name": "Homeowner with a bad back",
        "description": "50 to 70, own house, pain that comes back. Has tried physiotherapy, reads "
        "a lot, buys for health rather than for fun.",
        "motives": "To sleep through, to garden again, not to need pills.",
        "pains": "Back or joint pain; getting in and out of a bath; doctors' waiting lists.",
        "goals": "Twenty minutes of warm water every evening, at home.",
        "channels": "Search, physiotherapists, the maintenance guide",
        "objections": [
            {"objection": "Is it really good for the back?",
             "answer": "Offer the demonstration first: forty minutes, with the jets set for the "
             "lumbar region. Never promise a cure."},
            {"objection": "Electricity will ruin us.",
             "answer": "A well insulated tub costs about as much as a second fridge-freezer; show "
             "the calculator with their tariff."},
        ],
        "criteria": [
            _criterion("extra.interest", ["back", "joint", "arthritis", "sleep", "pain"], 15,
                       "Asks about pain"),
            _criterion("source", ["back"], 10, "Came through pages about backs"),
        ],
    },
    {
        "slug": "holiday-let-owner",
        "name": "Holiday-let owner",
        "description": "Owns one to five cottages or cabins, lets them by the week, does the sums.",
        "motives": "Higher nightly rate, bookings in winter, a better place on the portals.",
        "pains": "Guests who break things; changeover days with two hours for everything.",
        "goals": "Pays for itself within two winters.",
        "channels": "Newsletter, owners' groups, portals",
        "objections": [
            {"objection": "Guests will wreck it.",
             "answer": "Locking cover, child lock, deposit wording for the listing: send the kit."},
            {"objection": "Changeover takes too long.",
             "answer": "The Lodge 6 drains and refills in 70 minutes; show the changeover sheet."},
        ],
        "criteria": [
            _criterion("extra.interest", ["holiday let", "rental", "cabin", "guests"], 15,
                       "Asks for paying guests"),
            _criterion("job_title", ["host", "property owner"], 10, "Lets property"),
        ],
    },
    {
        "slug": "new-house-couple",
        "name": "Couple with a new house",
        "description": "30 to 45, moved within two years, garden still a building site.",
        "motives": "Evenings with friends; a treat after the move.",
        "pains": "Budget eaten by the house; no idea about foundations and power.",
        "goals": "In use by next summer, on a monthly rate.",
        "channels": "Social, friends, pool builders",
        "objections": [
            {"objection": "We must do the patio first.",
             "answer": "Better together: the site survey is free and saves digging twice."},
            {"objection": "Too expensive just now.",
             "answer": "24 monthly rates, first one in spring. Ask what the garden budget is."},
        ],
        "criteria": [
            _criterion("extra.interest", ["new house", "new build", "patio", "garden", "terrace"],
                       15, "Builds a garden"),
        ],
    },
]  # fmt: skip
# What was sold when the history begins; leadflow.demo.announcing changes some of it since.
OFFERS: list[tuple[str, str, str, int, list[str], list[str]]] = [
    ("cedar-4", "Cedar 4", "Four seats, lumbar jets, cedar cladding. Plugs into a normal socket.",
     8_490, ["Classic 400"], ["back-pain-homeowner", "new-house-couple"]),
    ("cedar-6", "Cedar 6", "Six seats, two loungers, lumbar and foot jets.",
     12_900, [], ["back-pain-homeowner", "new-house-couple"]),
    ("lodge-6", "Lodge 6", "Six seats for paying guests: locking cover, drains in 30 minutes.",
     13_750, ["Rental Pro"], ["holiday-let-owner"]),
    ("grand-spa", "Grand Spa", "Twelve seats in the floor, plant room, remote alarm.",
     36_900, ["Hotel Line 12"], ["spa-director"]),
    ("swim-spa", "Swim Spa 5 m", "A counter-current to swim in and a bench to sit on.",
     27_900, [], ["new-house-couple", "spa-director"]),
    ("care-contract", "Service Plus", "A visit a month, water and filters included.",
     1_090, [], ["spa-director", "holiday-let-owner", "back-pain-homeowner"]),
]  # fmt: skip


TIMEFRAMES = ("this month", "this quarter", "this year")


def ask_for_more() -> None:
    """Fields of the company's own: what it asks of a lead beyond name and company."""
    kinds = CustomField.Kind
    CustomField.objects.create(
        name="interest", label="Interest", kind=kinds.TEXT, help="What they want it for", position=0
    )
    CustomField.objects.create(
        name="timeframe", label="Timeframe", kind=kinds.CHOICE, choices=list(TIMEFRAMES),
        help="When they want to buy", position=1,
    )  # fmt: skip
    CustomField.objects.create(
        name="budget", label="Budget", kind=kinds.MONEY, currency="USD", position=2
    )


def describe_buyers() -> None:
    """Personas in the order in which ties are settled."""
    for order, facts in enumerate(PERSONAS):
        Persona.objects.create(order=order, min_points=10, **facts)


def price_list() -> None:
    """Offers by their present name and price; former names stay findable."""
    personas = {p.slug: p for p in Persona.objects.all()}
    for slug, name, summary, price, former, buyers in OFFERS:
        offer = Offer.objects.create(slug=slug, name=name, summary=summary, price=price)
        for old in former:
            offer.former.create(name=old)
        offer.personas.set(personas[buyer] for buyer in buyers)
