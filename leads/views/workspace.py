"""What the lead page is drawn from: everything known about one lead, for one person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.shortcuts import get_object_or_404

from accounts import configuration
from accounts.instants import database_now
from accounts.models import Role, User
from leads import deadlines, needs, quality_rules, receipts, tagging, touchpoints, unlogging
from leads.companies.showing import around
from leads.criteria.standing import standing, with_origins
from leads.custom_fields.showing import shown
from leads.handover import missing_for_mql
from leads.mentions import name_them
from leads.models import (
    Activity,
    Aida,
    Assignment,
    BadAddress,
    Deal,
    Handoff,
    Lead,
    Meeting,
    Return,
    SentMail,
    Stage,
    Task,
)
from leads.models.prediction import READERS as PREDICTION_READERS
from leads.next_step import NextStep, Rights, State, next_step
from leads.offered.on_sale import on_sale
from leads.offered.touching import touching
from leads.quality import may_rate
from leads.views.deeds import deeds
from personas.models import Message

PAGE = 20
# More is read by nobody in a call.
MOST_SAID = 4
LIFECYCLE = (Stage.INQUIRY, Stage.MQL, Stage.SAL, Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER)


def visible_lead(user: User, pk: int) -> Lead:
    """The lead with what this person may do to it as `may_*`; 404 for one they may not see."""

    def among(allowed: QuerySet[Lead]) -> Exists:
        return Exists(allowed.filter(pk=OuterRef("pk")))

    every = Lead.objects
    leads = every.visible_to(user).select_related(
        "persona", "owner", "team", "campaign", "captured_by", "pool", "of_company__owner"
    )
    leads = leads.annotate(
        may_edit=among(every.editable_by(user)),
        may_work=among(every.workable_by(user)),
        may_hand_over=among(every.to_hand_over_by(user)),
        may_delete=among(every.mergeable_by(user)),
        bounced=Exists(BadAddress.objects.filter(address=OuterRef("email"))),
    )
    return get_object_or_404(leads, pk=pk)


def rights(user: User, lead: Lead) -> Rights:
    """What `user` may do with a lead of `visible_lead`."""
    return Rights(
        may_work=lead.may_work,  # type: ignore[attr-defined]
        may_edit=lead.may_edit,  # type: ignore[attr-defined]
        may_hand_over=lead.may_hand_over,  # type: ignore[attr-defined]
        may_assign=user.role in (Role.SALES_MANAGER, Role.ADMIN),
        may_answer=user.is_marketing,
        may_take_up=user.is_sales and lead.may_edit,  # type: ignore[attr-defined]
        may_rule=user.is_manager,
    )


def workspace_context(user: User, pk: int, *, before: str = "") -> dict[str, Any]:
    """Everything the lead page shows; the number of queries does not grow with the history."""
    at, stamp = database_now(), configuration.stamp()
    lead = visible_lead(user, pk)
    handoffs = list(_handoffs(lead))
    handoff = handoffs[0] if handoffs else None
    deal = Deal.objects.of(lead).select_related("owner", "lead").order_by("-id").first()
    allowed = rights(user, lead)
    # A deal that was lost ends with its cycle: a later handoff is what matters then.
    current_deal = deal if deal and deal.is_current_for(lead, handoff) else None
    returned = _waiting_return(handoff)
    missing = [] if handoff and handoff.is_open else missing_for_mql(lead, at=at, stamp=stamp)
    mine = lead.owner_id == user.pk
    state = State(lead, handoff, current_deal, returned, missing, mine, _given_by(user, handoff))
    offers = on_sale(lead.persona_id, stamp=stamp)
    step = next_step(state, allowed)
    clock = _leading_clock(handoff, returned)
    return {
        "at": at,
        "lead": lead,
        "handoff": handoff,
        "handoffs": handoffs,
        "deal": deal,
        "step": step,
        **_drawn(step, lead, handoff, deal, returned, user),
        "rights": allowed,
        "tasks": list(Task.objects.open().filter(lead=lead).select_related("owner")),
        "tags": tagging.of(lead, stamp=stamp),
        "may_delete": lead.may_delete,  # type: ignore[attr-defined]
        "clock": clock,
        "criteria": with_origins(lead, standing(lead, stamp=stamp)) if handoff else None,
        "clock_label": deadlines.label(clock) if clock else "",
        "clocks": _labelled(handoff),
        "can_pause": _may_pause(handoff, user) and deadlines.can_pause(handoff, at=at),
        "can_resume": _may_pause(handoff, user) and deadlines.is_paused(handoff),
        "journey": journey(lead),
        **_why(lead, handoff, stamp),
        "may_log_call": allowed.may_work and "call" in step.deeds,
        "chance": getattr(handoff, "chance", None),
        "feedback": getattr(handoff, "feedback", None),
        "meetings": list(Meeting.objects.planned().filter(lead=lead).select_related("by")[:10]),
        "mails": list(SentMail.objects.under_way().filter(lead=lead).select_related("sender")[:5]),
        "may_see_prediction": user.role in PREDICTION_READERS,
        "offers": offers,
        "to_say": _to_say(lead, offers),
        "touches": touching(lead, current_deal or deal, by=user, at=at, stamp=stamp),
        "missing": missing,
        "extras": shown(lead.extra, stamp=stamp),
        **timeline_context(lead, before, by=user, at=at),
    }


def _why(lead: Lead, handoff: Handoff | None, stamp: UUID) -> dict[str, Any]:
    """Why this lead, and why me: what they did and need, what was handed over, who gave it."""
    did, known = touchpoints.summed(lead), needs.assessed(lead)
    return {
        "did": did,
        "needs": known,
        "needs_open": [each for each in known if not each.said and each.asked],
        "receipt": receipts.beside(lead, handoff, signs=sum(each.count for each in did)),
        "why_me": next(iter(handoff.assignments.all()), None) if handoff else None,
        "lifted_by": _lifted_by(handoff, stamp),
    }


def _handoffs(lead: Lead) -> QuerySet[Handoff]:
    ledger = Assignment.objects.select_related("rep", "pool", "by").order_by("-at", "-id")
    return deadlines.with_clocks(
        Handoff.objects.filter(lead=lead)
        .select_related(
            "owner",
            "pool",
            "handed_over_by",
            "returned__returned_by",
            "returned__answered_by",
            "chance__prediction",
            "feedback__by",
        )
        .defer("chance__prediction__body")
        .prefetch_related(Prefetch("assignments", queryset=ledger))
        .order_by("-cycle"),
        ended=True,
    )


def _lifted_by(handoff: Handoff | None, stamp: UUID) -> list[str]:
    """The rules that an answer of sales about this handoff counts for."""
    if handoff is None or handoff.override_reason:
        return []
    return quality_rules.lifted_by(handoff.receipt, quality_rules.known(stamp=stamp))


def _given_by(user: User, handoff: Handoff | None) -> bool:
    return handoff is not None and handoff.handed_over_by_id == user.pk


def _waiting_return(handoff: Handoff | None) -> Return | None:
    """A return that marketing has not answered, or the managers have not ruled on."""
    returned: Return | None = getattr(handoff, "returned", None)
    if returned is None or (returned.answered_at is not None and not returned.is_disputed):
        return None
    return returned


def _leading_clock(handoff: Handoff | None, returned: Return | None) -> Any | None:
    if handoff is None:
        return None
    return deadlines.next_clock(handoff, side="marketing" if returned else "sales")


def _may_pause(handoff: Handoff | None, user: User) -> bool:
    """Whoever has an open handoff, and the managers."""
    if handoff is None or not handoff.is_open:
        return False
    return handoff.owner_id == user.pk or user.role in (Role.SALES_MANAGER, Role.ADMIN)


def _labelled(handoff: Handoff | None) -> list[dict[str, Any]]:
    """The handoff's clocks, those that still wait for something first."""
    clocks = handoff.clocks.all() if handoff else ()  # type: ignore[attr-defined]
    return [
        # A missed promise that passed to somebody else is over: its time no longer counts up.
        {"clock": clock, "label": deadlines.label(clock), "over": clock.ended_at is not None}
        for clock in sorted(clocks, key=lambda clock: clock.ended_at is not None)
    ]


def _drawn(
    step: NextStep,
    lead: Lead,
    handoff: Handoff | None,
    deal: Deal | None,
    returned: Return | None,
    user: User,
) -> dict[str, Any]:
    known = deeds(lead, handoff, deal, returned)
    rated = handoff if handoff is not None and handoff.accepted_at is not None else None
    rated = None if rated is not None and rated.is_own else rated
    return {
        "may_be_rated": rated is not None,
        "feedback_deed": known["feedback"] if rated and may_rate(rated, user) else None,
        "main_deeds": [known[name] for name in step.deeds if name in known],
        "more_deeds": [known[name] for name in step.more if name in known],
        **around(lead, user),
    }


def journey(lead: Lead) -> dict[str, Any]:
    """Lifecycle and AIDA as steps done, current and to come."""
    stage = lead.stage if lead.stage in LIFECYCLE else None
    return {
        "lifecycle": _steps([(s.value, s.label) for s in LIFECYCLE], stage),
        "aside": lead.get_stage_display() if stage is None else "",
        "aida": _steps(Aida.choices, lead.aida),
    }


def _steps(choices: list[tuple[str, str]], current: str | None) -> list[dict[str, Any]]:
    names = [value for value, _ in choices]
    here = names.index(current) if current in names else -1
    return [
        {"label": label, "done": n < here, "current": n == here}
        for n, (_, label) in enumerate(choices)
    ]


def _to_say(lead: Lead, offers: list[Any]) -> list[Message]:
    """What was agreed to say to such a lead, now."""
    fits = Q(persona=lead.persona_id) | Q(persona=None), Q(stage=lead.stage) | Q(stage="")
    if not offers:
        return []
    return list(Message.objects.in_use().filter(*fits, offer__in=offers)[:MOST_SAID])


def timeline_context(lead: Lead, before: str = "", *, by: User, at: datetime) -> dict[str, Any]:
    """One page of what happened to a lead, and which of it `by` may take back."""
    activities = Activity.objects.filter(lead=lead).select_related("actor", "campaign")
    page = timeline_of(activities, before)
    return {**page, "fresh": unlogging.fresh(page["activities"], by, at=at)}


def timeline_of(activities: QuerySet[Activity], before: str = "") -> dict[str, Any]:
    """One page of what happened, newest first; `before` is the last activity already shown."""
    if before.isascii() and before.isdigit() and len(before) < 19:
        last = activities.filter(pk=int(before)).first()
        if last is not None:
            same = Q(occurred_at=last.occurred_at, pk__lt=last.pk)
            activities = activities.filter(Q(occurred_at__lt=last.occurred_at) | same)
    found = list(activities.order_by("-occurred_at", "-pk")[: PAGE + 1])
    name_them(found)
    return {
        "activities": found[:PAGE],
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
    }
