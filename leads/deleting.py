"""Delete a lead, and put it back: it goes into the bin, where nothing but the bin finds it.

1. What sales has of it is withdrawn: its clocks end unjudged (`sla` listens), what was missed stays
   missed, and its owner is told. A lead with a deal, or one whose return waits for marketing's
   answer or the managers' ruling, is refused.
2. `Lead.objects` knows it no more; `Lead.everything` does. Its e-mail address is free: whoever
   comes by it is a new lead.
3. Putting it back lets its handoff and its clocks go on with their deadlines, unless its address
   is another lead's by now, or it was erased (leads.erasing).
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import audit, outbox
from accounts.models import User
from accounts.refusals import Conflict
from leads.editing import gone
from leads.models import Activity, Deal, Enrolment, Handoff, Kind, Lead, Return
from leads.sequences import running as sequences

REASON = "deleted"
# What a withdrawn handoff gets back.
ENDED = ("state", "reason", "note")


def hindrance(lead: Lead) -> str:
    """Why it must stay; empty when nothing keeps it."""
    if Deal.objects.of(lead).exists():
        return "has a deal, which the figures count"
    if Return.objects.filter(handoff__lead=lead, answered_at=None).exists():
        return "came back from sales and waits for marketing's answer"
    if Return.objects.disputed().filter(handoff__lead=lead).exists():
        return "came back from sales, and its managers have not ruled on that yet"
    return ""


def delete(lead: Lead, *, by: User, at: datetime) -> None:
    """Move it to the bin. Raises Conflict when it is there or gone already, or must stay."""
    with transaction.atomic():
        now, handoff = _locked(lead)
        if now is None or now.deleted_at is not None:
            raise gone(lead)
        if why := hindrance(now):
            raise Conflict(f"{now.name} {why}.", code="must_stay")
        if handoff is not None:
            _withdraw(now, handoff, by=by, at=at)
        sequences.stop([now.pk], Enrolment.Why.DELETED, at=at)
        Lead.everything.filter(pk=now.pk).update(deleted_at=at, deleted_by=by)
        # Never changed again: so nothing that says who it was.
        audit.record("lead_deleted", now, by=by, at=at)


def put_back(lead: Lead, *, by: User, at: datetime) -> None:
    """Take it out of the bin. Raises Conflict when it is not there, or its address is taken."""
    try:
        with transaction.atomic():
            now, _ = _locked(lead)
            if now is None or now.deleted_at is None:
                raise Conflict(f"{lead.name} is not in the bin any more.", code="not_deleted")
            deleted_at = now.deleted_at
            Lead.everything.filter(pk=now.pk).update(
                deleted_at=None, deleted_by=None, updated_at=at
            )
            _go_on(now, deleted_at, by=by, at=at)
            audit.record("lead_put_back", now, by=by, at=at)
    except IntegrityError as error:
        if "lead_email_once" not in str(error):
            raise
        raise Conflict(
            f"{lead.email} belongs to another lead by now; change the address of one of them.",
            code="email_taken",
        ) from None


def _locked(lead: Lead) -> tuple[Lead | None, Handoff | None]:
    """Handoffs before leads, as everybody locks them."""
    handoff = Handoff.objects.locked_of(lead)
    there = Lead.everything.select_for_update(of=("self",)).filter(pk=lead.pk, erased_at=None)
    return there.first(), handoff


def in_queue(lead: Lead) -> str:
    """The queue, where it was once: an address of its own, by which such messages are found."""
    return f"{reverse('queue')}#lead-{lead.pk}"


def in_rulings(lead: Lead) -> str:
    """The disputed returns, where it was once: an address of its own, as in_queue."""
    return f"{reverse('rulings')}#lead-{lead.pk}"


def _withdraw(lead: Lead, handoff: Handoff, *, by: User, at: datetime) -> None:
    was = {name: getattr(handoff, name) for name in ENDED}
    handoff.close(Handoff.State.WITHDRAWN, at=at, reason=REASON)
    lead.record(
        Kind.WITHDRAWN, by=by, at=at, handoff=handoff, occurred_at=at,
        data={"deleted": True, "was": was},
    )  # fmt: skip
    if handoff.owner_id is not None and handoff.owner_id != by.pk:
        title = f"Nothing left to do: {lead.name} was deleted"
        outbox.send([
            outbox.message(
                handoff.owner_id, "withdrawn", title, f"{by} deleted the lead.", in_queue(lead),
                at=at,
            )
        ])  # fmt: skip


def _go_on(lead: Lead, deleted_at: datetime, *, by: User, at: datetime) -> None:
    """Open what the deletion had withdrawn, and say so; `sla` lets the clocks run on."""
    withdrawn = Activity.objects.filter(
        lead=lead, kind=Kind.WITHDRAWN, recorded_at=deleted_at, data__deleted=True
    ).first()
    data, handoff = {}, None
    if withdrawn is not None and withdrawn.handoff_id is not None:
        Handoff.objects.filter(pk=withdrawn.handoff_id).update(
            closed_at=None, **withdrawn.data["was"]
        )
        handoff = Handoff.objects.get(pk=withdrawn.handoff_id)
        data = {"withdrawn_at": deleted_at.isoformat()}
        _tell(lead, handoff, by=by, at=at)
    lead.record(Kind.RESTORED, by=by, at=at, handoff=handoff, occurred_at=at, data=data)


def _tell(lead: Lead, handoff: Handoff, *, by: User, at: datetime) -> None:
    if handoff.owner_id is None or handoff.owner_id == by.pk:
        return
    words = f"{by} put it back; its deadlines go on."
    title, url = f"{lead.name} is yours again", lead.get_absolute_url()
    outbox.send([outbox.message(handoff.owner_id, "assigned", title, words, url, at=at)])
