"""A disputed return is ruled on by both managers: one proposes, the other side's agrees.

1. Until they agree it stays open, with its age, for everybody concerned to see, and the monthly
   promises count the handoff as rejected. What was proposed and declined stays to be read.
2. The return stands: nothing moves. It is overturned, sales should have taken it: the lead goes
   back to the rep it came from, or to the pool, as a new handoff with fresh clocks, unless it was
   handed over or deleted meanwhile; marketing's promises count the old handoff as accepted, and
   not the new one (sla.figures.monthly).
3. The clocks of the old handoff stay as they were judged: what sales promises is an answer in time.

Nobody rules for both sides (accounts.two_signatures).
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import audit, configuration, outbox, two_signatures
from accounts.models import Absence, User
from accounts.refusals import Conflict, Refused
from accounts.two_signatures import OTHER, SIDES
from accounts.writing import update
from leads.activities import record_activities
from leads.deleting import in_rulings
from leads.handover import PLACED, missing_for_mql, pass_on, place, touchpoints_of
from leads.models import Assignment, Handoff, Kind, Lead, Pool, Return, Ruling, Stage
from leads.routing import Route, pool_for

REASON_LENGTH = 300
OVERRIDE = "Both managers ruled that sales takes it"


def ask_the_managers(returned: Return, *, by: User, at: datetime) -> None:
    """Tell the managers of both sides that marketing disputes a return."""
    people = {
        pk for side in SIDES for pk in two_signatures.managers_of(side).values_list("pk", flat=True)
    }
    outbox.send([
        outbox.message(
            # Without a name: not everybody who is asked may see the lead.
            person, "agreement_waits", "A disputed return waits for a ruling",
            f"{by} disputes it. Sales said: {returned.get_reason_display().lower()}.",
            reverse("rulings"), at=at,
        )
        for person in sorted(people - {by.pk})
    ])  # fmt: skip


def propose(
    returned: Return, outcome: str, side: str, *, reason: str, by: User, at: datetime
) -> Ruling:
    """Say for one side how to rule. Raises NotAllowed for anybody but a manager of the side,
    Refused for an unknown outcome or no reason, Conflict when it is ruled on, or something is
    proposed already."""
    two_signatures.check_side(side, by=by)
    reason = _checked(outcome, reason)
    try:
        with transaction.atomic():
            now = Return.objects.select_for_update(of=("self",)).get(pk=returned.pk)
            if not now.is_disputed:
                raise Conflict(_over(now), code="not_disputed")
            made = Ruling(
                returned=now, outcome=outcome, reason=reason, proposed_by=by, proposed_at=at
            )
            setattr(made, SIDES[side], by)
            made.save()
            # Never changed again: so nothing that anybody wrote.
            facts = {"outcome": outcome, "side": side}
            audit.record("ruling_proposed", now.handoff, by=by, at=at, facts=facts)
            _ask_the_other(made, side, by=by, at=at)
    except IntegrityError:
        there = Ruling.objects.proposed().filter(returned=returned).first()
        who = f"{there.proposed_by} has" if there else "Somebody has"
        raise Conflict(
            f"{who} proposed a ruling meanwhile: agree to it, or decline it first.",
            code="ruling_proposed",
        ) from None
    return made


def _checked(outcome: str, reason: str) -> str:
    if outcome not in Return.Ruled.values:
        raise Refused(
            f"“{outcome[:30]}” is not a ruling; use one of {', '.join(Return.Ruled.values)}.",
            fields={"outcome": "Choose how to rule."},
        )
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH:
        said = (
            f"The reason has {len(reason)} characters; {REASON_LENGTH} is the most."
            if reason
            else "Say why: both teams read it."
        )
        raise Refused(said, fields={"reason": said})
    return reason


def _over(returned: Return) -> str:
    if returned.ruling:
        return f"Both managers have ruled already: {returned.get_ruling_display().lower()}."
    return "Marketing does not dispute this return, so there is nothing to rule on."


def _ask_the_other(made: Ruling, side: str, *, by: User, at: datetime) -> None:
    waited_for = two_signatures.managers_of(OTHER[side]).exclude(pk=by.pk)
    outbox.send([
        outbox.message(
            person, "agreement_waits", "A ruling on a return waits for you",
            f"{by} proposes for {side}: {made.get_outcome_display().lower()}.",
            reverse("rulings"), at=at,
        )
        for person in waited_for.values_list("pk", flat=True)
    ])  # fmt: skip


def agree(made: Ruling, side: str, *, by: User, at: datetime) -> Ruling:
    """Agree for the other side: with that it is ruled, and an overturned lead goes back to sales.

    Raises NotAllowed, Refused for whoever proposed it, Conflict when it is no longer proposed.
    """
    two_signatures.check_side(side, by=by)
    with transaction.atomic():
        now = _locked(made)
        two_signatures.check_second(now, side, by=by)
        if getattr(now, f"{SIDES[side]}_id") is not None:
            raise Refused(f"That was proposed for {side}: a manager of {OTHER[side]} agrees to it.")
        setattr(now, SIDES[side], by)
        now.ruled_at = at
        returned = Return.objects.select_related("handoff__lead", "handoff__owner").get(
            pk=now.returned_id
        )
        handoff = returned.handoff
        Return.objects.filter(pk=returned.pk).update(ruling=now.outcome)
        handoff.lead.record(
            Kind.RULED, by=by, at=at, handoff=handoff, occurred_at=at, note=now.reason,
            data={"outcome": now.outcome},
        )  # fmt: skip
        if now.outcome == Return.Ruled.OVERTURNED:
            now.sent = _send_back(handoff, by=now.signed_for_marketing_by, at=at)
        now.save()
        facts = {"outcome": now.outcome, "side": side}
        audit.record("return_ruled", handoff, by=by, at=at, facts=facts)
        _tell(now, returned, by=by, at=at)
    return now


def _send_back(handoff: Handoff, *, by: User | None, at: datetime) -> Handoff | None:
    """The lead goes back to who had it; None where it went another way since."""
    lead = Lead.objects.select_for_update(of=("self",)).filter(pk=handoff.lead_id).first()
    since = Handoff.objects.filter(lead=handoff.lead_id, cycle__gt=handoff.cycle)
    if lead is None or lead.stage in (Stage.OPPORTUNITY, Stage.CUSTOMER) or since.exists():
        return None
    stamp, to = configuration.stamp(), _way_back(handoff, lead, at=at)
    unmet = missing_for_mql(lead, at=at, stamp=stamp)
    routes = place([lead], at=at, stamp=stamp, routes=[to] if to else None)
    update([lead], PLACED)
    sent, activities = pass_on(
        [lead], touchpoints_of([lead]), by=by, at=at, override_reason=OVERRIDE if unmet else "",
        stamp=stamp, routes=routes,
    )  # fmt: skip
    record_activities(activities, at=at, stamp=stamp)
    return sent[0]


def _way_back(handoff: Handoff, lead: Lead, *, at: datetime) -> Route | None:
    """To its rep, if they are there; to its pool, if anybody there may take it; else anew."""
    rep, stamp = handoff.owner, configuration.stamp()
    pool = pool_for(lead, handoff.pool_id, stamp=stamp)
    if rep is not None and rep.is_active and rep.is_sales:
        if not Absence.objects.covering(at).filter(user=rep).exists():
            why = f"Back to {rep} after a ruling"
            return Route(Assignment.How.MANUAL, why, pool, rep.pk)
    elif rep is None and pool is not None and pool.mode == Pool.Mode.OPEN:
        return Route(Assignment.How.POOLED, f"Back to {pool.name} after a ruling", pool)
    return None


def _tell(made: Ruling, returned: Return, *, by: User, at: datetime) -> None:
    """Tell who sent it back, who answered, and who proposed the ruling."""
    people = {returned.returned_by_id, returned.answered_by_id, made.proposed_by_id}
    lead = returned.handoff.lead
    outbox.send([
        outbox.message(
            person, "ruled", f"Ruled on {lead.name}: {made.get_outcome_display().lower()}",
            made.reason, in_rulings(lead), at=at,
        )
        for person in sorted(pk for pk in people if pk is not None and pk != by.pk)
    ])  # fmt: skip


def decline(made: Ruling, *, by: User, at: datetime) -> None:
    """Decline what was proposed, or take one's own back: the return stays disputed.

    Raises NotAllowed for who is no manager, Conflict when it is ruled or gone.
    """
    sides = two_signatures.sides_of(by)
    two_signatures.check_side(sides[0] if sides else "", by=by)
    with transaction.atomic():
        now = _locked(made)
        now.dropped_by, now.dropped_at = by, at
        now.save(update_fields=["dropped_by", "dropped_at"])
        handoff = now.returned.handoff
        facts = {"outcome": now.outcome}
        audit.record("ruling_declined", handoff, by=by, at=at, facts=facts)
        if now.proposed_by_id != by.pk:
            outbox.send([
                outbox.message(
                    now.proposed_by_id, "agreement_waits", "A ruling was declined",
                    f"{by} declined what you proposed; the return stays disputed.",
                    reverse("rulings"), at=at,
                )
            ])  # fmt: skip


def _locked(made: Ruling) -> Ruling:
    now = Ruling.objects.select_for_update(of=("self",)).proposed().filter(pk=made.pk).first()
    if now is None:
        raise Conflict("That was ruled, declined or taken back meanwhile; look again.")
    return now
