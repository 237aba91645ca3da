"""Promises nobody could keep, that never begin, or that say two things at once; each with the
remedy."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from leads.models import Kind
from personas.models import Persona
from sla.models import Term
from sla.reading import is_wall, working_words

# What can't happen to a handoff any more once sales has rejected it.
OVER = frozenset({
    Kind.ACCEPTED.value, Kind.REJECTED.value, Kind.QUALIFIED.value, Kind.DISQUALIFIED.value,
    Kind.RECYCLED.value,
})  # fmt: skip
# With these sales is done with a handoff.
DONE = {Kind.QUALIFIED.value: "qualifies", Kind.DISQUALIFIED.value: "disqualifies"}


def problems(terms: Sequence[Term]) -> Iterator[str]:
    """Why these promises should not be signed."""
    in_use = set(Persona.objects.in_use().values_list("slug", flat=True))
    for term in terms:
        if term.personas and not in_use & set(term.personas):
            yield (
                f"“{term.name}” can never start: persona {' and '.join(term.personas)} is no "
                "longer in use. Choose another persona, or remove the promise."
            )
        if term.starts_on == Kind.DISPUTED and Kind.RULED not in term.stops_on:
            yield (
                f"“{term.name}” can never be kept: it starts when marketing disputes a return, and "
                "only a ruling ends that. Let ruling on it keep it."
            )
        if term.starts_on == Kind.REJECTED and set(term.stops_on) <= OVER:
            yield (
                f"“{term.name}” can never be kept: it starts when sales rejects a lead, and what "
                "should keep it can’t happen to a rejected one. Let answering the return keep it."
            )
        if term.starts_on in DONE and set(term.stops_on) <= OVER:
            yield (
                f"“{term.name}” can never be kept: it starts when sales {DONE[term.starts_on]} a "
                "lead, and what should keep it comes before that. Let saying how good it was keep "
                "it."
            )
        needed = (term.stops_after - 1) * term.spacing_seconds
        if is_wall(term) and needed > term.target_seconds:
            yield (
                f"“{term.name}” can never be kept: {term.stops_after} attempts so far apart take "
                f"longer than {working_words(term.target_seconds, term)}. Ask for fewer, closer "
                "together, or give more time."
            )
    yield from _contradictions(terms)


def _contradictions(terms: Sequence[Term]) -> Iterator[str]:
    """The same of the same leads within two times, under two kinds, so that both would run."""
    said: set[str] = set()
    for one, other in combinations(terms, 2):
        if said & {one.key, other.key}:
            continue
        if one.measure != other.measure and _asks(one) == _asks(other) and _meet(one, other):
            said |= {one.key, other.key}
            yield (
                f"“{one.name}” (within {working_words(one.target_seconds, one)}) and "
                f"“{other.name}” (within {working_words(other.target_seconds, other)}) ask the "
                "same of the same leads. Make them of one kind, so that one counts, or remove one."
            )


def _asks(term: Term) -> tuple[object, ...]:
    return (
        term.starts_on, frozenset(term.stops_on), term.stops_after, term.spacing_seconds,
        term.per_owner,
    )  # fmt: skip


def _meet(one: Term, other: Term) -> bool:
    """Whether a lead may be of both."""
    pairs = ((one.tiers, other.tiers), (one.personas, other.personas), (one.sources, other.sources))
    return all(not a or not b or set(a) & set(b) for a, b in pairs)
