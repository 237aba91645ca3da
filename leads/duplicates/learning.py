"""Learn from the records themselves how rare values are and how fields go wrong; no truth needed.

Values' frequencies and the agreement of two people come from counting and from random pairs. How
often one person's fields agree, and how many pairs there are, come from expectation maximisation
over candidate pairs (Winkler 1988), held to the starting figures by so many imagined pairs.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from leads.duplicates.agreement import DIFFER, LEVELS, LOOSE, NEAR, NOT_SAID, Levels, compare
from leads.duplicates.evidence import (
    ADDRESS,
    ONE_PERSON,
    RIVALS_EACH,
    SAME_EACH,
    SWAPPED,
    TWO_PEOPLE,
    Model,
)
from leads.duplicates.records import FIELDS, Records, Texts, mailbox

RANDOM_PAIRS, LEARNT_PAIRS = 20_000, 30_000
ROUNDS, SETTLED = 25, 0.001
# Imagined pairs that hold to the starting figures.
HOLD_ONE, HOLD_TWO, HOLD_EACH = 40.0, 500.0, 20.0
FLOOR = 1e-6
# One person's details are near, alike or different at most so many times as often as at the start.
BOUNDS = {NEAR: 4.0, LOOSE: 2.0, DIFFER: 2.0}


@dataclass(slots=True)
class Seen:
    """A candidate pair as learning sees it."""

    record: Texts
    levels: Levels
    swapped: bool


def count(model: Model, records: Records) -> None:
    """How often each value occurs; values that occur once are not kept."""
    for index in range(len(FIELDS)):
        # Field by field, so that no two long lists of values are held at once.
        counter = Counter(record[index] for record in records)
        counter.pop("", None)
        model.filled[index] = counter.total()
        model.counts[index] = {value: n for value, n in counter.items() if n > 1}
    boxes = Counter(mailbox(record) for record in records)
    model.mailboxes = {box: n for box, n in boxes.items() if n > 1 and box}


def random_pairs(records: Records) -> list[Seen]:
    """Pairs picked at random, nearly all of them two people."""
    dice = random.Random(42)  # noqa: S311  (a sample, no secret)
    rows, most = range(len(records)), len(records) * (len(records) - 1) // 2
    found = []
    for _ in range(min(RANDOM_PAIRS, most)):
        a, b = (records[row] for row in dice.sample(rows, 2))
        found.append(Seen(a, *compare(a, b)))
    return found


def learn_strangers(model: Model, pairs: Sequence[Seen]) -> None:
    """How far two people agree, from random pairs, each for as much as it is two."""
    seen = [[0.0] * LEVELS for _ in FIELDS]
    for pair in pairs:
        person, home, office, _ = model.kinds(pair.levels, pair.record, swapped=pair.swapped)
        two = 1 / (person + home + office + 1)
        for index, level in enumerate(pair.levels):
            if level != NOT_SAID:
                seen[index][level] += two
    for index, levels in enumerate(seen):
        total = sum(levels) + HOLD_TWO
        model.two[index] = [
            max(FLOOR, (n + HOLD_TWO * start) / total)
            for n, start in zip(levels, TWO_PEOPLE[index], strict=True)
        ]


def learn_pairs(model: Model, pairs: Sequence[Seen], *, share: float) -> None:
    """How one person's fields agree, and how many pairs there are, from so many candidates: those
    of a share of the records."""
    for _ in range(ROUNDS):
        before = [value for row in model.one for value in row]
        _one_round(model, pairs, share)
        after = [value for row in model.one for value in row]
        if max(abs(x - y) for x, y in zip(before, after, strict=True)) < SETTLED:
            return


def _still_one_person(index: int, agreed: Sequence[float]) -> list[float]:
    """The shares of the levels, with disagreement bounded: in a file with few duplicates, learning
    would else settle on something that many people share, such as a first name."""
    total, start = sum(agreed), ONE_PERSON[index]
    shares = [value / total for value in agreed]
    for level in (NEAR, LOOSE, DIFFER):
        shares[level] = min(shares[level], BOUNDS[level] * start[level])
    rest = sum(shares)
    return [share / rest for share in shares]


def _one_round(model: Model, pairs: Sequence[Seen], share: float) -> None:
    agreed = [[HOLD_ONE * start for start in ONE_PERSON[index]] for index in range(len(FIELDS))]
    same = home = office = swapped = 0.0
    for pair in pairs:
        odds = model.kinds(pair.levels, pair.record, swapped=pair.swapped)
        whole = odds[0] + odds[1] + odds[2] + 1
        chance, moved = odds[0] / whole, odds[3]
        same += chance
        swapped += chance * pair.swapped
        home += odds[1] / whole
        office += odds[2] / whole
        for index, level in enumerate(pair.levels):
            if level != NOT_SAID and not (moved and index in ADDRESS):
                agreed[index][level] += chance
    for index, levels in enumerate(agreed):
        model.one[index] = _still_one_person(index, levels)
    model.swapped = (swapped + HOLD_ONE * SWAPPED) / (same + HOLD_ONE)
    seen = model.records * share + HOLD_EACH
    model.same_each = (same + HOLD_EACH * SAME_EACH) / seen
    model.housemates_each = (home + HOLD_EACH * RIVALS_EACH) / seen
    model.colleagues_each = (office + HOLD_EACH * RIVALS_EACH) / seen
