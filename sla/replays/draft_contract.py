"""The draft of the next contract as the promises that the past is replayed under."""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime

from sla import agreement
from sla.agreement import Agreement
from sla.contracts import drafting
from sla.contracts.differences import differences
from sla.models import Contract, Term

NONE = (
    "There is no draft of a contract; begin one on the contract's page, or replay what is in force."
)


def drafted() -> tuple[Contract, Agreement] | None:
    """The draft there is, and what it promises, as if it were in force; None without one."""
    contract = drafting.draft()
    if contract is None:
        return None
    terms = tuple(drafting.terms_of(contract))
    since = contract.in_force_from or datetime.max.replace(tzinfo=UTC)
    return contract, Agreement(
        contract.pk, contract.version, since, None, contract.hop_limit, terms
    )  # fmt: skip


def within(promised: Agreement, targets: Mapping[str, int]) -> Agreement:
    """The same with other targets, by the key of the promise."""

    def given(term: Term) -> Term:
        changed = copy(term)
        changed.target_seconds = targets.get(term.key, term.target_seconds)
        return changed

    return replace(promised, terms=tuple(given(term) for term in promised.terms))


def said(contract: Contract, promised: Agreement, *, at: datetime) -> list[str]:
    """What the draft changes of what is in force, a line a change."""
    heading = f"The promises of the draft of version {contract.version}"
    now = agreement.in_force(at)
    if now is None:
        return [f"{heading}; nothing is in force yet"]
    before = Contract.objects.get(pk=now.id)
    changes = differences(before, now.terms, contract, promised.terms)
    return [heading, *(line.rstrip(".") for line in changes)]
