"""The next one to call: claimed, so that two people on one list never get the same lead.

A claim is a conditional update of a row that nobody else holds (SKIP LOCKED) and ends by itself,
so that who closes the browser in the middle keeps nobody from being called.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from accounts.refusals import Conflict
from leads import working_time
from leads.activities import as_it_is_now, log_touch
from leads.calling.lists import settle
from leads.models import Activity, CallEntry, CallList, Kind, Lead, Outcome
from leads.models.call_list import CallEntryQuerySet

# For so long a lead is one's own after it was shown.
CLAIM = timedelta(minutes=15)
# Nobody answered: once more after so much working time.
AGAIN = 2 * working_time.HOUR
State = CallEntry.State


def held(call_list: CallList, user: User, *, at: datetime) -> CallEntry | None:
    """Whom this person is calling now."""
    mine = CallEntry.objects.waiting().filter(
        of=call_list, claimed_by=user, claimed_until__gt=at,
        lead__in=Lead.objects.workable_by(user),
    )  # fmt: skip
    return mine.select_related("lead", "of").first()


def free(call_list: CallList, user: User, *, at: datetime) -> CallEntryQuerySet:
    """Those on the list whom this person may call now, and nobody else is calling."""
    mine = Lead.objects.workable_by(user)
    return CallEntry.objects.free(user, at=at).filter(of=call_list, lead__in=mine)


def claim(call_list: CallList, user: User, *, at: datetime) -> CallEntry | None:
    """The next lead on the list that this person may work, claimed for them; None when there is
    none for now. Said again, it is the same one until it is dealt with."""
    with transaction.atomic():
        settle(call_list, at=at)
        entry = held(call_list, user, at=at)
        if entry is None:
            locked = free(call_list, user, at=at).select_for_update(of=("self",), skip_locked=True)
            entry = locked.order_by("place", "pk").first()
        if entry is None:
            return None
        CallEntry.objects.filter(pk=entry.pk).update(claimed_by=user, claimed_until=at + CLAIM)
    return held(call_list, user, at=at)


def called(entry: CallEntry, outcome: str, *, note: str, by: User, at: datetime) -> Activity:
    """Log how the call went, and return that; with it the row is done, here and in a sequence.

    Raises Conflict when somebody else has it by now, Refused for an outcome that is none.
    """
    with transaction.atomic():
        as_it_is_now(entry.lead)
        now = _mine(entry, by, at=at)
        logged = log_touch(now.lead, Kind.CALL, by=by, at=at, outcome=outcome, note=note)
        _end(now, by=by, at=at, state=State.DONE, outcome=outcome)
    return logged


def later(entry: CallEntry, *, by: User, at: datetime) -> datetime:
    """Not now: it comes again after two working hours; returns when."""
    again = working_time.after(by, at, AGAIN)
    with transaction.atomic():
        now = _mine(entry, by, at=at)
        _release(now, not_before=again)
    return again


def skip(entry: CallEntry, *, by: User, at: datetime) -> None:
    """Put it at the end of the list."""
    with transaction.atomic():
        now = _mine(entry, by, at=at)
        last = CallEntry.objects.filter(of=now.of_id).aggregate(last=Max("place"))["last"]
        _release(now, place=last + 1)


def never(entry: CallEntry, *, by: User, at: datetime) -> None:
    """They asked not to be called: nobody does any more, on any list."""
    with transaction.atomic():
        as_it_is_now(entry.lead)
        now = _mine(entry, by, at=at)
        log_touch(now.lead, Kind.CALL, by=by, at=at, outcome=Outcome.CONNECTED,
                  note="Asked not to be called.")  # fmt: skip
        ask_no_calls(now.lead, by=by, at=at)
        _end(now, by=by, at=at, state=State.OUT, why="asked not to be called")


def ask_no_calls(lead: Lead, *, by: User, at: datetime) -> None:
    """Note that they asked not to be called; twice changes nothing."""
    if Lead.objects.filter(pk=lead.pk, no_calls_at=None).update(no_calls_at=at, updated_at=at):
        _record(lead, "yes", "no, they asked for it", by=by, at=at)


def allow_calls(lead: Lead, *, by: User, at: datetime) -> None:
    """They may be called after all."""
    asked = Lead.objects.filter(pk=lead.pk, no_calls_at__isnull=False)
    if asked.update(no_calls_at=None, updated_at=at):
        _record(lead, "no", "yes", by=by, at=at)


def _record(lead: Lead, was: str, now: str, *, by: User, at: datetime) -> None:
    changed = {"calls": {"from": was, "to": now}}
    lead.record(Kind.EDITED, by=by, at=at, occurred_at=at, data={"changed": changed})


def _mine(entry: CallEntry, by: User, *, at: datetime) -> CallEntry:
    """It as it stands now, locked, if it is still this person's; Conflict else."""
    now = (
        CallEntry.objects.select_for_update(of=("self",))
        .select_related("lead", "claimed_by")
        .get(pk=entry.pk)
    )
    if now.state != State.WAITING:
        raise Conflict(f"{now.lead.name} was dealt with already.", code="gone")
    if now.claimed_by_id != by.pk:
        who = now.claimed_by or "Somebody else"
        raise Conflict(f"{who} has {now.lead.name} by now; here is the next one.", code="gone")
    if not Lead.objects.workable_by(by).filter(pk=now.lead_id).exists():
        raise Conflict(f"{now.lead.name} is not yours to call any more.", code="gone")
    return now


def _release(now: CallEntry, **changes: object) -> None:
    CallEntry.objects.filter(pk=now.pk).update(claimed_by=None, claimed_until=None, **changes)


def _end(now: CallEntry, *, by: User, at: datetime, **changes: object) -> None:
    _release(now, ended_at=at, ended_by=by, **changes)
