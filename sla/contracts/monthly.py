"""The monthly promises of the draft: written, taken out, held against each other."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.refusals import Conflict
from personas.models import Persona
from sla.contracts.drafting import changed_by, changing, free_key, monthly_of, note, ticket
from sla.models import Counted, MonthlyPromise
from sla.monthly_words import changed


def save(
    values: Mapping[str, Any], *, pk: int | None, base: str, by: User, at: datetime
) -> tuple[MonthlyPromise, list[str]]:
    """Write a monthly promise of the draft, a new one without `pk`; answers it and what changed.

    Raises Conflict when it was changed or removed since `base`.
    """
    with changing(by=by) as contract:
        before = monthly_of(contract)
        found = next((promise for promise in before if promise.pk == pk), None)
        if pk is None:
            taken = [*contract.terms.values_list("key", flat=True), *(p.key for p in before)]
            found = MonthlyPromise(contract=contract, key=free_key(values["name"], taken))
        elif found is None:
            raise Conflict(
                "This promise was removed while you worked on it. What you typed is kept below; "
                "saving again adds it as a new one.",
                code="promise_removed",
            )
        elif ticket(found) != base:
            raise Conflict(changed_by(f"“{found.name}”", contract, found.key), code="draft_changed")
        for name, value in values.items():
            setattr(found, name, value)
        was = [MonthlyPromise.objects.get(pk=p.pk) if p.pk == pk else p for p in before]
        after = [found if p.pk == pk else p for p in before] if pk else [*before, found]
        changes = changed(was, after)
        if changes:
            found.save()
            note(contract, changes, by=by, at=at, key=found.key)
    return found, changes


def remove(pk: int, *, base: str, by: User, at: datetime) -> MonthlyPromise:
    """Take one out of the draft. Raises Conflict when it is gone or was changed."""
    with changing(by=by) as contract:
        found = contract.monthly.filter(pk=pk).first()
        if found is None:
            raise Conflict("This promise was removed already.", code="promise_removed")
        if ticket(found) != base:
            raise Conflict(
                f"“{found.name}” was changed meanwhile, and so was not removed; look at it again.",
                code="draft_changed",
            )
        note(contract, [f"No longer promised: {found.name}."], by=by, at=at, key=found.key)
        found.delete()
    return found


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
