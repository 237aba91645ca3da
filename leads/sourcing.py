"""Leads that sales finds itself: captured by the one way in, and at once with whoever found them.

Such a lead is accepted from the start, by a handoff of its own that is marked so: it is in its
finder's queue and is worked, qualified and won like any other. The agreement knows nothing of it:
nothing was promised of it, nobody waits for an answer, and neither side's figures count it.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import Role, User
from accounts.refusals import Conflict, NotAllowed
from accounts.writing import insert
from leads.activities import record_activities
from leads.companies import owning
from leads.models import Activity, Assignment, Handoff, Kind, Lead, Sourced, Stage

FINDERS = (Role.SALES_REP, Role.SALES_MANAGER)
# What is written on a lead that is somebody's from the start.
PLACED = ("stage", "owner", "pool", "handed_over_at", "updated_at")


def side_of(by: User | None) -> Sourced:
    """Which side has found what this person captures."""
    return Sourced.SALES if by is not None and by.role in FINDERS else Sourced.MARKETING


def claim(lead: Lead, by: User | None, *, at: datetime) -> None:
    """What sales captures anew is its team's, and its finder's from the start; what others do is
    left as it is."""
    lead.sourced_by = side_of(by)
    if by is not None and lead.sourced_by == Sourced.SALES:
        lead.team_id = next(iter(by.sales_teams), lead.team_id)
        place(lead, by, at=at)


def place(lead: Lead, rep: User, *, at: datetime) -> None:
    """Make it this rep's, on the lead alone; the caller saves it (PLACED)."""
    lead.stage, lead.owner, lead.pool = Stage.SAL, rep, None
    lead.handed_over_at = lead.updated_at = at


def begin(
    leads: Sequence[Lead], *, by: User | None, at: datetime, brand_new: bool = True
) -> tuple[list[Handoff], list[Activity]]:
    """Open the handoffs of placed and saved leads; also returns the unsaved activities, which the
    caller records. `brand_new` leads have no earlier handoff to look for."""
    if not leads:
        return [], []
    rows = Handoff.objects.filter(lead__in=leads).order_by().values_list("lead_id")
    cycles = {} if brand_new else dict(rows.annotate(last=Max("cycle")))
    handoffs = [
        Handoff(
            lead=lead, cycle=cycles.get(lead.pk, 0) + 1, state=Handoff.State.ACCEPTED,
            owner_id=lead.owner_id, handed_over_by=by, handed_over_at=at, assigned_at=at,
            accepted_at=at, sourced_by=Sourced.SALES,
        )
        for lead in leads
    ]  # fmt: skip
    insert(handoffs)
    owning.keep([(h.lead_id, h.owner_id) for h in handoffs if h.owner_id], by=by, at=at)
    how, reason = Assignment.How.SOURCED, f"{by} found the lead"
    insert([
        Assignment(handoff=handoff, at=at, how=how, rep_id=handoff.owner_id, by=by, reason=reason)
        for handoff in handoffs
    ])  # fmt: skip
    return handoffs, [
        Activity(lead=handoff.lead, handoff=handoff, kind=Kind.SOURCED, actor=by, occurred_at=at)
        for handoff in handoffs
    ]


def take_up(lead: Lead, *, by: User, at: datetime) -> Handoff:
    """Work on a lead of sales' own that rests: it is this person's again.

    Raises NotAllowed for who is not in sales, Conflict for a lead marketing found, or that is with
    somebody, or won.
    """
    if not by.is_sales:
        raise NotAllowed("Only sales takes up a lead that sales found.")
    with transaction.atomic():
        held = Handoff.objects.locked_of(lead)
        now = Lead.objects.select_for_update(of=("self",)).filter(pk=lead.pk).first()
        if now is None or held is not None:
            who = held.owner if held is not None and held.owner else "Somebody"
            raise Conflict(f"{lead.name} does not rest any more: {who} has it.", code="taken")
        if not rests(now):
            raise Conflict(
                f"{now.name} is not a lead of sales' own that rests.", code="not_resting"
            )
        place(now, by, at=at)
        now.save(update_fields=PLACED)
        handoffs, activities = begin([now], by=by, at=at, brand_new=False)
        record_activities(activities, at=at)
    return handoffs[0]


def held_by(lead: Lead, person: User | None) -> Handoff | None:
    """The open handoff of a lead that this person found and has, locked; None for any other."""
    if person is None or lead.owner_id != person.pk or lead.sourced_by != Sourced.SALES:
        return None
    held = Handoff.objects.locked_of(lead)
    return held if held is not None and held.is_own else None


def let_go(held: Handoff, *, by: User | None, at: datetime) -> None:
    """Its finder passes it on to whoever it suits; the caller hands it over."""
    held.close(Handoff.State.WITHDRAWN, at=at, reason="passed_on")
    held.lead.record(
        Kind.WITHDRAWN, by=by, at=at, handoff=held, occurred_at=at, note="To pass it on"
    )


def rests(lead: Lead) -> bool:
    """Found by sales, and with nobody now."""
    early = (Stage.INQUIRY, Stage.MQL, Stage.RECYCLED)
    return lead.sourced_by == Sourced.SALES and lead.stage in early and lead.handed_over_at is None
