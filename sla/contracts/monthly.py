"""The monthly promises of the draft, held against each other."""

from collections.abc import Iterator, Sequence
from typing import Any

from personas.models import Persona
from sla.models import Counted, MonthlyPromise


def problems(promises: Sequence[MonthlyPromise]) -> Iterator[str]:
    """Why these can't be signed together, each with the remedy."""
    seen: dict[tuple[Any, ...], MonthlyPromise] = {}
    for promise in promises:
        same = (promise.counted, tuple(sorted(promise.personas)), tuple(sorted(promise.packet)))
        other = seen.setdefault(same, promise)
        if other is not promise:
            yield (
                f"“{promise.name}” ({promise.target_words}) and “{other.name}” "
                f"({other.target_words}) promise the same of the same leads; keep one of them."
            )
    yield from _more_than_all(promises)
    in_use = set(Persona.objects.in_use().values_list("slug", flat=True))
    for promise in promises:
        if promise.personas and not in_use & set(promise.personas):
            yield (
                f"“{promise.name}” can never count a lead: persona "
                f"{' and '.join(promise.personas)} is no longer in use. Choose another persona, "
                "or remove the promise."
            )


def _more_than_all(promises: Sequence[MonthlyPromise]) -> Iterator[str]:
    """A number for all leads that its parts exceed says nothing."""
    numbers = [p for p in promises if p.counted == Counted.ACCEPTED]
    parts = [p for p in numbers if p.personas]
    slugs = [slug for p in parts for slug in p.personas]
    if len(slugs) != len(set(slugs)):
        return  # They overlap, so they may not be added up.
    least = sum(p.target for p in parts)
    for whole in (p for p in numbers if not p.personas and p.target < least):
        yield (
            f"“{whole.name}” promises {whole.target} leads in all, the ones for single personas "
            f"{least} together; raise it to at least {least}, or lower those."
        )
