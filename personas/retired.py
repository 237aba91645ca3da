"""Words that are said no more: former names of offers and claims that were withdrawn.

They are looked for as whole words, in any case, however many blanks or line ends lie between; where
they are only part of a name that is in use ("Cedar" in “Cedar Family”), nothing is said.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.configuration import remembered
from accounts.words import money_words
from personas.models import Offer, OfferChange

# A shorter name would be found in every second sentence.
SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Retired:
    """One such name or claim, and what to say instead."""

    words: str
    remedy: str
    # Where it says why.
    url: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All of them, and the names in use that contain one."""

    retired: tuple[Retired, ...]
    in_use: tuple[str, ...]

    def found_in(self, text: str) -> list[Retired]:
        """Those a text still says, each once, in the order of the text."""
        by_words = {one.words.casefold(): one for one in self.retired}
        said = (by_words.get(words) for words in spoken(text, by_words, self.in_use))
        return list(dict.fromkeys(one for one in said if one is not None))


def spoken(text: str, wanted: Iterable[str], in_use: Iterable[str] = ()) -> list[str]:
    """Which of the wanted words a text says, and of the names in use that hold one; casefolded."""
    names = {name.casefold() for name in (*wanted, *in_use)}
    if not text or not names:
        return []
    longest_first = sorted(names, key=len, reverse=True)
    either = "|".join(r"\s+".join(map(re.escape, name.split())) for name in longest_first)
    found = re.findall(rf"(?<!\w)(?:{either})(?!\w)", text.casefold())
    return [" ".join(words.split()) for words in found]


def vocabulary(*, stamp: UUID | None = None) -> Vocabulary:
    """What is retired now; kept in memory until an offer changes."""
    return remembered("retired-words", _load, under=stamp)


def _load() -> Vocabulary:
    offers = list(Offer.objects.prefetch_related("former__change__offer"))
    names = {offer.name.casefold(): offer.name for offer in offers if offer.is_active}
    found = [_name(offer, name) for offer in offers for name in offer.former_names]
    claims = OfferChange.objects.in_effect().exclude(claim="").select_related("offer")
    found += [_claim(change) for change in claims]
    retired = [
        one for one in found if len(one.words) >= SHORTEST and one.words.casefold() not in names
    ]
    in_use = [
        name for key, name in names.items() if any(one.words.casefold() in key for one in retired)
    ]
    return Vocabulary(tuple({one.words.casefold(): one for one in retired}.values()), tuple(in_use))


def _name(offer: Offer, name: str) -> Retired:
    price = money_words(offer.price, offer.currency)
    now = f"now called “{offer.name}”, {price}" if offer.is_active else "no longer sold"
    return Retired(" ".join(name.split()), now, offer.get_absolute_url())


def _claim(change: OfferChange) -> Retired:
    remedy = f"no longer said of “{change.offer}”"
    if change.say:
        remedy += f"; say: {change.say.strip().rstrip('.')}"
    return Retired(" ".join(change.claim.split()), remedy, change.get_absolute_url())
