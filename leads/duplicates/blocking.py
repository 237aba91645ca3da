"""Which pairs are worth a look: records that share one of several keys.

Each key puts the records in order; those with the same key are a block. A small block is compared
pair by pair; in a large one each record meets its nearest neighbours, in the order of what else is
known of them. So the work grows as the sort does, n log n, and no block is left out.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from zlib import crc32

from leads.duplicates.records import (
    CITY,
    COMPANY,
    EMAIL,
    FIRST,
    LAST,
    NUMBER,
    PHONE,
    PLACE,
    POSTCODE,
    STREET,
    Records,
    Texts,
    mailbox,
)

# In a block that is too large each record meets so many neighbours on either side. Few records have
# time for more.
NEIGHBOURS, MOST_NEIGHBOURS, EASY = 6, 40, 200_000
LARGEST_BLOCK = 4  # times the neighbours
_SOUNDS = str.maketrans(
    {
        **dict.fromkeys("aeiouyhw", ""), **dict.fromkeys("bpfv", "b"),
        **dict.fromkeys("cgjkqxsz", "k"), **dict.fromkeys("dt", "t"), **dict.fromkeys("mn", "m"),
        " ": "",
    }
)  # fmt: skip
Key = Callable[[Texts], str]


@lru_cache(maxsize=100_000)
def sound(name: str) -> str:
    """A name's consonants by kind, as Soundex has them, its first letter included."""
    found = name.translate(_SOUNDS)
    return "".join(c for i, c in enumerate(found) if i == 0 or c != found[i - 1])[:5]


def _joined(*parts: str) -> str:
    return "\t".join(parts) if all(parts) else ""


def _both_names(r: Texts) -> str:
    return _joined(*sorted((sound(r[FIRST]), sound(r[LAST]))))


def _area(r: Texts) -> str:
    return r[POSTCODE] or sound(r[CITY])[:3]


def _further(r: Texts) -> str:
    return f"{r[POSTCODE]}{r[CITY]}{r[STREET]}{r[COMPANY]}{r[EMAIL]}"


# Each with what orders the records within a block that is too large. A key of one letter makes one
# block of all who have the field: there, neighbours in its order meet.
KEYS: tuple[tuple[Key, Key], ...] = (
    (lambda r: r[EMAIL], lambda r: r[FIRST]),
    (mailbox, lambda r: r[LAST]),
    (lambda r: r[EMAIL] and "@", lambda r: r[EMAIL]),
    (lambda r: r[EMAIL][1:4] and "@", lambda r: r[EMAIL][::-1]),
    (lambda r: r[PHONE][-7:], lambda r: r[FIRST]),
    (lambda r: r[PHONE] and "0", lambda r: r[PHONE]),
    (_both_names, _further),
    (lambda r: sound(r[LAST]), lambda r: f"{r[FIRST]} {r[LAST]} {_further(r)}"),
    (lambda r: sound(r[FIRST]), lambda r: f"{r[LAST]} {r[FIRST]} {_further(r)}"),
    (lambda r: _joined(sound(r[LAST]), _area(r)), lambda r: r[FIRST]),
    (lambda r: _joined(sound(r[FIRST]), _area(r)), lambda r: r[LAST]),
    (lambda r: _joined(r[LAST][:3], _area(r)), lambda r: r[FIRST]),
    (lambda r: _joined(r[FIRST][:3], _area(r)), lambda r: r[LAST]),
    (lambda r: _joined(r[STREET][:6], r[NUMBER] or r[POSTCODE]), lambda r: r[FIRST]),
    (lambda r: _joined(r[FIRST][:3], r[STREET][:5]), lambda r: r[LAST]),
    (lambda r: _joined(r[LAST][:3], r[STREET][:5]), lambda r: r[FIRST]),
    (lambda r: _joined(r[PLACE][:8], r[CITY][:4]), lambda r: r[FIRST]),
    (lambda r: _joined(r[NUMBER], r[POSTCODE]), lambda r: r[STREET]),
    (lambda r: _joined(r[COMPANY][:6], sound(r[LAST])), lambda r: r[FIRST]),
    (lambda r: _joined(r[COMPANY][:6], r[FIRST][:3]), lambda r: r[LAST]),
    (lambda r: "" if r[FIRST] or r[LAST] else r[COMPANY][:8], lambda r: r[COMPANY]),
)


@dataclass(slots=True)
class Order:
    """The records in the order of one key, and each one's first and last neighbour to look at."""

    rows: "array[int]"
    low: "array[int]"
    high: "array[int]"


@dataclass(slots=True)
class Blocks:
    """The orders of all keys that the records have."""

    size: int
    orders: list[Order] = field(default_factory=list)
    # How many blocks were too large to be compared pair by pair.
    cut: int = 0

    def candidates(self, row: int) -> set[int]:
        """The rows after this one that share a key with it."""
        found: set[int] = set()
        for order in self.orders:
            low, high = order.low[row], order.high[row]
            if high - low > 1:
                found.update(order.rows[low:high])
        return {other for other in found if other > row}


def build(records: Records) -> Blocks:
    """Put the records in order by every key."""
    blocks = Blocks(len(records))
    for key, within in KEYS:
        _add_order(blocks, records, key, within)
    return blocks


def _add_order(blocks: Blocks, records: Records, key: Key, within: Key) -> None:
    keyed = [
        (crc32(said.encode()) << 32) | row for row, r in enumerate(records) if (said := key(r))
    ]
    if len(keyed) < 2:
        return
    keyed.sort()
    rows = array("I", (value & 0xFFFFFFFF for value in keyed))
    order = Order(rows, array("I", bytes(4 * blocks.size)), array("I", bytes(4 * blocks.size)))
    neighbours = max(NEIGHBOURS, min(MOST_NEIGHBOURS, EASY // blocks.size))
    largest = LARGEST_BLOCK * neighbours
    for start, end in _runs(keyed):
        if end - start > largest:
            blocks.cut += 1
            block = sorted(rows[start:end], key=lambda row: within(records[row]))
            rows[start:end] = array("I", block)
        reach = neighbours if end - start > largest else largest
        for place in range(start, end):
            row = rows[place]
            order.low[row] = max(start, place - reach)
            order.high[row] = min(end, place + reach + 1)
    blocks.orders.append(order)


def _runs(keyed: list[int]) -> Iterator[tuple[int, int]]:
    """Where each key with more than one record begins and ends."""
    start, total = 0, len(keyed)
    for place in range(1, total + 1):
        if place == total or keyed[place] >> 32 != keyed[start] >> 32:
            if place - start > 1:
                yield start, place
            start = place
