"""Put a promise into the draft, and take one out: one with a clock and one by the month alike."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from accounts.models import User
from accounts.refusals import Conflict
from sla import monthly_words
from sla.contracts import drafting
from sla.contracts.differences import changed_promises
from sla.contracts.drafting import changed_by, changing, free_key, note, ticket
from sla.models import Contract, MonthlyPromise, Term

P = TypeVar("P", Term, MonthlyPromise)


@dataclass(frozen=True, slots=True)
class Sort(Generic[P]):
    """One sort of promise: those of a draft, a new one, what changed in words."""

    of: Callable[[Contract], list[P]]
    new: Callable[[Contract, str, int], P]
    changed: Callable[[Sequence[P], Sequence[P]], list[str]]


TERMS: Sort[Term] = Sort(
    drafting.terms_of,
    lambda contract, key, order: Term(contract=contract, key=key, order=order),
    changed_promises,
)
MONTHLY: Sort[MonthlyPromise] = Sort(
    drafting.monthly_of,
    lambda contract, key, order: MonthlyPromise(contract=contract, key=key),
    monthly_words.changed,
)


def put_in(
    sort: Sort[P], values: Mapping[str, Any], *, pk: int | None, base: str, by: User, at: datetime
) -> tuple[P, list[str]]:
    """Write a promise of the draft, a new one without `pk`; answers it and what changed.

    Raises Conflict when it was changed or removed since `base`.
    """
    with changing(by=by) as contract:
        before: list[P] = sort.of(contract)
        found = next((promise for promise in before if promise.pk == pk), None)
        if pk is None:
            found = sort.new(contract, _key(contract, values["name"]), len(before))
        elif found is None:
            raise Conflict(
                "This promise was removed while you worked on it. What you typed is kept below; "
                "saving again adds it as a new one.",
                code="promise_removed",
            )
        elif ticket(found) != base:
            raise Conflict(changed_by(f"“{found.name}”", contract, found.key), code="draft_changed")
        was = [copy(promise) for promise in before]
        for name, value in values.items():
            setattr(found, name, value)
        if isinstance(found, Term):
            found.measure = found.measure or found.key
        if pk is None:
            before.append(found)
        changes = sort.changed(was, before)
        if not changes and ticket(found) != base:
            changes = [f"{found.name}: the same in other words."]
        if changes:
            found.save()
            note(contract, changes, by=by, at=at, key=found.key)
    return found, changes


def take_out(sort: Sort[P], pk: int, *, base: str, by: User, at: datetime) -> P:
    """Take a promise out of the draft. Raises Conflict when it is gone or was changed."""
    with changing(by=by) as contract:
        found = next((promise for promise in sort.of(contract) if promise.pk == pk), None)
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


def _key(contract: Contract, name: str) -> str:
    keys = [q.values_list("key", flat=True) for q in (contract.terms, contract.monthly)]
    return free_key(name, [key for each in keys for key in each])
