"""What sales decides after accepting: qualify, disqualify, recycle, open a deal; and who has it."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts import outbox
from accounts.models import Role, User
from accounts.refusals import Conflict, NotAllowed, Refused
from leads import dealing
from leads.criteria.standing import Standing, standing
from leads.models import Assignment, Deal, Handoff, Kind, Lead, Stage
from leads.models.stages import AIDA_AT
from leads.offered.sold import named
from leads.routing import PoolRules
from personas.models import Offer

DISQUALIFY_REASONS = {
    "no_budget": "No budget",
    "no_need": "No need",
    "no_authority": "Not the one who decides",
    "competitor": "Bought elsewhere",
    "unreachable": "Could not be reached",
    "not_a_fit": "Does not fit us",
    "other": "Another reason",
}


def _accepted(lead: Lead, by: User) -> Handoff:
    """The lead's accepted handoff, locked; Conflict when there is none, or it is another's."""
    handoff = Handoff.objects.locked_of(lead)
    if handoff is None:
        raise Conflict(f"{lead.name} is not with sales now.", code="no_open_handoff")
    if handoff.state != Handoff.State.ACCEPTED:
        raise Conflict("Accept the lead first.", code="not_accepted")
    if handoff.owner_id != by.pk and by.role not in (Role.SALES_MANAGER, Role.ADMIN):
        raise handoff.gone()
    return handoff


def _dispose(
    lead: Lead,
    state: Handoff.State,
    kind: Kind,
    stage: Stage,
    *,
    by: User,
    at: datetime,
    reason: str = "",
    note: str = "",
    facts: dict[str, Any] | None = None,
) -> Handoff:
    with transaction.atomic():
        handoff = _accepted(lead, by)
        handoff.close(state, at=at, reason=reason, note=note)
        back = {"owner": None, "pool": None, "handed_over_at": None}
        came = {"aida": AIDA_AT[stage]} if stage in AIDA_AT else {}
        Lead.objects.filter(pk=lead.pk).update(
            stage=stage, updated_at=at, **came, **(back if stage == Stage.RECYCLED else {})
        )
        lead.refresh_from_db()
        lead.record(
            kind,
            by=by,
            at=at,
            handoff=handoff,
            occurred_at=at,
            note=note,
            data=({"reason": reason} if reason else {}) | (facts or {}),
        )
    return handoff


def qualify(
    lead: Lead, *, by: User, at: datetime, note: str = "", override_reason: str = ""
) -> Handoff:
    """The lead is sales qualified (SQL), and what was known of it by the agreed criteria is noted.

    Raises Conflict unless it was accepted by this person, Refused (code `criteria_not_met`) when
    it reaches less than the criteria want and no override reason is given.
    """
    override = override_reason.strip()
    with transaction.atomic():
        _accepted(lead, by)
        # Nobody takes an answer back in between.
        found = standing(Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk))
        if found is not None and not found.is_enough and not override:
            raise _not_enough(lead, found)
        facts: dict[str, Any] = {"criteria": found.facts()} if found else {}
        if found is not None and not found.is_enough:
            facts["override_reason"] = override
        return _dispose(
            lead, Handoff.State.QUALIFIED, Kind.QUALIFIED, Stage.SQL, by=by, at=at, note=note,
            facts=facts,
        )  # fmt: skip


def _not_enough(lead: Lead, found: Standing) -> Refused:
    left = [*found.missing, *found.against]
    said = f": {', '.join(left)}" if left else ""
    return Refused(
        f"{lead.name} reaches {found.share} % by {found.rules.name}, and {found.rules.minimum} % "
        f"is agreed{said}. Give an override_reason to qualify it all the same.",
        code="criteria_not_met",
        fields={"override_reason": "Say why it is worth a deal all the same."},
        facts={"share": found.share, "minimum": found.rules.minimum, "missing": found.missing},
    )


def disqualify(lead: Lead, *, by: User, at: datetime, reason: str, note: str = "") -> Handoff:
    """It will not buy. Raises Refused for an unknown reason."""
    _check_reason(reason, note)
    return _dispose(
        lead,
        Handoff.State.DISQUALIFIED,
        Kind.DISQUALIFIED,
        Stage.DISQUALIFIED,
        by=by,
        at=at,
        reason=reason,
        note=note,
    )


def recycle(lead: Lead, *, by: User, at: datetime, reason: str, note: str = "") -> Handoff:
    """Not now: back to marketing to nurture."""
    _check_reason(reason, note)
    return _dispose(
        lead,
        Handoff.State.RECYCLED,
        Kind.RECYCLED,
        Stage.RECYCLED,
        by=by,
        at=at,
        reason=reason,
        note=note,
    )


def _check_reason(reason: str, note: str) -> None:
    if reason not in DISQUALIFY_REASONS:
        raise Refused(
            f"“{reason}” is not a reason; use one of {', '.join(DISQUALIFY_REASONS)}.",
            fields={"reason": "Choose a reason."},
        )
    if reason == "other" and not note.strip():
        raise Refused(
            "Say why in the note when the reason is “other”.", fields={"note": "Say why."}
        )


def open_deal(
    lead: Lead,
    *,
    by: User,
    at: datetime,
    name: str = "",
    amount: Decimal,
    currency: str = "USD",
    offer: Offer | None = None,
    expected_on: date | None = None,
) -> tuple[Deal, bool]:
    """Convert a qualified lead; twice changes nothing. Returns the deal and whether it is new.

    Without an `offer` it is of the one that its name is, or was, called by.
    """
    if amount < 0:
        raise Refused("An amount can't be negative.", fields={"amount": "Use 0 or more."})
    with transaction.atomic():
        now, known = dealing.ready(lead)
        if known is not None:
            return known, False
        handoff = now.handoffs.order_by("-cycle").first()
        deal = Deal.objects.create(
            lead=now, handoff=handoff, offer=offer or named(name),
            name=name.strip() or (offer.name if offer else f"{now.company or now.name}"),
            amount=amount, currency=currency, owner=now.owner or by, expected_on=expected_on,
            opened_at=at,
        )  # fmt: skip
        Lead.objects.filter(pk=now.pk).update(stage=Stage.OPPORTUNITY, updated_at=at)
        now.record(
            Kind.DEAL_OPENED, by=by, at=at, handoff=handoff, occurred_at=at,
            data={"amount": str(amount), "currency": currency},
        )  # fmt: skip
    return deal, True


def reassign(
    handoff: Handoff,
    rep: User | None,
    *,
    by: User | None,
    at: datetime,
    reason: str,
    how: str = Assignment.How.MANUAL,
    skipped: list[dict[str, str]] | None = None,
) -> None:
    """Give an open handoff to another rep; None puts it on the sales manager's list.

    The new owner must accept it anew. Raises NotAllowed for a rep who is not in sales,
    Conflict when the handoff is closed.
    """
    if rep is not None and not rep.is_sales:
        raise NotAllowed(f"{rep} is not in sales.", fields={"rep": "Choose somebody in sales."})
    with transaction.atomic():
        now = _open_now(handoff)
        if rep is not None and now.owner_id == rep.pk:
            return
        line = Assignment(
            handoff=now, at=at, how=how, rep=rep, pool_id=now.pool_id, by=by, reason=reason,
            skipped=skipped or [],
        )  # fmt: skip
        _pass_on(handoff, line, previous=now.owner)
        _tell_new_owner(handoff, line, previous=now.owner)


def back_to_pool(
    handoff: Handoff,
    pool: PoolRules,
    *,
    by: User | None,
    at: datetime,
    reason: str,
    how: str = Assignment.How.ESCALATED,
    skipped: list[dict[str, str]] | None = None,
    tell: Collection[int] = (),
) -> None:
    """Take an open handoff from its owner and offer it to a pool: any member may accept it.

    `tell` are the ids of the people who hear of it, once each. Raises Conflict when the handoff
    is closed.
    """
    with transaction.atomic():
        previous = _open_now(handoff).owner
        line = Assignment(
            handoff=handoff, at=at, how=how, rep=None, pool_id=pool.id, by=by, reason=reason,
            skipped=skipped or [],
        )  # fmt: skip
        _pass_on(handoff, line, previous=previous, pool=pool)
        lead = handoff.lead
        outbox.send([
            outbox.message(
                person, "pooled", f"Up for whoever takes it: {lead.name}", reason,
                lead.get_absolute_url(), at=at,
                dedupe_key=f"pooled:{handoff.pk}:{handoff.hops}:{person}",
            )
            for person in tell
        ])  # fmt: skip


def _open_now(handoff: Handoff) -> Handoff:
    """The handoff as it stands now, locked; Conflict when it is closed."""
    now = Handoff.objects.select_for_update(of=("self",)).get(pk=handoff.pk)
    if not now.is_open:
        raise now.gone()
    return now


def _pass_on(
    handoff: Handoff, line: Assignment, *, previous: User | None, pool: PoolRules | None = None
) -> None:
    """Write a locked handoff's new place and the ledger's line about it; and record the change."""
    Handoff.objects.filter(pk=handoff.pk).update(
        owner=line.rep,
        pool_id=line.pool_id,
        state=Handoff.State.OFFERED,
        accepted_at=None,
        assigned_at=line.at if line.rep else None,
        hops=F("hops") + 1,
    )
    Lead.objects.filter(pk=handoff.lead_id).update(
        owner=line.rep, pool_id=line.pool_id, stage=Stage.MQL, updated_at=line.at
    )
    line.save()
    handoff.refresh_from_db()
    handoff.lead.refresh_from_db()
    to = line.rep.email if line.rep else None
    data = {"from": previous.email if previous else None, "to": to}
    if pool is not None:
        data["pool"] = pool.name
    handoff.lead.record(
        Kind.REASSIGNED, by=line.by, at=line.at, handoff=handoff, occurred_at=line.at,
        note=line.reason, data=data,
    )  # fmt: skip


def _tell_new_owner(handoff: Handoff, line: Assignment, *, previous: User | None) -> None:
    if line.rep is None:
        return
    about = f"{line.reason}. Before: {previous}" if previous else line.reason
    title, url = f"Lead passed to you: {handoff.lead.name}", handoff.lead.get_absolute_url()
    outbox.send([outbox.message(line.rep.pk, "assigned", title, about, url, at=line.at)])
