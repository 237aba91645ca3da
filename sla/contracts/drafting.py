"""The draft of the next contract: begun, changed promise by promise, discarded.

There is one draft at a time. Whoever changes something says what they had before them (a ticket):
when somebody else has changed that meanwhile, it is a Conflict, and nothing is overwritten unseen.
A change takes back the signatures that are there, for it is not what was signed.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify

from accounts import audit, two_signatures
from accounts.models import AuditEntry, User
from accounts.refusals import Conflict, NotAllowed
from sla import agreement
from sla.contracts.differences import changed_promises, differences
from sla.models import Contract, MonthlyPromise, Side, Term

# What a promise says; the rest is where it stands.
FACTS = (
    "key", "measure", "name", "side", "tiers", "personas", "sources", "starts_on", "stops_on",
    "stops_after", "spacing_seconds", "target_seconds", "calendar_of", "per_owner", "steps",
    "pause_reasons",
)  # fmt: skip
MONTHLY_FACTS = ("key", "name", "counted", "target", "personas", "packet")
SETTINGS = ("name", "hop_limit", "in_force_from")
GONE = "There is no draft any more; what you typed is kept below. Begin a new draft to use it."
CHANGED = (
    "{what} was changed by {who} while you worked on it. What you typed is kept below; saving "
    "again puts it in the place of theirs."
)


def sides_of(user: User) -> list[Side]:
    """The sides this person drafts and signs for: those of the teams they manage."""
    mine = two_signatures.sides_of(user)
    return [side for side in Side if side.value in mine]


def draft() -> Contract | None:
    """The draft there is, with whoever signed it."""
    related = Contract.objects.select_related("signed_for_marketing_by", "signed_for_sales_by")
    return related.prefetch_related("monthly").filter(is_draft=True).first()


def terms_of(contract: Contract) -> list[Term]:
    """A contract's promises in the order in which they are tried."""
    return list(contract.terms.order_by("order", "id"))


def monthly_of(contract: Contract) -> list[MonthlyPromise]:
    """A contract's monthly promises, as prefetched."""
    return sorted(contract.monthly.all(), key=lambda promise: promise.pk)


def ticket(*things: Contract | Term | MonthlyPromise) -> str:
    """Names what somebody had before them, to tell later whether it is still that."""
    names = {Term: FACTS, MonthlyPromise: MONTHLY_FACTS, Contract: SETTINGS}
    facts = [[getattr(thing, name) for name in names[type(thing)]] for thing in things]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def whole_ticket(contract: Contract, terms: Sequence[Term]) -> str:
    """The ticket of everything in a draft: what a signature is under."""
    return ticket(contract, *terms, *monthly_of(contract))


def begin(*, by: User, at: datetime) -> Contract:
    """The draft; a new one is a copy of what is, or was last, in force.

    Raises Conflict while a signed version waits for its day.
    """
    _may_draft(by)
    there = draft()
    if there is not None:
        return there
    waiting = scheduled(at)
    if waiting is not None:
        raise Conflict(
            f"Version {waiting.version} is signed and waits for its day. Take it back into a "
            "draft to change it.",
            code="contract_waits",
        )
    try:
        with transaction.atomic():
            return _copy(agreement.in_force(at) or agreement.newest(), by=by, at=at)
    except IntegrityError:  # Somebody else has just begun it.
        there = draft()
        if there is None:
            raise
        return there


def _copy(found: agreement.Agreement | None, *, by: User, at: datetime) -> Contract:
    last = Contract.objects.aggregate(last=Max("version"))["last"] or 0
    pattern = Contract.objects.get(pk=found.id) if found else None
    made = Contract.objects.create(
        version=last + 1,
        name=pattern.name if pattern else "Service-level agreement of marketing and sales",
        hop_limit=pattern.hop_limit if pattern else 2,
        is_draft=True,
    )
    measures = list(dict.fromkeys(term.measure for term in found.terms)) if found else []
    terms = sorted(found.terms, key=lambda t: measures.index(t.measure)) if found else []
    for order, term in enumerate(terms):
        facts = {name: getattr(term, name) for name in FACTS}
        Term.objects.create(contract=made, order=order, **facts)
    for promise in monthly_of(pattern) if pattern else []:
        facts = {name: getattr(promise, name) for name in MONTHLY_FACTS}
        MonthlyPromise.objects.create(contract=made, **facts)
    audit.record("contract_drafted", made, by=by, at=at, facts={"version": made.version})
    return made


def scheduled(at: datetime) -> Contract | None:
    """The signed version that waits for its day."""
    return Contract.objects.agreed().filter(in_force_from__gt=at).order_by("version").first()


def discard(*, base: str, by: User, at: datetime) -> None:
    """Throw the draft away. Raises Conflict when it is not what was looked at."""
    with changing(by=by) as contract:
        if whole_ticket(contract, terms_of(contract)) != base:
            raise Conflict(changed_by("The draft", contract), code="draft_changed")
        audit.record(
            "contract_draft_discarded", contract, by=by, at=at, facts={"version": contract.version}
        )
        contract.terms.all().delete()
        contract.monthly.all().delete()
        contract.delete()


def save_settings(values: Mapping[str, Any], *, base: str, by: User, at: datetime) -> list[str]:
    """Change the name, the hop limit, the day from which it is meant; answers what changed."""
    with changing(by=by) as contract:
        if ticket(contract) != base:
            raise Conflict(changed_by("This", contract), code="draft_changed")
        was, terms = Contract.objects.get(pk=contract.pk), terms_of(contract)
        for name in SETTINGS:
            setattr(contract, name, values[name])
        changes = differences(was, terms, contract, terms)
        if was.in_force_from != contract.in_force_from:
            changes.append("In force from another instant.")
        if changes:
            note(contract, changes, by=by, at=at)
    return changes


def bring_back(key: str, *, by: User, at: datetime) -> Term | None:
    """Put a promise that is in force and not in the draft back at its end; None if there is none
    such."""
    found = agreement.in_force(at)
    with changing(by=by) as contract:
        terms = terms_of(contract)
        old = next((t for t in found.terms if t.key == key), None) if found else None
        if old is None or any(t.key == key for t in terms):
            return None
        facts = {name: getattr(old, name) for name in FACTS}
        term = Term.objects.create(contract=contract, order=len(terms), **facts)
        note(contract, [f"Promised again: {term.name}."], by=by, at=at, key=key)
    return term


def move_term(pk: int, *, up: bool, by: User, at: datetime) -> None:
    """Let a promise be tried before the one above it on its side, or after the one below it."""
    with changing(by=by) as contract:
        terms = terms_of(contract)
        mine = next((t for t in terms if t.pk == pk), None)
        if mine is None:
            raise Conflict("This promise was removed meanwhile.", code="promise_removed")
        side = [t for t in terms if t.side == mine.side]
        to = side.index(mine) + (-1 if up else 1)
        if not 0 <= to < len(side):
            return
        before, other = list(terms), side[to]
        i, j = terms.index(mine), terms.index(other)
        terms[i], terms[j] = other, mine
        for order, term in enumerate(terms):
            Term.objects.filter(pk=term.pk).exclude(order=order).update(order=order)
        # Among promises of other kinds it is only another place on the page.
        if changes := changed_promises(before, terms):
            note(contract, changes, by=by, at=at, key=mine.key)


@contextmanager
def changing(*, by: User) -> Iterator[Contract]:
    """The draft, locked for a change. Raises NotAllowed, and Conflict when there is none."""
    _may_draft(by)
    with transaction.atomic():
        contract = Contract.objects.select_for_update().filter(is_draft=True).first()
        if contract is None:
            raise Conflict(GONE, code="no_draft")
        yield contract


def _may_draft(user: User) -> None:
    if not sides_of(user):
        raise NotAllowed("A contract is drafted by managers of marketing and of sales.")


def note(contract: Contract, changes: list[str], *, by: User, at: datetime, key: str = "") -> None:
    """Keep what changed, and take back what was signed before it."""
    signed = [
        str(person)
        for person in (contract.signed_for_marketing_by, contract.signed_for_sales_by)
        if person is not None
    ]
    unsign(contract)
    contract.save()
    facts = {"changes": changes, "key": key, "signatures_taken_back": signed}
    audit.record("contract_draft_changed", contract, by=by, at=at, facts=facts)


def unsign(contract: Contract, *sides: Side) -> None:
    """Take these signatures off, all without any named; words that nobody signs are not kept."""
    for side in sides or tuple(Side):
        setattr(contract, f"signed_for_{side.value}_by", None)
        setattr(contract, f"signed_for_{side.value}_at", None)
    if not two_signatures.signers(contract):
        contract.text = contract.text_sha256 = ""


def last_change(contract: Contract, key: str = "") -> AuditEntry | None:
    """Who changed the draft last, or one promise of it, and what."""
    entries = AuditEntry.objects.filter(
        subject=Contract._meta.label_lower, subject_id=contract.pk, verb="contract_draft_changed"
    )
    if key:
        entries = entries.filter(facts__key=key)
    return entries.select_related("actor").order_by("-id").first()


def changed_by(what: str, contract: Contract, key: str = "") -> str:
    entry = last_change(contract, key)
    return CHANGED.format(what=what, who=entry.actor if entry else "somebody")


def free_key(name: str, taken: Collection[str]) -> str:
    """A key for a new promise, from its name."""
    wanted = slugify(name).replace("-", "_")[:40] or "promise"
    return next(k for k in (wanted, *(f"{wanted}_{n}" for n in range(2, 99))) if k not in taken)
