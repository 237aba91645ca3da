"""Both sides sign the draft; with the second signature it is a version of the agreement.

In force from then on, or from the later instant that was agreed. Clocks that run keep what they
started under, and history its every byte, unless whoever signs last moves the running ones along:
in the same transaction, after having looked at what that does (sla.clocks.rebasing).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.urls import reverse

from accounts import audit, configuration, outbox, two_signatures
from accounts.models import User
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.models import Handoff
from sla import agreement
from sla.agreement import Agreement
from sla.clocks.counting import working_of
from sla.clocks.rebasing import Choose, Ground, Plan, giving_way, preview, rebase
from sla.contracts import monthly, unkeepable, wording
from sla.contracts.differences import differences, never_reached
from sla.contracts.drafting import changing, monthly_of, sides_of, terms_of, unsign, whole_ticket
from sla.hours import round_the_clock
from sla.models import Clock, ClockQuerySet, Contract, CountedIn, Ending, Side, Term

UNSEEN = "The draft was changed since you read it. Read what it says now, then sign."


@dataclass(frozen=True, slots=True)
class Signed:
    """What came of a signature: the contract, whether it is agreed now, and which clocks moved."""

    contract: Contract
    agreed: bool
    plan: Plan | None = None


def problems(contract: Contract, terms: Sequence[Term], *, at: datetime) -> list[str]:
    """Why nobody should sign this, each with the remedy."""
    promised = monthly_of(contract)
    if not terms and not promised:
        return ["It promises nothing; add a promise."]
    now = agreement.in_force(at)
    if now and not differences(Contract.objects.get(pk=now.id), now.terms, contract, terms):
        return [f"It says what version {now.version} says; change something, or discard it."]
    if contract.text and (moved := wording.moved_on(contract, terms, at=at)):
        return [moved]
    unreached = [
        f"“{term.name}” is never reached: “{earlier.name}” is tried first, for all the same leads. "
        "Move it up, narrow the other, or remove it."
        for term, earlier in never_reached(terms)
    ]
    return [*unreached, *unkeepable.problems(terms), *monthly.problems(promised)]


def sign(
    side: Side, *, base: str, by: User, at: datetime, move: bool = False
) -> Signed:  # fmt: skip
    """Sign the draft for one side, as it was read (`base`, sla.contracts.drafting.whole_ticket).

    With both signatures it is agreed; with `move` the running clocks then go along, all or none.
    The words are frozen with the first signature; the second is under the same ones.
    Raises NotAllowed for anybody but a manager of the side, Refused for a draft that can't be kept
    and for a second signature of one person, Conflict when it was changed since, or when the clocks
    are too busy.
    """
    two_signatures.check_side(side.value, by=by)

    def do() -> Signed:
        with changing(by=by) as contract:
            two_signatures.check_second(contract, side.value, by=by)
            terms = terms_of(contract)
            if whole_ticket(contract, terms) != base:
                raise Conflict(UNSEEN, code="draft_changed")
            if wrong := problems(contract, terms, at=at):
                raise Refused(" ".join(wrong), code="draft_wrong")
            if not contract.text:
                wording.freeze(contract, terms, at=at)
            _sign(contract, side, by=by, at=at)
            if not two_signatures.has_both(contract):
                _ask_the_other(contract, side, by=by, at=at)
                return Signed(contract, agreed=False)
            _agree(contract, terms, by=by, at=at)
            at_once = contract.in_force_from == at
            plan = _move(contract, by=by, at=at) if move and at_once else None
            return Signed(contract, agreed=True, plan=plan)

    return giving_way(do) if move else do()


def _sign(contract: Contract, side: Side, *, by: User, at: datetime) -> None:
    setattr(contract, f"signed_for_{side.value}_by", by)
    setattr(contract, f"signed_for_{side.value}_at", at)
    contract.save()
    facts = {"version": contract.version, "side": side.value, "sha256": contract.text_sha256}
    audit.record("contract_signed", contract, by=by, at=at, facts=facts)


def _ask_the_other(contract: Contract, side: Side, *, by: User, at: datetime) -> None:
    """Tell the managers of the other side whose signature is missing now."""
    other = two_signatures.OTHER[side.value]
    waited_for = two_signatures.managers_of(other).exclude(pk=by.pk)
    outbox.send([
        outbox.message(
            person, "contract_signed", f"Version {contract.version} of the contract waits for you",
            f"{by} signed it for {side.label.lower()}. With your signature it is in force.",
            reverse("contract-draft"), at=at,
        )
        for person in waited_for.values_list("pk", flat=True)
    ])  # fmt: skip


def take_back(side: Side, *, by: User, at: datetime) -> None:
    """Take one's side's signature off the draft again."""
    if side not in sides_of(by):
        raise NotAllowed(f"Only a manager of {side.label.lower()} may do that.")
    with changing(by=by) as contract:
        if getattr(contract, f"signed_for_{side.value}_by") is None:
            return
        unsign(contract, side)
        contract.save()
        facts = {"version": contract.version, "side": side.value}
        audit.record("contract_signature_taken_back", contract, by=by, at=at, facts=facts)


def _agree(contract: Contract, terms: Sequence[Term], *, by: User, at: datetime) -> None:
    """Make the draft a version: in force from `at`, or later if that was meant."""
    contract.in_force_from = _begins(contract, at=at)
    Ending.objects.open().update(dropped_at=at)
    # Written again in their order: lists that know no order of terms show them by their keys.
    contract.terms.all().delete()
    for order, term in enumerate(terms):
        term.pk, term.order = None, order
        term._state.adding = True
        term.save()
    contract.is_draft = False
    contract.save()
    if any(term.calendar_of == CountedIn.WALL for term in terms):
        round_the_clock.keep()  # Here, where nobody waits for it.
    was = _before(contract)
    changes = differences(was, terms_of(was), contract, terms) if was else []
    open_ended = Contract.objects.agreed().exclude(pk=contract.pk).filter(
        Q(in_force_to=None) | Q(in_force_to__gt=contract.in_force_from),
        in_force_from__lt=contract.in_force_from,
    )  # fmt: skip
    for older in open_ended:
        older.in_force_to = contract.in_force_from
        older.save(update_fields=["in_force_to"])
    facts = {"version": contract.version, "from": contract.in_force_from.isoformat(),
             "changes": changes, "sha256": contract.text_sha256}  # fmt: skip
    audit.record("contract_agreed", contract, by=by, at=at, facts=facts)


def _begins(contract: Contract, *, at: datetime) -> datetime:
    """When it was meant to, or now; in any case after every version before it."""
    begins = max(contract.in_force_from or at, at)
    last = Contract.objects.agreed().aggregate(last=Max("in_force_from"))["last"]
    return max(begins, last + timedelta(microseconds=1)) if last else begins


def _before(contract: Contract) -> Contract | None:
    older = Contract.objects.agreed().filter(version__lt=contract.version)
    return older.order_by("-version").first()


# --- Running clocks, moved along -----------------------------------------------------------------


def running_elsewhere(contract: Contract) -> ClockQuerySet:
    """The clocks that run under any other version."""
    return Clock.objects.running().unended().exclude(term__contract=contract)


def looked_at(contract: Contract, *, at: datetime) -> Plan:
    """What moving the running clocks onto a draft would do; nothing stays of it."""
    with transaction.atomic():
        plan = preview(running_elsewhere(contract), _onto(contract, at=at), at=at)
        transaction.set_rollback(True)
    return plan


def move_running(contract: Contract, *, by: User, at: datetime) -> Plan:
    """Move the running clocks of older versions onto the one in force, after it came into force.

    Raises NotAllowed, and Conflict when the clocks are too busy.
    """
    if not sides_of(by):
        raise NotAllowed("Only a manager of marketing or of sales may do that.")
    return giving_way(lambda: _move(contract, by=by, at=at))


def _move(contract: Contract, *, by: User, at: datetime) -> Plan:
    plan = rebase(running_elsewhere(contract), _onto(contract, at=at), by=by, at=at)
    facts = {"version": contract.version, "clocks": len(plan.moves), "moved": len(plan.moved),
             "overdue": len(plan.overdue)}  # fmt: skip
    audit.record("contract_rebased", contract, by=by, at=at, facts=facts)
    return plan


def _onto(contract: Contract, *, at: datetime) -> Choose:
    """Each clock onto the promise of the same kind that fits its lead; without one it stays.

    Its hours stay too, where both promises are counted in the same: a calendar's own change is what
    moves those.
    """
    new = Agreement(
        contract.pk, contract.version, contract.in_force_from or at, None, contract.hop_limit,
        tuple(terms_of(contract)),
    )  # fmt: skip
    handoffs = Handoff.objects.filter(clocks__in=running_elsewhere(contract)).distinct()
    facts = {
        pk: agreement.facts_of(receipt) for pk, receipt in handoffs.values_list("pk", "receipt")
    }
    stamp = configuration.stamp()

    def onto(clock: Clock) -> Ground | None:
        fitting = new.started_by(clock.term.starts_on, facts.get(clock.handoff_id or 0, {}))
        term = next((t for t in fitting if t.measure == clock.term.measure), None)
        if term is None:
            return None
        if term.calendar_of == clock.term.calendar_of:
            version = clock.calendar_version_id
        else:
            found = agreement.hours_for(term, clock.owner_id, clock.team_id, stamp=stamp)
            version = found.version_id if found else None
        return Ground(working_of(version), version, term, term.target_seconds)

    return onto
