"""Which offer a deal is about, and how much of each is sold."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Sum

from accounts.models import User
from leads.models import Deal
from personas.models import Offer


@dataclass(slots=True)
class Sold:
    """The deals of an offer in one state: how many, and how much in each currency."""

    state: str
    count: int = 0
    sums: list[tuple[Decimal, str]] = field(default_factory=list)


def named(words: str) -> Offer | None:
    """The offer that is, or was, called exactly this; None where none or several are."""
    said = " ".join(words.split()).casefold()
    found = [
        offer
        for offer in (Offer.objects.called(said).prefetch_related("former") if said else ())
        if said in map(str.casefold, (offer.name, *offer.former_names))
    ]
    return found[0] if len(found) == 1 else None


def sold(offer: Offer, *, by: User) -> list[Sold]:
    """The deals of an offer that this person may see, by state; one query."""
    found = {state: Sold(label) for state, label in Deal.State.choices}
    rows = Deal.objects.visible_to(by).filter(offer=offer).order_by().values("state", "currency")
    for row in rows.annotate(count=Count("pk"), sum=Sum("amount")):
        line = found[row["state"]]
        line.count += row["count"]
        line.sums.append((row["sum"], row["currency"]))
    return list(found.values())
