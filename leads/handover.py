"""Hand leads over to sales: the definition is met or overridden, a receipt is frozen, a rep found.

One public verb, `hand_over`; `pass_on` is its second half for leads the caller has locked.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from accounts import configuration, outbox
from accounts.contacts import turn_to
from accounts.models import Contact, User
from accounts.refusals import Conflict, Refused
from accounts.writing import insert, update
from leads import sourcing
from leads.activities import record_activities
from leads.models import TOUCHPOINTS, Activity, Assignment, Handoff, Kind, Lead, Sourced, Stage
from leads.routing import Route, route
from personas.definitions import Agreed, in_force, persona_rules

RECEIPT_TOUCHPOINTS = 50
# What `place` writes on a lead.
PLACED = ("stage", "handed_over_at", "updated_at", "owner", "pool")


def definition_values(lead: Lead, *, stamp: UUID | None = None) -> dict[str, Any]:
    """What a definition's rule is held against."""
    slugs = {persona.id: persona.slug for persona in persona_rules(stamp=stamp)}
    return {
        **lead.values(),
        "score": lead.score,
        "fit": lead.fit,
        "persona": slugs.get(lead.persona_id or 0),
    }


def missing_for_mql(lead: Lead, *, at: datetime, stamp: UUID | None = None) -> list[str]:
    """What keeps the lead from the agreed MQL definition, in words; empty when it is met."""
    agreed = in_force("mql", at, stamp=stamp)
    if agreed is None:
        return ["the teams have not agreed what an MQL is"]
    return agreed.missing(definition_values(lead, stamp=stamp))


def hand_over(
    leads: Sequence[Lead], *, by: User | None, at: datetime, override_reason: str = ""
) -> list[Handoff]:
    """Pass leads to sales; all of them or none.

    Raises Conflict for a lead that sales has already, Refused (code `mql_not_met`) for one
    that does not meet the definition when no override reason is given.
    """
    stamp = configuration.stamp()
    with transaction.atomic():
        locked = list(
            Lead.objects.select_for_update(of=("self",))
            .filter(pk__in=[lead.pk for lead in leads])
            .order_by("pk")
        )
        for lead in locked:
            held = sourcing.held_by(lead, by)
            _refuse_unready(lead, held, at=at, stamp=stamp, override_reason=override_reason)
            if held is not None:
                sourcing.let_go(held, by=by, at=at)
        handoffs, activities = pass_on(
            locked,
            touchpoints_of(locked),
            by=by,
            at=at,
            override_reason=override_reason,
            stamp=stamp,
        )
        record_activities(activities, at=at, stamp=stamp)
    return handoffs


def touchpoints_of(leads: Sequence[Lead]) -> list[Activity]:
    """What these did, oldest first, for their receipts."""
    found = Activity.objects.filter(lead__in=leads, kind__in=TOUCHPOINTS)
    return list(found.order_by("occurred_at", "id"))


def _refuse_unready(
    lead: Lead, held: Handoff | None, *, at: datetime, stamp: UUID, override_reason: str
) -> None:
    current = Handoff.objects.filter(lead=lead).open().select_related("owner").first()
    if current is not None and current != held:
        who = str(current.owner) if current.owner else "sales' unassigned list"
        raise Conflict(
            f"{lead.name} was handed over already: {who} has it.",
            code="already_handed_over",
            facts={"owner": current.owner.email if current.owner else None},
        )
    if lead.stage in (Stage.OPPORTUNITY, Stage.CUSTOMER):
        raise Conflict(f"{lead.name} is {lead.get_stage_display().lower()} already.")
    if override_reason.strip():
        return
    gaps = missing_for_mql(lead, at=at, stamp=stamp)
    if gaps:
        raise Refused(
            f"{lead.name} is not an MQL as agreed: {'; '.join(gaps)}. "
            "Give an override_reason to hand it over all the same.",
            code="mql_not_met",
            fields={"override_reason": "Say why sales should take it all the same."},
            facts={"missing": gaps},
        )


def place(
    leads: Sequence[Lead],
    *,
    at: datetime,
    stamp: UUID | None = None,
    routes: list[Route] | None = None,
) -> list[Route]:
    """Find each lead its rep, unless `routes` say so already, in the caller's transaction; it says
    so on the leads (PLACED), which the caller saves."""
    if not leads:
        return []
    routes = route(leads, at=at, stamp=stamp) if routes is None else routes
    for lead, chosen in zip(leads, routes, strict=True):
        lead.stage = Stage.MQL
        lead.handed_over_at = lead.updated_at = at
        lead.owner_id = chosen.rep_id
        lead.pool_id = chosen.pool.id if chosen.pool else None
    return routes


def pass_on(
    leads: Sequence[Lead],
    touchpoints: Sequence[Activity],
    *,
    by: User | None,
    at: datetime,
    override_reason: str = "",
    stamp: UUID | None = None,
    routes: Sequence[Route] | None = None,
    brand_new: bool = False,
) -> tuple[list[Handoff], list[Activity]]:
    """Create handoffs for leads the caller holds locked; also returns the unsaved activities.

    The caller records the activities, in its own batch and the same transaction: that starts
    the clocks. `routes` are what `place` answered, for leads placed and saved already.
    `brand_new` leads have no earlier handoff to look for.
    """
    if not leads:
        return [], []
    agreed = in_force("mql", at, stamp=stamp)
    if routes is None:
        routes = place(leads, at=at, stamp=stamp)
        update(leads, PLACED)
    cycles = {} if brand_new else _last_cycles(leads)
    by_lead: dict[int, list[Activity]] = {}
    for touchpoint in touchpoints:
        by_lead.setdefault(touchpoint.lead_id, []).append(touchpoint)
    handoffs = [
        _handoff(
            lead, chosen, cycles.get(lead.pk, 0) + 1, by=by, at=at,
            override_reason=override_reason.strip(),
            receipt=receipt(lead, by_lead.get(lead.pk, []), agreed, stamp=stamp),
        )
        for lead, chosen in zip(leads, routes, strict=True)
    ]  # fmt: skip
    insert(handoffs)
    insert(
        [
            chosen.ledger_line(handoff.pk, at=at, by=by)
            for handoff, chosen in zip(handoffs, routes, strict=True)
        ]
    )
    activities = [_activity(handoff, by=by, at=at) for handoff in handoffs]
    tell(handoffs, routes, at=at)
    return handoffs, activities


def _handoff(
    lead: Lead, chosen: Route, cycle: int, *, by: User | None, at: datetime, **facts: Any
) -> Handoff:
    return Handoff(
        lead=lead,
        cycle=cycle,
        pool_id=chosen.pool.id if chosen.pool else None,
        owner_id=chosen.rep_id,
        handed_over_by=by,
        handed_over_at=at,
        assigned_at=at if chosen.rep_id else None,
        # What sales passes on of its own is no more marketing's than it was.
        sourced_by=lead.sourced_by if sourcing.side_of(by) == Sourced.SALES else Sourced.MARKETING,
        **facts,
    )


def _last_cycles(leads: Sequence[Lead]) -> Mapping[int, int]:
    rows = Handoff.objects.filter(lead__in=leads).values_list("lead_id")
    return dict(rows.annotate(last=Max("cycle")))


def _activity(handoff: Handoff, *, by: User | None, at: datetime) -> Activity:
    return Activity(
        lead=handoff.lead, handoff=handoff, kind=Kind.HANDED_OVER, actor=by, occurred_at=at
    )


def receipt(
    lead: Lead, touchpoints: Sequence[Activity], agreed: Agreed | None, *, stamp: UUID | None = None
) -> dict[str, Any]:
    """What marketing promises with this lead, frozen at the handoff."""
    names = {persona.id: persona for persona in persona_rules(stamp=stamp)}
    persona = names.get(lead.persona_id or 0)
    return {
        "score": lead.score,
        "fit": lead.fit,
        "engagement": lead.engagement,
        "tier": lead.tier,
        "reasons": lead.score_reasons,
        "score_version": lead.score_version,
        "source": lead.source,
        "persona": {"slug": persona.slug, "name": persona.name} if persona else None,
        "definition": (
            {"key": agreed.key, "version": agreed.version, "words": agreed.words}
            if agreed
            else None
        ),
        "person": {
            "name": lead.name,
            "job_title": lead.job_title,
            "company": lead.company,
            "country": lead.country,
        },
        "touchpoints": [
            {"kind": t.kind, "at": t.occurred_at.isoformat(), "data": t.data}
            for t in touchpoints[-RECEIPT_TOUCHPOINTS:]
        ],
    }


def tell(handoffs: Sequence[Handoff], routes: Sequence[Route], *, at: datetime) -> None:
    """Tell the rep of each handoff; where nobody was available, the sales managers."""
    messages = []
    for handoff, chosen in zip(handoffs, routes, strict=True):
        lead = handoff.lead
        url = lead.get_absolute_url()
        about = " · ".join(filter(None, [lead.company, f"score {lead.score}"]))
        if chosen.rep_id:
            messages.append(
                outbox.message(
                    chosen.rep_id, "assigned", f"New lead: {lead.name}", about, url, at=at
                )
            )
        elif chosen.how == Assignment.How.NOBODY:
            team_id = chosen.pool.team_id if chosen.pool else None
            messages += [
                outbox.message(
                    manager,
                    "unassigned",
                    f"Nobody is available for {lead.name}",
                    chosen.reason,
                    url,
                    at=at,
                )
                for manager in who_decides(team_id, at=at)
            ]
    outbox.send(messages)


def who_decides(team_id: int | None, *, at: datetime) -> list[int]:
    """Ids of those who are told of a lead that nobody takes: the sales team's managers, and who
    answers for such leads (accounts.contacts)."""
    turn = turn_to(Contact.Topic.UNASSIGNED, at=at)
    named = [turn.ask.pk] if turn else []
    return list(dict.fromkeys([*sales_managers(team_id), *named]))


def sales_managers(team_id: int | None) -> list[int]:
    """Ids of the people who answer for a sales team; of every sales team when none is named."""
    people = User.objects.filter(
        is_active=True, memberships__is_manager=True, memberships__team__kind="sales"
    )
    if team_id is not None:
        people = people.filter(memberships__team_id=team_id)
    found = list(people.distinct().values_list("pk", flat=True))
    if found:
        return found
    if team_id is not None:
        return sales_managers(None)
    return list(User.objects.filter(is_staff=True, is_active=True).values_list("pk", flat=True))
