"""What people decide about proposed pairs."""

from datetime import datetime

from accounts import audit
from accounts.models import User
from accounts.refusals import Conflict
from leads.duplicates.of_leads import of_lead, present_model
from leads.duplicates.reasons import in_words
from leads.models import DuplicatePair, Lead

NOT_SAME = DuplicatePair.State.NOT_SAME


def in_order(one: Lead, other: Lead) -> tuple[Lead, Lead]:
    return (one, other) if one.pk < other.pk else (other, one)


def set_apart(pair: DuplicatePair, *, by: User, at: datetime) -> None:
    """They are two people: never proposed again. Raises Conflict when it is decided already."""
    decided = {"state": NOT_SAME, "decided_by": by, "decided_at": at}
    if not DuplicatePair.objects.open().filter(pk=pair.pk).update(**decided):
        raise Conflict("Somebody has decided about these two already.", code="decided")
    audit.record("duplicate_not_same", pair, by=by, at=at, facts=_facts(pair))


def reopen(pair: DuplicatePair, *, by: User, at: datetime) -> None:
    """Take “not the same” back. Raises Conflict when nobody said so."""
    again = {"state": DuplicatePair.State.OPEN, "decided_by": None, "decided_at": None}
    if not DuplicatePair.objects.filter(pk=pair.pk, state=NOT_SAME).update(**again):
        raise Conflict("These two are to be decided already.", code="open")
    audit.record("duplicate_reopened", pair, by=by, at=at, facts=_facts(pair))


def _facts(pair: DuplicatePair) -> dict[str, int]:
    return {"lead_a": pair.lead_a_id, "lead_b": pair.lead_b_id}


def carry_over(gone: Lead, left: Lead) -> None:
    """Whoever is not `gone` is not `left` either, now that they are one; what was only proposed of
    `gone` goes with it, and is looked at anew next night."""
    for pair in DuplicatePair.objects.of(gone).filter(state=NOT_SAME):
        third = pair.lead_b if pair.lead_a_id == gone.pk else pair.lead_a
        if third.pk == left.pk:
            continue
        a, b = in_order(left, third)
        DuplicatePair.objects.update_or_create(
            lead_a=a,
            lead_b=b,
            defaults={
                "state": NOT_SAME,
                "decided_by": pair.decided_by,
                "decided_at": pair.decided_at,
            },
            create_defaults={
                "state": NOT_SAME,
                "decided_by": pair.decided_by,
                "decided_at": pair.decided_at,
                "score": pair.score,
                "reasons": pair.reasons,
                "found_at": pair.found_at,
            },
        )
    DuplicatePair.objects.of(gone).delete()


def pair_of(one: Lead, other: Lead, *, at: datetime) -> DuplicatePair:
    """The pair of two leads, made if nobody has proposed it."""
    a, b = in_order(one, other)
    score = present_model().chance(of_lead(a), of_lead(b))
    reasons = in_words(of_lead(a), of_lead(b))
    pair, _ = DuplicatePair.objects.get_or_create(
        lead_a=a, lead_b=b, defaults={"score": score, "reasons": reasons, "found_at": at}
    )
    return pair
