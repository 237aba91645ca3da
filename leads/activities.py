"""Record what happened: the rows, the lead's journey, and the one announcement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.instants import clamped
from accounts.models import User
from accounts.refusals import Conflict, Refused
from accounts.writing import insert
from leads import mentions
from leads.models import (
    LOGGED_BY_HAND,
    OUTCOMES,
    Activity,
    FormerLead,
    Handoff,
    Kind,
    Lead,
    Outcome,
)
from leads.signals import activities_recorded

# Raw, for Django takes longer to write them than PostgreSQL to answer.
LOCK = "SELECT id FROM leads_lead WHERE id = %s AND deleted_at IS NULL FOR NO KEY UPDATE"
FIRST_TOUCH = "UPDATE leads_handoff SET first_touch_at = LEAST(first_touch_at, %s) WHERE id = %s"
TOUCHED = "UPDATE leads_lead SET updated_at = %s WHERE id = %s"


def record_activities(
    activities: Sequence[Activity], *, at: datetime, stamp: UUID | None = None
) -> list[Activity]:
    """Write a batch and announce it, in one transaction.

    An activity without `occurred_at` happened now; one in the future is clamped to `at`. `stamp`
    is the configuration stamp, if the caller has read it already.
    """
    for activity in activities:
        activity.recorded_at = at
        activity.occurred_at = clamped(activity.occurred_at, at=at)
    with transaction.atomic(savepoint=False):
        written = list(insert(activities))
        activities_recorded.send(sender=Activity, activities=written, at=at, stamp=stamp)
    return written


def as_it_is_now(lead: Lead) -> tuple[Lead, Handoff | None]:
    """The lead and its open handoff, locked; who it is part of now, if it was merged meanwhile, so
    that no touch is lost."""
    handoff = Handoff.objects.locked_of(lead)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [lead.pk])
        if cursor.fetchone() is not None:
            return lead, handoff
    former = FormerLead.objects.filter(pk=lead.pk).select_related("now").first()
    if former is None:
        raise Conflict(f"{lead.name} was deleted meanwhile.", code="gone")
    return as_it_is_now(former.now)


def log_touch(
    lead: Lead,
    kind: str,
    *,
    by: User,
    at: datetime,
    outcome: str = "",
    note: str = "",
    occurred_at: datetime | None = None,
) -> Activity:
    """Log a call, e-mail, meeting or note by hand, on the open handoff if there is one.

    Raises Refused for an unknown kind or an outcome that does not belong to it.
    """
    if kind not in LOGGED_BY_HAND:
        raise Refused(
            f"“{kind}” can't be logged; use one of {', '.join(LOGGED_BY_HAND)}.",
            fields={"kind": f"Choose one of {', '.join(LOGGED_BY_HAND)}."},
        )
    outcomes = OUTCOMES[Kind(kind)]
    if outcome and outcome not in outcomes:
        allowed = ", ".join(outcomes) or "none"
        raise Refused(
            f"“{outcome}” is not an outcome of a {kind}; allowed: {allowed}.",
            fields={"outcome": f"Choose one of {allowed}."},
        )
    if kind == "note" and not note.strip():
        raise Refused("An empty note says nothing.", fields={"note": "Write the note."})
    with transaction.atomic():
        lead, handoff = as_it_is_now(lead)
        named = mentions.found_in(note, lead)
        activity = lead.record(
            kind,
            by=by,
            at=at,
            handoff=handoff,
            outcome=outcome,
            note=note,
            data=mentions.facts_of(named),
            occurred_at=occurred_at,
            evidence=Activity.Evidence.TYPED if occurred_at else Activity.Evidence.SYSTEM,
        )
        # A typed time is the word of whoever typed it; `sla` knows whether it is believed.
        _touched(activity, at if occurred_at else activity.occurred_at, at=at)
        mentions.tell(activity, named, by=by, at=at)
    return activity


def log_sent(
    lead: Lead,
    *,
    by: User,
    at: datetime,
    occurred_at: datetime,
    note: str,
    data: dict[str, Any],
    handoff_id: int | None,
) -> Activity:
    """Log an e-mail that leadflow sent, on the handoff it was written on: machine evidence."""
    with transaction.atomic():
        written_on = Handoff.objects.select_for_update().filter(pk=handoff_id or 0).first()
        lead, handoff = as_it_is_now(lead)
        activity = lead.record(
            Kind.EMAIL,
            by=by,
            at=at,
            handoff=written_on or handoff,
            outcome=Outcome.SENT,
            note=note,
            occurred_at=occurred_at,
            evidence=Activity.Evidence.MACHINE,
            data=data,
        )
        _touched(activity, activity.occurred_at, at=at)
    return activity


def _touched(activity: Activity, instant: datetime, *, at: datetime) -> None:
    """Of several contacts the earliest is the first, in whatever order they are reported."""
    handoff = activity.handoff
    with connection.cursor() as cursor:
        if handoff and activity.is_touch and activity.occurred_at >= handoff.handed_over_at:
            cursor.execute(FIRST_TOUCH, [instant, handoff.pk])
        cursor.execute(TOUCHED, [at, activity.lead_id])
