"""Leave a handoff out of the monthly promises: one side asks, giving a reason, the other agrees.

It counts until both agree, and again when it is taken back; who agreed is listed for everybody.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts import audit, outbox, two_signatures
from accounts.models import User
from accounts.refusals import Conflict, Refused
from accounts.two_signatures import SIDES
from leads.models import Handoff
from sla.erasing import left_out
from sla.models import Exclusion

REASON_LENGTH = 300


def ask(handoff: Handoff, side: str, *, reason: str, by: User, at: datetime) -> Exclusion:
    """Ask for one side that it be left out.

    Raises NotAllowed for anybody but a manager of the side, Refused without a reason, Conflict when
    it was asked already.
    """
    two_signatures.check_side(side, by=by)
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH:
        said = (
            f"The reason has {len(reason)} characters; {REASON_LENGTH} is the most."
            if reason
            else "Say why it should not count, in a few words."
        )
        raise Refused(said, fields={"reason": said})
    try:
        with transaction.atomic():
            made = Exclusion(handoff=handoff, reason=reason, asked_by=by, asked_at=at)
            setattr(made, SIDES[side], by)
            made.save()
            # Never changed again: so nothing that anybody wrote.
            audit.record("exclusion_asked", handoff, by=by, at=at, facts={"side": side})
            _ask_the_other(made, side, by=by, at=at)
    except IntegrityError:
        raise Conflict("It is left out already, or that waits for the other side.") from None
    return made


def _ask_the_other(made: Exclusion, side: str, *, by: User, at: datetime) -> None:
    waited_for = two_signatures.managers_of(two_signatures.OTHER[side]).exclude(pk=by.pk)
    outbox.send([
        outbox.message(
            # Without a name: not everybody who is asked may see the lead.
            person, "agreement_waits", "A handoff that should not count waits for you",
            f"{by} asks for {side}: {made.reason}", left_out(made.handoff.lead_id),
            at=at,
        )
        for person in waited_for.values_list("pk", flat=True)
    ])  # fmt: skip


def agree(made: Exclusion, side: str, *, by: User, at: datetime) -> None:
    """Agree for the other side: from now on it is left out.

    Raises NotAllowed, Refused for whoever asked, Conflict when it is no longer asked.
    """
    two_signatures.check_side(side, by=by)
    with transaction.atomic():
        now = _locked(made)
        if now.agreed_at is not None:
            return
        two_signatures.check_second(now, side, by=by)
        setattr(now, SIDES[side], by)
        if two_signatures.has_both(now):
            now.agreed_at = at
        now.save()
        audit.record("exclusion_agreed", now.handoff, by=by, at=at, facts={"side": side})


def drop(made: Exclusion, *, by: User, at: datetime) -> None:
    """Refuse it, or take it back: the handoff counts. Raises NotAllowed and Conflict."""
    sides = two_signatures.sides_of(by)
    two_signatures.check_side(sides[0] if sides else "", by=by)
    with transaction.atomic():
        now = _locked(made)
        now.dropped_at = at
        now.save(update_fields=["dropped_at"])
        audit.record("exclusion_dropped", now.handoff, by=by, at=at)


def _locked(made: Exclusion) -> Exclusion:
    now = Exclusion.objects.select_for_update().filter(pk=made.pk, dropped_at=None).first()
    if now is None:
        raise Conflict("That was refused or taken back meanwhile; the handoff counts.")
    return now


def between(start: datetime, end: datetime) -> QuerySet[Exclusion]:
    """Those of handoffs of a period that are agreed or wait, newest first."""
    return Exclusion.objects.filter(
        dropped_at=None, handoff__handed_over_at__gte=start, handoff__handed_over_at__lt=end
    ).select_related("handoff__lead", "asked_by", *SIDES.values())
