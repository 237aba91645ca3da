"""End the agreement, or take a signed version back before its day: one side asks, both sign.

Until the other side has signed, everything stays as it is. What runs keeps what it started under;
from the end on nothing new starts, until both sign another version.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import audit, outbox, two_signatures
from accounts.models import User
from accounts.refusals import Conflict, Refused
from accounts.two_signatures import SIDES
from sla.contracts.drafting import scheduled, unsign
from sla.models import Contract, Ending, Side

REASON_LENGTH = 300


def open_ending() -> Ending | None:
    """What waits for a second signature, of whichever version."""
    people = Ending.objects.open().select_related("contract", *SIDES.values())
    return people.first()


def ask(
    contract: Contract, side: Side, *, ends_at: datetime | None, why: str, by: User, at: datetime
) -> Ending:
    """Ask for one side to end a version from an instant on (None: as soon as both have signed);
    one that waits for its day is asked to become a draft again.

    Raises NotAllowed for anybody but a manager of the side, Refused without a reason or for an
    instant that has passed, Conflict for a version that is over or has been asked about.
    """
    two_signatures.check_side(side.value, by=by)
    why = reasoned(why)
    try:
        with transaction.atomic():
            now = _locked(contract, at=at)
            takes_back = _waits(now, at=at)
            if takes_back:
                ends_at = None
            elif ends_at is not None and ends_at <= at:
                said = "That is over; choose a later time, or leave it empty."
                raise Refused(said, fields={"ends_at": said})
            made = Ending(
                contract=now, takes_back=takes_back, ends_at=ends_at, why=why, asked_at=at
            )  # fmt: skip
            setattr(made, SIDES[side.value], by)
            made.save()
            facts = {"version": now.version, "side": side.value, "why": why}
            audit.record("contract_end_asked", now, by=by, at=at, facts=facts)
            _ask_the_other(made, side, by=by, at=at)
    except IntegrityError:
        raise Conflict(
            f"The end of version {contract.version} was asked for already; read that first."
        ) from None
    return made


def reasoned(why: str) -> str:
    """The reason as it is kept; Refused for none, or one that is too long."""
    why = why.strip()
    if not why or len(why) > REASON_LENGTH:
        said = f"Say why in {REASON_LENGTH} characters at most." if why else "Say why."
        raise Refused(said, fields={"why": said})
    return why


def _ask_the_other(made: Ending, side: Side, *, by: User, at: datetime) -> None:
    version = made.contract.version
    others = two_signatures.managers_of(two_signatures.OTHER[side.value]).exclude(pk=by.pk)
    what = f"take version {version} back" if made.takes_back else f"end version {version}"
    outbox.send([
        outbox.message(
            person, "contract_signed", f"{by} asks to {what} of the contract",
            f"{made.why} It stays as it is until you sign, too.",
            reverse("contract-end", args=[version]), at=at,
        )
        for person in others.values_list("pk", flat=True)
    ])  # fmt: skip


def sign(made: Ending, side: Side, *, by: User, at: datetime) -> Ending:
    """Sign for the other side, and with that it is done.

    Raises NotAllowed, Refused for whoever asked, Conflict when it is no longer asked, or the
    version is no longer what it was.
    """
    two_signatures.check_side(side.value, by=by)
    with transaction.atomic():
        contract = Contract.objects.select_for_update().get(pk=made.contract_id)
        now = Ending.objects.select_for_update().open().filter(pk=made.pk).first()
        if now is None:
            raise Conflict("That was taken back or is done already; nothing was signed.")
        two_signatures.check_second(now, side.value, by=by)
        contract = _locked(contract, at=at)
        if now.takes_back != _waits(contract, at=at):
            raise Conflict(
                f"Version {contract.version} has come into force meanwhile; ask anew to end it."
            )
        setattr(now, SIDES[side.value], by)
        now.agreed_at = at
        if now.takes_back:
            _take_back(contract)
        else:
            now.ends_at = max(now.ends_at, at) if now.ends_at else at
            contract.in_force_to = now.ends_at
            contract.save(update_fields=["in_force_to"])
        now.save()
        facts = {"version": contract.version,
                 "ends_at": now.ends_at.isoformat() if now.ends_at else None}  # fmt: skip
        verb = "contract_reopened" if now.takes_back else "contract_ended"
        audit.record(verb, contract, by=by, at=at, facts=facts)
    return now


def drop(made: Ending, *, by: User, at: datetime) -> None:
    """Refuse what the other side asked, or take back what one's own did; the version stays."""
    sides = two_signatures.sides_of(by)
    two_signatures.check_side(sides[0] if sides else "", by=by)
    with transaction.atomic():
        if not Ending.objects.open().filter(pk=made.pk).update(dropped_at=at):
            raise Conflict("That is done or was taken back already.")
        facts = {"version": made.contract.version}
        audit.record("contract_end_dropped", made.contract, by=by, at=at, facts=facts)


def _locked(contract: Contract, *, at: datetime) -> Contract:
    """The version, locked; raises Conflict where nothing is left to end."""
    now = Contract.objects.select_for_update().get(pk=contract.pk)
    if now.is_draft:
        raise Conflict(f"Version {now.version} is a draft; a draft is discarded, not ended.")
    ends, waiting = now.in_force_to, scheduled(at)
    if ends is not None and ends <= at:
        raise Conflict(f"Version {now.version} is over already.")
    if waiting is not None and waiting.pk != now.pk:
        raise Conflict(
            f"Version {waiting.version} is signed and takes its place; take that one back first."
        )
    if ends is not None:
        raise Conflict(f"Both sides have agreed already when version {now.version} ends.")
    return now


def _waits(contract: Contract, *, at: datetime) -> bool:
    return contract.in_force_from is not None and contract.in_force_from > at


def _take_back(contract: Contract) -> None:
    """Make a version that waits for its day a draft again; the one before it goes on."""
    if Contract.objects.filter(is_draft=True).exists():
        raise Conflict("There is a draft already; discard it first.")
    for older in Contract.objects.agreed().filter(in_force_to=contract.in_force_from):
        # To where both had ended it, if they had.
        ended = Ending.objects.filter(
            contract=older, agreed_at__isnull=False, takes_back=False
        ).first()
        older.in_force_to = ended.ends_at if ended else None
        older.save(update_fields=["in_force_to"])
    contract.is_draft = True
    unsign(contract)
    contract.save()
