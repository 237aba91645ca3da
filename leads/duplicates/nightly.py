"""Look at all leads once a night and propose the pairs that may be one person.

1. Every lead is read once, by a cursor; what is compared stays in memory, the leads do not.
2. The matcher learns from them and finds the pairs at or above the threshold.
3. New pairs are written, open ones get their present score and reasons, and open ones that no
   longer hold go; what somebody decided stays as it is.
4. What was learnt is kept for the lead page.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from leads.duplicates.finding import Pair, find_pairs
from leads.duplicates.of_leads import COLUMNS, as_compared
from leads.duplicates.reasons import in_words
from leads.duplicates.records import Records
from leads.models import DuplicateFigures, DuplicatePair, Lead

BATCH = 1_000
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of one look."""

    leads: int
    compared: int
    open: int


def propose(*, at: datetime) -> Proposed:
    """Propose pairs among all leads. Running it twice at once does no harm."""
    ids, records = array("q"), Records()
    rows = Lead.objects.order_by("pk").values_list("pk", *COLUMNS)
    for pk, *values in rows.iterator(chunk_size=CHUNK):
        ids.append(pk)
        records.append(as_compared(*values))
    found = find_pairs(records)
    pairs = iter(found.pairs)
    while batch := list(islice(pairs, BATCH)):
        _write(batch, ids, records, at=at)
    # Not seen this time: one of them changed, or was merged.
    DuplicatePair.objects.open().filter(found_at__lt=at).delete()
    kept = {"learnt_at": at, "figures": found.model.kept()}
    DuplicateFigures.objects.update_or_create(pk=1, defaults=kept)
    return Proposed(len(ids), found.compared, DuplicatePair.objects.open().count())


def _write(
    batch: Sequence[Pair], ids: "array[int]", records: Records, *, at: datetime
) -> None:  # fmt: skip
    DuplicatePair.objects.bulk_create(
        list(_rows(batch, ids, records, at=at)),
        update_conflicts=True,
        unique_fields=["lead_a", "lead_b"],
        update_fields=["score", "reasons", "found_at"],
    )


def _rows(
    batch: Sequence[Pair], ids: "array[int]", records: Records, *, at: datetime
) -> Iterator[DuplicatePair]:
    """In the order of the leads, so that two looks at once never wait for each other in a circle.

    A lead that is gone since it was read has no pairs any more.
    """
    there = set(
        Lead.objects.filter(pk__in={ids[row] for p in batch for row in (p.a, p.b)}).values_list(
            "pk", flat=True
        )
    )
    for pair in sorted(batch, key=lambda pair: (pair.a, pair.b)):
        if ids[pair.a] in there and ids[pair.b] in there:
            yield DuplicatePair(
                lead_a_id=ids[pair.a],
                lead_b_id=ids[pair.b],
                score=pair.score,
                reasons=in_words(records[pair.a], records[pair.b]),
                found_at=at,
            )
