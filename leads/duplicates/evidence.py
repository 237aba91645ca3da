"""What agreement is worth: the chance that two records are one person.

Fellegi and Sunter (1969): each field's level of agreement is so likely for one person (m) and so
likely for two (u); the ratios multiply. An exact agreement is worth the more the rarer the value.
Two rivals keep housemates and colleagues apart: people who share a home or a company agree in those
fields as one person would, but not in the first name. Figures here are where learning begins
(leads.duplicates.learning); they are rough knowledge of how people's data goes wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from leads.duplicates.agreement import EXACT, LEVELS, NOT_SAID, PART, Levels, compare
from leads.duplicates.records import (
    CITY,
    COMPANY,
    COUNTRY,
    EMAIL,
    FIELDS,
    FIRST,
    LAST,
    NUMBER,
    PHONE,
    PLACE,
    POSTCODE,
    STATE,
    STREET,
    Texts,
    mailbox,
)

# From this chance on a pair is proposed, in the product and by the command alike: more likely one
# person than not.
THRESHOLD = 0.5
# How often one person's field agrees exactly, nearly, in part, loosely, not.
ONE_PERSON: dict[int, tuple[float, ...]] = {
    FIRST: (0.74, 0.10, 0.08, 0.04, 0.04),
    LAST: (0.80, 0.10, 0.03, 0.03, 0.04),
    EMAIL: (0.66, 0.08, 0.05, 0.04, 0.17),
    PHONE: (0.70, 0.06, 0.01, 0.01, 0.22),
    COMPANY: (0.66, 0.10, 0.10, 0.05, 0.09),
    STREET: (0.65, 0.14, 0.08, 0.06, 0.07),
    PLACE: (0.62, 0.14, 0.06, 0.06, 0.12),
    NUMBER: (0.78, 0.10, 0.01, 0.01, 0.10),
    CITY: (0.78, 0.09, 0.04, 0.02, 0.07),
    POSTCODE: (0.80, 0.09, 0.02, 0.01, 0.08),
    STATE: (0.90, 0.03, 0.01, 0.01, 0.05),
    COUNTRY: (0.95, 0.01, 0.01, 0.01, 0.02),
}
# The same for two people picked at random; the exact ones come from the values' frequencies.
TWO_PEOPLE: dict[int, tuple[float, ...]] = {
    FIRST: (0.006, 0.004, 0.006, 0.02, 0.964),
    LAST: (0.002, 0.002, 0.003, 0.015, 0.978),
    EMAIL: (0.00001, 0.0001, 0.0005, 0.001, 0.9984),
    PHONE: (0.0001, 0.0001, 0.0001, 0.0001, 0.9996),
    COMPANY: (0.001, 0.001, 0.003, 0.005, 0.99),
    STREET: (0.0005, 0.001, 0.003, 0.01, 0.9855),
    PLACE: (0.001, 0.002, 0.003, 0.01, 0.984),
    NUMBER: (0.01, 0.05, 0.01, 0.01, 0.92),
    CITY: (0.02, 0.003, 0.007, 0.02, 0.95),
    POSTCODE: (0.005, 0.01, 0.01, 0.01, 0.965),
    STATE: (0.15, 0.02, 0.01, 0.01, 0.81),
    COUNTRY: (0.5, 0.01, 0.01, 0.01, 0.47),
}
# Of people not seen twice in the file, how many others share a value: the least a value is held
# to be frequent.
SHARED_UNSEEN = (0.5, 0.5, 0.02, 0.1, 0.5, 0.3, 0.5, 1.0, 1.0, 0.5, 1.0, 1.0)
# A few records tell little about how rare a value is: so many imagined people are added.
IMAGINED = 50
# An address or a number is one person's: of further holders, so many are other people.
OTHERS = {EMAIL: 0.05, PHONE: 0.2}
# How much housemates and colleagues have in common: 0 as strangers, 1 as one person.
HOUSEMATES = (0.0, 0.6, 0.02, 0.5, 0.0, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95)
COLLEAGUES = (0.0, 0.0, 0.02, 0.4, 0.95, 0.7, 0.7, 0.7, 0.8, 0.8, 0.9, 0.9)
ADDRESS = (STREET, PLACE, NUMBER, CITY, POSTCODE, STATE, COUNTRY)
# One person in twenty has moved: then the old address says nothing about the new one.
MOVED = 0.05
# First and last name in each other's column: so often, to begin with.
SWAPPED = 0.03
# The finer place says the coarser one too.
IMPLIED = {
    POSTCODE: (CITY, STATE, COUNTRY), CITY: (STATE, COUNTRY), STATE: (COUNTRY,)
}  # fmt: skip
# Of how many values of each field it is remembered how frequent they are.
FREQUENT = 1_000
# How many pairs of a kind there are for each record, before anything is known.
SAME_EACH, RIVALS_EACH = 0.2, 0.1


def _most(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: -item[1])[:FREQUENT])


@dataclass(slots=True)
class Model:
    """What is known of a set of records: how rare values are, how often its fields go wrong."""

    records: int
    counts: list[Mapping[str, int]] = field(default_factory=lambda: [{} for _ in FIELDS])
    mailboxes: Mapping[str, int] = field(default_factory=dict)
    filled: list[int] = field(default_factory=lambda: [0] * len(FIELDS))
    one: list[list[float]] = field(
        default_factory=lambda: [list(ONE_PERSON[f]) for f in range(len(FIELDS))]
    )
    two: list[list[float]] = field(
        default_factory=lambda: [list(TWO_PEOPLE[f]) for f in range(len(FIELDS))]
    )
    swapped: float = SWAPPED
    same_each: float = SAME_EACH
    housemates_each: float = RIVALS_EACH
    colleagues_each: float = RIVALS_EACH

    def kept(self) -> dict[str, Any]:
        """What is worth keeping of it, for JSON: all but the rarer values."""
        facts = {f.name: getattr(self, f.name) for f in fields(self)}
        facts["counts"] = [_most(counts) for counts in self.counts]
        facts["mailboxes"] = _most(self.mailboxes)
        return facts

    @property
    def people(self) -> bool:
        """Whether it is about people at all, and not about companies alone."""
        known = (FIRST, LAST, EMAIL)
        return not any(self.filled) or any(self.filled[index] for index in known)

    def odds_of(self, each: float) -> float:
        """The odds of a kind of pair, there being so many for each record."""
        return each * 2 / max(1, self.records - 1)

    def rarity(self, index: int, value: str) -> float:
        """The chance that somebody else has this very value."""
        filled = self.filled[index]
        if not filled:
            return self.two[index][EXACT]
        # Of those who share it, so many are the same person again.
        again = 2 * self.same_each * self.one[index][EXACT]
        others = max(0.0, self.counts[index].get(value, 1) - 1 - again) * OTHERS.get(index, 1.0)
        imagined = IMAGINED * TWO_PEOPLE[index][EXACT]
        return min(1.0, (SHARED_UNSEEN[index] + others + imagined) / (filled + IMAGINED))

    def box_rarity(self, record: Texts) -> float:
        """The chance that somebody else has this mailbox at another host: info@ says little."""
        again = 2 * self.same_each * (self.one[EMAIL][EXACT] + self.one[EMAIL][PART])
        others = max(0.0, self.mailboxes.get(mailbox(record), 1) - 1 - again)
        return min(1.0, (SHARED_UNSEEN[EMAIL] + others) / (self.filled[EMAIL] + IMAGINED))

    def ratios(self, levels: Levels, a: Texts) -> list[tuple[int, float]]:
        """How much more likely each field's agreement is for one person than for two."""
        found = []
        hidden: tuple[int, ...] = ()
        for implying in (POSTCODE, CITY, STATE):
            if levels[implying] == EXACT:
                hidden = IMPLIED[implying]
                break
        for index, level in enumerate(levels):
            if level == NOT_SAID or index in hidden:
                continue
            if level == EXACT:
                found.append((index, self.one[index][EXACT] / self.rarity(index, a[index])))
            else:
                two = self.two[index][level]
                if index == EMAIL and level == PART:
                    two = max(two, self.box_rarity(a))
                found.append((index, self.one[index][level] / two))
        return found

    def kinds(self, levels: Levels, a: Texts, *, swapped: bool) -> tuple[float, float, float, bool]:
        """Odds against strangers of: one person, housemates, colleagues; and whether moved."""
        person, address = self.odds_of(self.same_each), 1.0
        ratios = self.ratios(levels, a)
        for index, ratio in ratios:
            if index >= STREET:
                address *= ratio
            else:
                person *= ratio
        moved = address < MOVED
        person *= (1 - MOVED) * address + MOVED
        if swapped:
            person *= self.swapped
        if person < 0.05 or not self.people:
            return person, 0.0, 0.0, moved
        home, office = self.odds_of(self.housemates_each), self.odds_of(self.colleagues_each)
        for index, ratio in ratios:
            home *= HOUSEMATES[index] * ratio + 1 - HOUSEMATES[index]
            office *= COLLEAGUES[index] * ratio + 1 - COLLEAGUES[index]
        return person, home, office, moved

    def chance(self, a: Texts, b: Texts) -> float:
        """The chance that two records are one person, 0 to 1."""
        levels, swapped = compare(a, b)
        person, home, office, _ = self.kinds(levels, a, swapped=swapped)
        return person / (person + home + office + 1)


assert all(len(row) == LEVELS for row in (*ONE_PERSON.values(), *TWO_PEOPLE.values()))
