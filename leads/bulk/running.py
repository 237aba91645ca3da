"""Do a deed to many leads: one transaction a lead, which also says how far the run is.

So a killed worker loses nothing and does nothing twice; two workers at one run take turns, since
each lead is claimed by moving the run's position on. A refused lead is noted with why.
"""

import time
from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F, Q

from accounts import audit, outbox
from accounts.instants import database_now
from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads.bulk.deeds import BY_NAME, Deed, Told
from leads.models import BulkLine, BulkRun, Lead

log = structlog.get_logger(__name__)

# So few are done while one waits for the page.
AT_ONCE = 25
# How long one run is worked at before others get their turn, in seconds.
TURN = 5.0
State = BulkRun.State


def start(deed: Deed, numbers: Sequence[int], told: Told, *, by: User, at: datetime) -> BulkRun:
    """Note what is to be done. Raises Refused for who may not do it to any lead."""
    if by.role not in deed.roles:
        raise Refused(f"{deed.label} is not for you to do.", code="not_allowed")
    with transaction.atomic():
        run = BulkRun.objects.create(
            by=by, deed=deed.name, told=dict(told), leads=list(numbers), started_at=at
        )
        facts = {"deed": deed.name, "leads": len(numbers), "told": dict(told)}
        audit.record("leads.bulk", run, by=by, at=at, facts=facts)
    return run


def undo(run: BulkRun, *, at: datetime) -> None:
    """Let it be taken back. Raises Conflict where it can't be (any more)."""
    deed = BY_NAME[run.deed]
    if deed.undo is None:
        raise Conflict(f"What was {deed.done} can't be taken back for all at once.")
    ended = BulkRun.objects.filter(pk=run.pk, state__in=(State.FINISHED, State.STOPPED))
    with transaction.atomic():
        if not ended.update(state=State.UNDOING, position=0, refused=0, ended_at=None):
            raise Conflict("This is being undone already, or was never done.")
        audit.record("leads.bulk_undone", run, by=run.by, at=at, facts={"deed": run.deed})


def stop(run: BulkRun, *, at: datetime) -> None:
    """Stop after the lead under way. Raises Conflict when it is over."""
    if not BulkRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=State.STOPPED, ended_at=at
    ):
        raise Conflict("This is over already.")


def go_on(pk: int, *, turn: float = TURN) -> bool:
    """Work at a run; False when it has to go on later, in its turn."""
    began = time.monotonic()
    run = BulkRun.objects.select_related("by").filter(pk=pk).first()
    if run is None or not run.is_under_way:
        return True
    deed, undoing = BY_NAME[run.deed], run.state == State.UNDOING
    numbers = _changed(run) if undoing else run.leads
    of = deed.undo_mine if undoing and deed.undo_mine else deed.mine
    mine = of(run.by).filter(pk__in=numbers[run.position :])
    allowed = set(mine.values_list("pk", flat=True))
    for place in range(run.position, len(numbers)):
        if not _one(run, place, numbers[place], allowed=numbers[place] in allowed):
            return True
        if time.monotonic() - began > turn and place + 1 < len(numbers):
            return False
    _end(run, len(numbers))
    return True


def _changed(run: BulkRun) -> list[int]:
    """What an undo has to deal with; it does not get shorter while it is under way."""
    return list(run.lines.filter(Q(why="") | Q(undone=True)).values_list("lead_number", flat=True))


def _one(run: BulkRun, place: int, number: int, *, allowed: bool) -> bool:
    """Deal with one lead; False when the run is somebody else's, or was stopped."""
    deed = BY_NAME[run.deed]
    do = deed.undo if run.state == State.UNDOING and deed.undo else deed.do
    with transaction.atomic():
        ours = BulkRun.objects.filter(pk=run.pk, position=place, state=run.state)
        if not ours.update(position=place + 1):
            return False
        at = database_now()
        why, changed = "", False
        leads = Lead.everything if deed.name == "delete" else Lead.objects
        lead = leads.filter(pk=number).first()
        if lead is None:
            why = "was deleted or merged meanwhile"
        elif not allowed:
            why = deed.not_mine
        else:
            try:
                with transaction.atomic():
                    changed = do(lead, run.told, run.by, at)
            except Refused as refusal:
                why = _less_name(refusal.message, lead)
        _note(run, number, lead.name if lead else f"Lead {number}", why, changed=changed)
    return True


def _less_name(said: str, lead: Lead) -> str:
    """Verbs name the lead they refuse; beside its name that is once too often. What programs
    call the reason is no word of the page's."""
    bare = said.removeprefix(f"{lead.name} ").replace("an override_reason", "a reason")
    return bare.rstrip(".")


def _note(run: BulkRun, number: int, name: str, why: str, *, changed: bool) -> None:
    """Write down what became of it; nothing of a lead that was so already."""
    this, why = BulkRun.objects.filter(pk=run.pk), why[:500]
    if why:
        this.update(refused=F("refused") + 1)
    if run.state == State.UNDOING:
        run.lines.filter(lead_number=number).update(why=why, undone=True)
    elif why or changed:
        BulkLine.objects.create(run=run, lead_number=number, name=name[:254], why=why)
        if changed:
            this.update(changed=F("changed") + 1)


def _end(run: BulkRun, count: int) -> None:
    at = database_now()
    state = State.UNDONE if run.state == State.UNDOING else State.FINISHED
    with transaction.atomic():
        now = BulkRun.objects.select_for_update().get(pk=run.pk)
        if now.state != run.state or now.position < count:
            return
        now.end(state, at=at)
        if count > AT_ONCE and state == State.FINISHED:
            title = f"{now.changed:,} leads {BY_NAME[now.deed].done}"
            about = f"{now.refused:,} could not be." if now.refused else ""
            outbox.send([
                outbox.message(now.by_id, "bulk", title, about, now.get_absolute_url(), at=at,
                               dedupe_key=f"bulk-{now.pk}")
            ])  # fmt: skip
    log.info("bulk_ended", id=run.pk, deed=run.deed, state=state)


def waiting() -> list[int]:
    """Runs under way; whichever worker comes first to a lead does it."""
    found = BulkRun.objects.filter(state__in=BulkRun.UNDER_WAY).order_by("started_at", "pk")
    return list(found.values_list("pk", flat=True)[:20])
