"""Find the pairs among many records that are likely one person, best first."""

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from typing import Any

from leads.duplicates import blocking, learning
from leads.duplicates.agreement import compare
from leads.duplicates.evidence import Model
from leads.duplicates.judging import Against
from leads.duplicates.records import Records

WATCHED = 1_000


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows, counted from 0, and the chance that they are one person."""

    a: int
    b: int
    score: float


@dataclass(slots=True)
class Found:
    """The pairs of a set of records, best first, and what was learnt on the way."""

    pairs: list[Pair]
    model: Model
    compared: int
    cut_blocks: int


def find_pairs(records: Records, *, watch: Callable[[int], Any] = lambda _: None) -> Found:
    """Every pair of rows at or above the threshold; each pair stands on its own evidence.

    `watch` is told now and then how many more rows are done.
    """
    blocks = blocking.build(records)
    model = learn(records, blocks)
    pairs: list[Pair] = []
    compared = 0
    for row, record in enumerate(records):
        candidates = blocks.candidates(row)
        compared += len(candidates)
        chance = Against(model, record).chance
        for other in candidates:
            if score := chance(records[other]):
                pairs.append(Pair(row, other, score))
        if row % WATCHED == WATCHED - 1:
            watch(WATCHED)
    pairs.sort(key=lambda pair: (-pair.score, pair.a, pair.b))
    return Found(pairs, model, compared, blocks.cut)


def learn(records: Records, blocks: blocking.Blocks) -> Model:
    """What these records themselves tell about values and errors."""
    model = Model(len(records))
    learning.count(model, records)
    strangers = learning.random_pairs(records)
    learning.learn_strangers(model, strangers)
    step = max(1, len(records) // learning.LEARNT_PAIRS)
    seen: list[learning.Seen] = []
    looked_at = 0
    # By a stride that visits rows all over the file, whatever its order.
    stride = _coprime(len(records))
    row = 0
    for _ in range(len(records) // step):
        record = records[row]
        for other in blocks.candidates(row):
            levels, swapped = compare(record, records[other])
            seen.append(learning.Seen(record, levels, swapped))
        looked_at += 1
        row = (row + stride) % len(records)
        if len(seen) >= learning.LEARNT_PAIRS:
            break
    share = looked_at / max(1, len(records))
    learning.learn_pairs(model, seen, share=share)
    # Now that one person is known better, so are two.
    learning.learn_strangers(model, strangers)
    learning.learn_pairs(model, seen, share=share)
    return model


def _coprime(size: int) -> int:
    """A stride that meets each of so many rows once."""
    stride = max(1, int(size * 0.618))
    while gcd(stride, size) != 1:
        stride += 1
    return stride
