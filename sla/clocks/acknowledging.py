"""Clocks of changes to acknowledge: started by a publication, stopped by whoever was asked.

One clock for each promise of the contract that is about changes and each person asked. It is that
person's from beginning to end: it passes to nobody, has no pauses and asks nothing of a lead. In
all else it is a clock like any other (alarms, breach, excuse, figures). What is recorded is one
instant by the database's clock, so there is no typed time to doubt.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import configuration
from accounts.writing import insert
from personas.models import Acknowledgement
from sla import agreement
from sla.clocks import mending
from sla.clocks.alarms import alarms_of, reset_alarms
from sla.clocks.breaches import record_breaches
from sla.clocks.counting import working_of
from sla.clocks.mending import Difference, key_of
from sla.models import PUBLISHED, Alarm, Clock, Side, Term

# What a row that is there keeps when it is rebuilt: no record tells it.
FROZEN = ("term_id", "target_seconds", "calendar_version_id")


def start(asked: Sequence[Acknowledgement], *, at: datetime) -> None:
    """Start what the contract in force promises about a change that was just published."""
    stamp = configuration.stamp()
    contract = agreement.in_force(at, stamp=stamp)
    terms = contract.started_by(PUBLISHED, {}) if contract else []
    clocks = [_new_clock(term, row, at, stamp=stamp) for term in terms for row in asked]
    # Before the clocks are written: a new one has no pauses to ask for.
    alarms = [alarm for clock in clocks for alarm in alarms_of(clock)]
    insert(clocks)
    for alarm in alarms:
        alarm.clock = alarm.clock  # now that it has a key
    insert(alarms)


def _new_clock(term: Term, row: Acknowledgement, start: datetime, *, stamp: UUID) -> Clock:
    team_id = agreement.team_of(row.user_id, Side.SALES, stamp=stamp)
    hours = agreement.hours_for(term, row.user_id, team_id, stamp=stamp)
    return Clock(
        term=term,
        acknowledgement=row,
        owner_id=row.user_id,
        team_id=team_id,
        calendar_version_id=hours.version_id if hours else None,
        target_seconds=term.target_seconds,
        started_at=start,
        due_at=hours.working.add(start, term.target_seconds) if hours else None,
    )


def stop(rows: Iterable[Acknowledgement], *, at: datetime) -> None:
    """Judge the clocks of what was just acknowledged: the deadline itself is in time."""
    clocks = _locked(rows)
    late = [clock.pk for clock in clocks if clock.is_overdue(at)]
    record_breaches(late, at=at)
    for clock in clocks:
        clock.state = clock.outcome_at(at)
        clock.stopped_at = clock.ended_at = at
    _save(clocks)


def end(rows: Iterable[Acknowledgement], *, at: datetime) -> None:
    """The change was taken back: what runs ends unjudged, what was missed stays missed."""
    clocks = _locked(rows)
    late = {clock.pk for clock in clocks if clock.is_overdue(at)}
    record_breaches(sorted(late), at=at)
    for clock in clocks:
        missed = clock.pk in late or clock.state == Clock.State.MISSED
        clock.state = Clock.State.MISSED if missed else Clock.State.VOIDED
        clock.ended_at = at
    _save(clocks)


def _locked(rows: Iterable[Acknowledgement]) -> list[Clock]:
    """Those that wait for something, locked against the sweep, in a fixed order."""
    clocks = Clock.objects.unended().filter(acknowledgement__in=[row.pk for row in rows])
    return list(clocks.select_for_update(of=("self",)).select_related("term").order_by("pk"))


def _save(clocks: Sequence[Clock]) -> None:
    for clock in clocks:
        clock.save(update_fields=["state", "stopped_at", "ended_at"])
    Alarm.objects.filter(clock__in=clocks, state=Alarm.State.WAITING).update(state=Alarm.State.VOID)


def rebuild(row: Acknowledgement, *, at: datetime, check: bool = False) -> list[Difference]:
    """What differs between the clocks of one person and change and what was recorded of them:
    asked, acknowledged, taken back. Mended unless `check` is set (as sla.clocks.rebuilding)."""
    with transaction.atomic():
        row = Acknowledgement.objects.select_for_update(of=("self",)).get(pk=row.pk)
        found = _clocks(row, lock=True)
        with transaction.atomic():
            _replay(row, found, at=at)
            expected = _clocks(row)
            transaction.set_rollback(True)
        return mending.compare(found, expected, at=at, mend=not check)


def _clocks(row: Acknowledgement, *, lock: bool = False) -> dict[mending.Key, Clock]:
    clocks = Clock.objects.filter(acknowledgement=row).order_by("pk")
    if lock:
        clocks = clocks.select_for_update(of=("self",))
    related = clocks.select_related("term", "team", "owner", "breach__owner").prefetch_related(
        "pauses", "legs"
    )
    return {key_of(clock): clock for clock in related}


def _replay(row: Acknowledgement, found: dict[mending.Key, Clock], *, at: datetime) -> None:
    """Live it again on fresh clocks, under what the rows that were there had frozen."""
    change = row.change
    if change.published_at is None:
        return
    Clock.objects.filter(pk__in=[clock.pk for clock in found.values()]).delete()
    start([row], at=change.published_at)
    for clock in Clock.objects.filter(acknowledgement=row).select_related("term"):
        kept = found.get(key_of(clock))
        if kept is not None:
            for name in FROZEN:
                setattr(clock, name, getattr(kept, name))
            working = working_of(clock.calendar_version_id)
            clock.due_at = working.add(clock.started_at, clock.target_seconds) if working else None
            clock.save()
            reset_alarms(clock)
    if row.acknowledged_at is not None:
        stop([row], at=row.acknowledged_at)
    elif change.taken_back_at is not None:
        end([row], at=change.taken_back_at)
    overdue = Clock.objects.filter(
        acknowledgement=row, state=Clock.State.RUNNING, due_at__lt=at
    )  # fmt: skip
    record_breaches(list(overdue.values_list("pk", flat=True)), at=at)
