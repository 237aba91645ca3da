"""Take back a call, e-mail, meeting or note that was logged by mistake, shortly after.

1. Its author does, within ten minutes, as long as nothing was decided by it: the lead is with whom
   it was, as far as it was.
2. The row goes; that it was there stands in the timeline (a step of its own) and the audit trail.
3. What followed from it is open again: the meeting, the row of the call list, the step of a
   sequence with its task; a sequence that it stopped stays so.
4. `touch_taken_back` is sent: `sla` lives the record again without it, so a promise it had kept
   runs on, and one whose time is over by then is missed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.refusals import Conflict
from leads.activities import as_it_is_now
from leads.models import (
    LOGGED_BY_HAND,
    TOUCHPOINTS,
    Activity,
    CallEntry,
    Handoff,
    Kind,
    Lead,
    Meeting,
)
from leads.sequences import running as sequences
from leads.signals import touch_taken_back

UNDO = timedelta(minutes=10)
# What may follow it without anybody having gone on with the lead.
BESIDE = (
    *LOGGED_BY_HAND, *TOUCHPOINTS, Kind.AUTO_REPLY, Kind.BOUNCED, Kind.EDITED, Kind.HEARD,
    Kind.UNLOGGED,
)  # fmt: skip


def may_take_back(activity: Activity, user: User, *, at: datetime) -> bool:
    """Whether it is theirs, logged by hand, and fresh."""
    by_hand = activity.kind in LOGGED_BY_HAND and activity.evidence != Activity.Evidence.MACHINE
    return by_hand and activity.actor_id == user.pk and at - activity.recorded_at <= UNDO


def fresh(activities: Sequence[Activity], user: User, *, at: datetime) -> set[int]:
    """The numbers of those that this person may take back now."""
    return {each.pk for each in activities if may_take_back(each, user, at=at)}


def take_back(activity: Activity, *, by: User, at: datetime) -> list[str]:
    """It was not so. Returns what stays as it is, in words.

    Raises Conflict when it is gone, not theirs, too old, or somebody went on with the lead.
    """
    with transaction.atomic():
        lead, held = as_it_is_now(activity.lead)
        now = Activity.objects.select_for_update(of=("self",)).filter(pk=activity.pk).first()
        if now is None:
            raise Conflict("It was taken back already.", code="gone")
        _refuse(now, held, by=by, at=at)
        Activity.objects.filter(pk=now.pk).delete()
        stays = _undo_what_followed(now, lead, by=by)
        if held is not None and now.handoff_id == held.pk:
            _first_touch_anew(held)
        Lead.objects.filter(pk=lead.pk).update(updated_at=at)
        facts = {"kind": now.kind, "outcome": now.outcome, "was": now.occurred_at.isoformat()}
        audit.record("touch_taken_back", lead, by=by, at=at, facts={**facts, "number": now.pk})
        # A step of the lead's, not of the handoff's: nobody has gone on with that.
        lead.record(Kind.UNLOGGED, by=by, at=at, occurred_at=at, data=facts)
        touch_taken_back.send(sender=Activity, lead=lead, handoff=held, at=at)
    return stays


def _refuse(now: Activity, held: Handoff | None, *, by: User, at: datetime) -> None:
    what = now.get_kind_display().lower()
    if not may_take_back(now, by, at=at):
        minutes = UNDO.seconds // 60
        raise Conflict(
            f"This {what} stays: who logged it by hand can take it back for {minutes} minutes.",
            code="too_late",
        )
    since = Activity.objects.filter(lead=now.lead_id, pk__gt=now.pk).exclude(kind__in=BESIDE)
    step = since.order_by("pk").first()
    if step is not None:
        raise Conflict(
            f"This {what} stays: {step.get_kind_display().lower()} since.", code="gone_on"
        )
    if now.handoff_id is not None and (held is None or held.pk != now.handoff_id):
        raise Conflict(f"This {what} stays: the lead's time with sales is over.", code="gone_on")


def _undo_what_followed(now: Activity, lead: Lead, *, by: User) -> list[str]:
    if now.kind == Kind.MEETING:
        held = Meeting.objects.filter(
            lead=lead, state=now.outcome, starts_at=now.occurred_at, title=now.note
        ).order_by("-pk")
        Meeting.objects.filter(pk__in=held.values("pk")[:1]).update(state=Meeting.State.PLANNED)
    if now.kind == Kind.CALL:
        called = CallEntry.objects.filter(
            lead=lead, state=CallEntry.State.DONE, ended_by=by, ended_at=now.recorded_at
        )
        called.update(state=CallEntry.State.WAITING, outcome="", ended_at=None, ended_by=None)
    return sequences.unheard(now)


def _first_touch_anew(handoff: Handoff) -> None:
    """The earliest of what is left; a typed time counts as told (leads.activities), until `sla`,
    which hears of it, believes it."""
    left = Activity.objects.filter(handoff=handoff, occurred_at__gte=handoff.handed_over_at)
    typed = Activity.Evidence.TYPED
    instants = [
        each.recorded_at if each.evidence == typed else each.occurred_at
        for each in left
        if each.is_touch
    ]
    Handoff.objects.filter(pk=handoff.pk).update(first_touch_at=min(instants, default=None))
