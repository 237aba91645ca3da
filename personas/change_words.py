"""A change of an offer in words."""

from collections.abc import Iterator

from accounts.words import money_words
from personas.models import OfferChange

LONGEST_TITLE = 250


def title_of(change: OfferChange) -> str:
    """One line: "“Business lunch” is now “Meals for teams”, $14.50 instead of $12"."""
    said = "; ".join(_parts(change))
    said = said[0].upper() + said[1:]
    return said if len(said) <= LONGEST_TITLE else f"{said[: LONGEST_TITLE - 1]}…"


def _parts(change: OfferChange) -> Iterator[str]:
    before, after = change.before, change.after
    name, old = after.get("name", change.offer.name), before.get("name")
    now, was = (money_words(*price) for price in (change.price_after, change.price_before))
    if after.get("is_active"):
        yield f"New: “{name}”, {now}"
    elif "is_active" in after:
        yield f"“{old or name}” is no longer sold"
    elif old and change.repriced:
        yield f"“{old}” is now “{name}”, {now} instead of {was}"
    elif old:
        yield f"“{old}” is now “{name}”"
    elif change.repriced:
        yield f"“{name}” costs {now} instead of {was}"
    if change.claim:
        yield f"no longer said of “{name}”: “{change.claim}”"
