"""Words in a column that stand for something else: which they are, and what they may stand for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leads import countries, normalise
from leads.importing import Record
from leads.imports.mapping import values_of
from leads.imports.rows import KINDS, word_key
from leads.models import TOUCHPOINTS, Kind

# Of each column, the most frequent ones.
MOST = 30
EMPTY, REFUSE = "?empty", "?refuse"


@dataclass(frozen=True, slots=True)
class Word:
    """A word nobody knows, in one column, and how often the sample has it."""

    column: int
    header: str
    target: str
    typed: str
    times: int

    @property
    def key(self) -> str:
        return word_key(self.typed)


def unknown(
    headers: Sequence[str],
    targets: Sequence[str],
    records: Sequence[Record],
    campaigns: Mapping[str, str],
) -> list[Word]:
    """The words of the sample that can't be understood, most frequent first in each column."""
    found: list[Word] = []
    for index, target in enumerate(targets):
        if target not in ("country", "campaign", "touchpoint"):
            continue
        times: Counter[str] = Counter()
        typed: dict[str, str] = {}
        for value in values_of(records, index):
            key = word_key(value)
            if not _known(target, value, campaigns):
                times[key] += 1
                typed.setdefault(key, value[:60])
        found += [
            Word(index, headers[index], target, typed[key], count)
            for key, count in times.most_common(MOST)
        ]
    return found


def _known(target: str, value: str, campaigns: Mapping[str, str]) -> bool:
    if target == "campaign":
        return word_key(value) in campaigns
    if target == "touchpoint":
        return word_key(value) in KINDS
    try:
        return bool(normalise.country(value))
    except ValueError:
        return False


def choices(target: str, campaigns: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What a word of such a column may stand for."""
    meant = {
        "campaign": list(campaigns),
        "country": list(countries.names().items()),
        "touchpoint": [(str(k), str(k.label)) for k in Kind if k in TOUCHPOINTS],
    }[target]
    return [(REFUSE, "Refuse these rows"), (EMPTY, "Leave it empty"), *meant]
