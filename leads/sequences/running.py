"""A lead's way through a sequence: begun, step after step, stopped by what happens.

1. Each step is a row, planned when the one before was done: a task due in its owner's working
   time, or an e-mail that sends itself then. A step is planned once (a unique constraint), and
   what is due is read from rows, so that a worker killed at any line loses nothing and does
   nothing twice.
2. A step is done by its task, by a logged touch of its kind, or by its e-mail's being written.
3. A reply, a meeting, a mail that came back, and whatever ends the lead's time with its owner
   stop it in the transaction that records them (`hear`); tasks that wait go, mails that wait are
   taken back, and why stands on the lead's page.
Locks: handoff, lead, enrolment, then steps and tasks, as everybody takes them.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads import working_time
from leads.activities import as_it_is_now
from leads.mail import writing
from leads.models import (
    Activity,
    Enrolment,
    EnrolmentStep,
    Handoff,
    Kind,
    Lead,
    Outcome,
    SentMail,
    SequenceVersion,
    Stage,
    Task,
)
from leads.working_time import DAY, HOUR

log = structlog.get_logger(__name__)

Why = Enrolment.Why
State = Enrolment.State
STOPPING = {
    Kind.REPLY: Why.REPLIED, Kind.BOUNCED: Why.BOUNCED, Kind.QUALIFIED: Why.QUALIFIED,
    Kind.DISQUALIFIED: Why.DISQUALIFIED, Kind.RECYCLED: Why.RECYCLED,
    Kind.REASSIGNED: Why.REASSIGNED, Kind.REJECTED: Why.LEFT, Kind.WITHDRAWN: Why.LEFT,
}  # fmt: skip
DOING = {Kind.CALL: "call", Kind.EMAIL: "email"}
HEARD = {*STOPPING, *DOING, Kind.MEETING, Kind.AUTO_REPLY}
VERBS = {"call": "Call", "email": "E-mail", "task": "To do"}
# Of numbers of e-mails, so that a step's is the same whoever writes it.
NAMES = uuid.UUID("5f0f6b2e-5d0b-4e43-9d53-6d2d3b1c8a11")
BATCH = 50


def hindrance(lead: Lead) -> str:
    """Why it can't begin now; empty when nothing keeps it."""
    if lead.stage in (Stage.CUSTOMER, Stage.DISQUALIFIED):
        return f"is {lead.get_stage_display().lower()}"
    handoff = Handoff.objects.filter(lead=lead).open().first()
    if handoff is not None and handoff.state == Handoff.State.OFFERED:
        return "was not accepted yet"
    running = Enrolment.objects.filter(lead=lead, state=State.ACTIVE)
    name = running.values_list("version__sequence__name", flat=True).first()
    return f"is in “{name}” already" if name else ""


def begin(lead: Lead, version: SequenceVersion, *, by: User, at: datetime) -> Enrolment:
    """Put a lead that `by` may work into a sequence. Raises Conflict where `hindrance` says why."""
    with transaction.atomic():
        now, _ = as_it_is_now(lead)
        now.refresh_from_db()
        if why := hindrance(now):
            raise Conflict(f"{now.name} {why}.", code="not_now")
        enrolment = Enrolment.objects.create(
            lead=now, version=version, owner=now.owner or by, by=by, started_at=at
        )
        _plan(enrolment, 0, at=at)
    return enrolment


def _plan(enrolment: Enrolment, place: int, *, at: datetime) -> None:
    """Plan a step, counted from now; after the last one it is gone through."""
    steps = enrolment.version.steps
    if place >= len(steps):
        Enrolment.objects.filter(pk=enrolment.pk).update(state=State.FINISHED, ended_at=at)
        return
    said, owner = steps[place], enrolment.owner
    step = EnrolmentStep(enrolment=enrolment, place=place, planned_at=at)
    if said["kind"] == "email" and said.get("sends"):
        step.sends = True
        step.due_at = working_time.opens(owner, working_time.after(owner, at, said["wait"]))
    else:
        # At once is within a working hour: nobody is late the moment they are told.
        step.due_at = working_time.after(owner, at, max(said["wait"], HOUR))
        step.task = Task.objects.create(
            lead_id=enrolment.lead_id, owner=owner, words=words(said), due_at=step.due_at,
            by=enrolment.by, made_at=at,
        )  # fmt: skip
    step.save()


def words(said: dict[str, Any]) -> str:
    """What a step says as a task."""
    what = said.get("words") or said.get("subject", "")
    return f"{VERBS[said['kind']]}: {what}"[:200] if what else VERBS[said["kind"]]


def _done(step: EnrolmentStep, *, at: datetime) -> None:
    """It is done, in the caller's transaction that holds the enrolment; the next one is planned."""
    if EnrolmentStep.objects.waiting().filter(pk=step.pk).update(done_at=at):
        _plan(step.enrolment, step.place + 1, at=at)


def _locked(**wanted: Any) -> list[Enrolment]:
    """Those under way, locked, with what a step needs; their leads are locked by the caller."""
    found = Enrolment.objects.select_for_update(of=("self",)).filter(state=State.ACTIVE, **wanted)
    return list(found.select_related("version", "owner", "by").order_by("pk"))


def task_done(task: Task, *, at: datetime) -> None:
    """A task was finished, in the caller's transaction that has locked its lead."""
    for enrolment in _locked(steps__task=task):
        _done(EnrolmentStep.objects.get(enrolment=enrolment, task=task), at=at)


def task_reopened(task: Task) -> None:
    """A task is to do again: what was planned after it goes, unless that is done already."""
    step = EnrolmentStep.objects.filter(task=task).select_related("enrolment").first()
    if step is not None:
        _to_do_again(step)


def unheard(activity: Activity) -> list[str]:
    """A touch was taken back: the step it did is to do again, unless the next one is done already.
    Returns what stays, in words; the caller has locked its lead."""
    then = activity.recorded_at
    if activity.kind == Kind.MEETING:
        stopped = Enrolment.objects.filter(lead=activity.lead_id, why=Why.MEETING, ended_at=then)
        names = stopped.values_list("version__sequence__name", flat=True)
        return [f"“{name}” stays stopped." for name in names]
    if activity.kind not in DOING:
        return []
    done = EnrolmentStep.objects.filter(enrolment__lead=activity.lead_id, done_at=then)
    for step in done.select_related("enrolment__version"):
        if step.said["kind"] == DOING[Kind(activity.kind)] and _to_do_again(step):
            Task.objects.filter(step=step, done_at=then).update(done_at=None, done_by=None)
    return []


def _to_do_again(step: EnrolmentStep) -> bool:
    """Whether it is; not, where the sequence has gone on without it."""
    after = EnrolmentStep.objects.filter(enrolment=step.enrolment, place__gt=step.place)
    gone_on = step.enrolment.state == State.STOPPED or after.exclude(done_at=None).exists()
    others = Enrolment.objects.filter(lead=step.enrolment.lead_id, state=State.ACTIVE)
    if gone_on or others.exclude(pk=step.enrolment_id).exists():
        return False
    Task.objects.filter(step__in=after).delete()
    after.delete()
    EnrolmentStep.objects.filter(pk=step.pk).update(done_at=None)
    Enrolment.objects.filter(pk=step.enrolment_id).update(state=State.ACTIVE, ended_at=None)
    return True


def hear(activities: Sequence[Activity], *, at: datetime) -> None:
    """What was recorded may do a step, put it off, or stop the sequence."""
    told = [a for a in activities if a.kind in HEARD]
    if not told:
        return
    under_way = {e.lead_id: e for e in Enrolment.objects.locked_of({a.lead_id for a in told})}
    for activity in told:
        enrolment = under_way.get(activity.lead_id)
        if enrolment is not None and _hear(enrolment, activity, at=at):
            del under_way[activity.lead_id]


def _hear(enrolment: Enrolment, activity: Activity, *, at: datetime) -> bool:
    """Whether it is over now."""
    kind = Kind(activity.kind)
    if kind in STOPPING:
        why = STOPPING[kind]
        if kind == Kind.WITHDRAWN and "into" in activity.data:
            why = Why.MERGED
        elif kind == Kind.WITHDRAWN and activity.data.get("deleted"):
            why = Why.DELETED
        _stop([enrolment], why, at=at)
        return True
    if kind == Kind.MEETING:
        if activity.outcome == Outcome.HELD:
            _stop([enrolment], Why.MEETING, at=at)
        return activity.outcome == Outcome.HELD
    step = EnrolmentStep.objects.waiting().filter(enrolment=enrolment).first()
    if step is None:
        return False
    step.enrolment = enrolment
    if kind == Kind.AUTO_REPLY:
        _put_off(step, at=at)
    elif step.said["kind"] == DOING[kind] and activity.occurred_at >= step.planned_at:
        # The mail of an earlier step goes out a little after it was written.
        own = EnrolmentStep.objects.filter(enrolment=enrolment, mail=activity.data.get("mail"))
        if activity.data.get("mail") is None or not own.exists():
            Task.objects.open().filter(step=step).update(done_at=at, done_by=activity.actor)
            _done(step, at=at)
    return False


def _put_off(step: EnrolmentStep, *, at: datetime) -> None:
    """They are away: nothing happens for two working days."""
    due = working_time.after(step.enrolment.owner, at, 2 * DAY)
    if due > step.due_at:
        EnrolmentStep.objects.filter(pk=step.pk).update(due_at=due, put_off_at=at)
        Task.objects.open().filter(step=step).update(due_at=due)


def stop(leads: Collection[int], why: str, *, at: datetime, said: str = "") -> int:
    """Stop what is under way with these leads, which the caller has locked; how many that was."""
    return _stop(Enrolment.objects.locked_of(leads), why, at=at, said=said)


def stop_one(enrolment: Enrolment, *, at: datetime) -> bool:
    """Somebody stops it by hand; returns whether it was under way."""
    with transaction.atomic():
        as_it_is_now(enrolment.lead)
        return bool(_stop(_locked(pk=enrolment.pk), Why.BY_HAND, at=at))


def _stop(found: Iterable[Enrolment], why: str, *, at: datetime, said: str = "") -> int:
    ids = [enrolment.pk for enrolment in found]
    if not ids:
        return 0
    waiting = EnrolmentStep.objects.waiting().filter(enrolment__in=ids)
    Task.objects.open().filter(step__in=waiting).delete()
    waiting.update(sends=False)
    mails = SentMail.objects.under_way().filter(step__enrolment__in=ids, attempts=0)
    mails.update(cancelled_at=at)
    Enrolment.objects.filter(pk__in=ids).update(
        state=State.STOPPED, ended_at=at, why=why, said=said[:300]
    )
    return len(ids)


def take_back(lead: Lead, *, by: User, at: datetime) -> None:
    """Undo a beginning that nothing has followed yet. Raises Conflict when something has."""
    with transaction.atomic():
        as_it_is_now(lead)
        found = _locked(lead=lead, by=by)
        done = EnrolmentStep.objects.filter(enrolment__in=found).exclude(done_at=None)
        if not found or done.exists():
            raise Conflict(f"{lead.name} has gone on since.", code="gone_on")
        Task.objects.filter(step__enrolment__in=found).delete()
        Enrolment.objects.filter(pk__in=[each.pk for each in found]).delete()


def send_due(*, at: datetime, batch: int = BATCH) -> int:
    """Write the e-mails that send themselves and are due; returns how many were written."""
    due = EnrolmentStep.objects.to_send(at=at).values_list("pk", "enrolment__lead")[:batch]
    return sum(_send(pk, lead, at=at) for pk, lead in list(due))


def _send(pk: int, lead_id: int, *, at: datetime) -> bool:
    with transaction.atomic():
        lead = Lead.everything.filter(pk=lead_id).first()
        if lead is None or lead.deleted_at is not None:
            return False
        as_it_is_now(lead)
        step = EnrolmentStep.objects.to_send(at=at).filter(pk=pk).first()
        found = _locked(pk=step.enrolment_id) if step is not None else []
        if step is None or not found:  # somebody else was quicker
            return False
        step.enrolment = found[0]
        owner = step.enrolment.owner
        if not owner.is_active:  # nothing goes out in the name of who can't read the answer
            _stop(found, Why.GONE, at=at, said=f"{owner} has left.")
            return False
        opens = working_time.opens(owner, at)
        if opens > at:  # it was to go out in working time, and nobody was there to do it
            EnrolmentStep.objects.filter(pk=pk).update(due_at=opens)
            return False
        return _write(step, lead, at=at)


def _write(step: EnrolmentStep, lead: Lead, *, at: datetime) -> bool:
    said, owner = step.said, step.enrolment.owner
    once = uuid.uuid5(NAMES, f"{step.enrolment_id}-{step.place}")
    try:
        with transaction.atomic():
            mail, _ = writing.write(
                lead, by=owner, subject=said["subject"], body=said["body"], once=once, at=at
            )
    except Refused as refusal:
        _stop([step.enrolment], Why.NO_MAIL, at=at, said=refusal.message)
        return False
    EnrolmentStep.objects.filter(pk=step.pk).update(mail=mail)
    _done(step, at=at)
    return True
