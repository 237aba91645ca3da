"""Take back what was done by mistake with a lead and sales, while nobody has gone on with it.

Nothing that was is rewritten: each is a step of its own, on the record. A handover taken back ends
the handoff (its clocks end unjudged, what was missed stays missed); a recycled lead's handoff is
open again with its deadlines; a lead given to another rep is given back to who had it, who accepts
it anew.
"""

from datetime import datetime

from django.db import transaction

from accounts import outbox
from accounts.models import User
from accounts.refusals import Conflict
from leads.deleting import in_queue
from leads.handover import missing_for_mql
from leads.models import Activity, Handoff, Kind, Lead, Pool, Ruling, Stage
from leads.qualification import back_to_pool, reassign
from leads.routing import pool_for

REASON = "taken_back"


def take_back(lead: Lead, *, by: User, at: datetime) -> None:
    """Undo a handover nobody in sales has acted on. Raises Conflict when somebody has."""
    with transaction.atomic():
        handoff = Handoff.objects.locked_of(lead)
        if handoff is None:
            raise Conflict(f"{lead.name} is not with sales now.", code="no_open_handoff")
        if handoff.handed_over_by_id != by.pk:
            raise Conflict(f"{lead.name} was handed over by somebody else.", code="not_yours")
        if Ruling.objects.filter(sent=handoff).exists():
            raise Conflict(f"Both managers ruled that sales takes {lead.name}.", code="ruled")
        _refuse_gone_on(handoff, Kind.HANDED_OVER)
        now = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
        handoff.close(Handoff.State.WITHDRAWN, at=at, reason=REASON)
        now.stage = _before(now, handoff, at=at)
        now.owner, now.pool, now.handed_over_at, now.updated_at = None, None, None, at
        now.save(update_fields=["stage", "owner", "pool", "handed_over_at", "updated_at"])
        now.record(
            Kind.WITHDRAWN, by=by, at=at, handoff=handoff, occurred_at=at,
            data={"taken_back": True},
        )  # fmt: skip
        if handoff.owner_id is not None:
            title = f"Nothing left to do: {now.name} was taken back"
            said = f"{by} handed it over by mistake."
            outbox.send([
                outbox.message(handoff.owner_id, "withdrawn", title, said, in_queue(now), at=at)
            ])  # fmt: skip


def _before(lead: Lead, handoff: Handoff, *, at: datetime) -> Stage:
    """Where the lead stands with marketing: an MQL, unless it went with a reason although none."""
    if not handoff.override_reason or not missing_for_mql(lead, at=at):
        return Stage.MQL
    return Stage.RECYCLED if handoff.cycle > 1 else Stage.INQUIRY


def give_back(lead: Lead, to: int, *, by: User, at: datetime) -> None:
    """Undo giving it to a rep (by number): it goes to who had it, or where it waited. Raises
    Conflict when somebody has gone on with it, or who had it has left."""
    with transaction.atomic():
        handoff = Handoff.objects.locked_of(lead)
        if handoff is None or handoff.owner_id != to:
            raise Conflict(f"{lead.name} is not with them any more.", code="handoff_gone")
        passed = _refuse_gone_on(handoff, Kind.REASSIGNED)
        if passed.actor_id != by.pk:
            raise Conflict(f"{lead.name} was given to them by somebody else.", code="not_yours")
        email = passed.data.get("from")
        reason = f"Taken back by {by}"
        if email:
            before = User.objects.filter(email=email, is_active=True).first()
            if before is None or not before.is_sales:
                raise Conflict(f"{lead.name} stays: {email} is not in sales any more.")
            reassign(handoff, before, by=by, at=at, reason=reason)
            return
        pool = pool_for(handoff.lead, handoff.pool_id)
        if pool is not None and pool.id == handoff.pool_id and pool.mode == Pool.Mode.OPEN:
            back_to_pool(handoff, pool, by=by, at=at, reason=reason)
        else:
            reassign(handoff, None, by=by, at=at, reason=reason)


def reopen(lead: Lead, *, by: User, at: datetime) -> None:
    """Undo a recycling: sales has it again, as accepted as it was, and its deadlines go on.

    A promise that it kept is open again. Raises Conflict when something happened with the lead
    since, or somebody else recycled it.
    """
    with transaction.atomic():
        last = Handoff.objects.select_for_update(of=("self",)).filter(lead=lead).order_by("-cycle")
        handoff = last.first()
        now = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
        if handoff is None or handoff.state != Handoff.State.RECYCLED:
            raise Conflict(f"{lead.name} is not recycled any more.", code="gone_on")
        recycled = _refuse_gone_on(handoff, Kind.RECYCLED)
        if now.stage != Stage.RECYCLED:
            stage = now.get_stage_display()
            raise Conflict(f"{lead.name} is {stage} since.", code="gone_on")
        if recycled.actor_id != by.pk:
            raise Conflict(f"{lead.name} was recycled by somebody else.", code="not_yours")
        ended_at = handoff.closed_at
        assert ended_at is not None
        Handoff.objects.filter(pk=handoff.pk).update(
            state=Handoff.State.ACCEPTED, closed_at=None, reason="", note=""
        )
        Lead.objects.filter(pk=now.pk).update(
            stage=Stage.SAL, owner=handoff.owner_id, pool=handoff.pool_id,
            handed_over_at=handoff.handed_over_at, updated_at=at,
        )  # fmt: skip
        now.record(
            Kind.REOPENED, by=by, at=at, handoff=Handoff.objects.get(pk=handoff.pk),
            occurred_at=at, data={"withdrawn_at": ended_at.isoformat(), "undoes": recycled.pk},
        )  # fmt: skip


def _refuse_gone_on(handoff: Handoff, kind: Kind) -> Activity:
    """The step to take back, if it is the last one on this handoff. Raises Conflict else."""
    steps = Activity.objects.filter(handoff=handoff).order_by("-recorded_at", "-pk")
    last = steps.first()
    if last is None or last.kind != kind:
        what = last.get_kind_display().lower() if last else "nothing on record"
        raise Conflict(f"{handoff.lead.name} stays: {what} since.", code="gone_on")
    return last
