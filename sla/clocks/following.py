"""Clocks follow activities: they start, stop, pass to another owner, or end unjudged.

One public verb, `follow`, called in the transaction that recorded the activities. Truth is in
the instants of the activities, never in when this code runs.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts import configuration
from accounts.writing import insert, update
from leads.models import Activity, Kind
from leads.routing import pool_team
from sla import agreement
from sla.clocks import first_touch, legs
from sla.clocks.alarms import alarms_of, reset_alarms
from sla.clocks.claims import file
from sla.clocks.reviving import revive
from sla.clocks.standing_still import hold_or_release, let_go, wake, write_awake
from sla.clocks.stopping import Findings, stop
from sla.figures.packets import PACKET, PERSONA
from sla.models import Clock, CountedIn, Side, Term

CLOSING = frozenset(
    {Kind.REJECTED, Kind.QUALIFIED, Kind.DISQUALIFIED, Kind.RECYCLED, Kind.WITHDRAWN}
)
# What an activity may change of a clock.
CHANGING = (
    "state", "due_at", "remaining_seconds", "stopped_at", "stopped_by", "ended_at", "owner", "team",
    "excused", "calendar_version",
)  # fmt: skip
STATE, DUE_AT, HOURS = map(CHANGING.index, ("state", "due_at", "calendar_version"))
PAUSING = frozenset({Kind.PAUSED, Kind.RESUMED})
# Clocks came to this lead from another, or go on: its next deadline may be theirs.
JOINING = frozenset({Kind.MERGED, Kind.UNMERGED, Kind.RESTORED, Kind.REOPENED})
REVIVING = frozenset({Kind.UNMERGED, Kind.RESTORED, Kind.REOPENED})
# Activities that change who has the lead, or end its time with sales.
MOVING = frozenset({Kind.ACCEPTED, Kind.REASSIGNED}) | CLOSING

# Raw, for Django takes longer to write it than PostgreSQL to answer it.
LOCK = """
SELECT * FROM sla_clock WHERE handoff_id = ANY(%s) AND state <> 'voided' ORDER BY id FOR UPDATE
"""
SILENCE = "UPDATE sla_alarm SET state = 'void' WHERE clock_id = ANY(%s) AND state = 'waiting'"

BIND = f"""
WITH versions AS (
    SELECT * FROM unnest(%(handoffs)s::bigint[], %(versions)s::int[]) AS v (handoff_id, version)
), bound AS (
    UPDATE leads_handoff h
    SET contract_version = v.version, handed_persona = {PERSONA}, packet = {PACKET}
    FROM versions v WHERE h.id = v.handoff_id AND h.contract_version IS NULL
)
"""  # noqa: S608 (expressions of ours, without anything from outside)
# The next deadline of sales on each lead; the queue is sorted by it.
RESPOND_BY = """
UPDATE leads_lead l SET respond_by = (
    SELECT min(c.due_at) FROM sla_clock c JOIN sla_term t ON t.id = c.term_id
    WHERE c.lead_id = l.id AND c.ended_at IS NULL AND t.side = 'sales'
) WHERE l.id = ANY(%(leads)s)
"""


def follow(activities: Sequence[Activity], *, at: datetime, stamp: UUID | None = None) -> None:
    """Bring every clock up to date with newly recorded activities."""
    with_sales = [a for a in activities if a.handoff_id]
    if not with_sales:
        return
    stamp = stamp or configuration.stamp()
    watched = agreement.kinds_watched(stamp=stamp) | MOVING | PAUSING | JOINING
    relevant = [a for a in with_sales if a.kind in watched]
    if not relevant:
        return
    existing = _lock_clocks(relevant, stamp=stamp)
    before = {c.pk: _facts(c) for clocks in existing.values() for c in clocks}
    found = Findings()
    for activity in sorted(relevant, key=lambda a: a.occurred_at):
        clocks = existing[activity.handoff_id]  # type: ignore[index]  # relevant ones have it
        wake(clocks, at=at)
        apply(activity, clocks, found, at=at, stamp=stamp)
        legs.begin(found.take_passed(), stamp=stamp)
        if activity.kind in PAUSING:
            hold_or_release(activity, clocks, at=at)
    first_touch.hear(relevant, existing, at=at)
    write_awake([c for c in found.breached if before[c.pk][STATE] == Clock.State.PAUSED])
    found.write_down(at=at)
    changed = [c for clocks in existing.values() for c in clocks if before[c.pk] != _facts(c)]
    let_go([c for c in changed if before[c.pk][STATE] == Clock.State.PAUSED])
    _save(changed)
    for clock in changed:
        was = before[clock.pk]
        if (was[DUE_AT], was[HOURS]) != (clock.due_at, clock.calendar_version_id):
            reset_alarms(clock)
    file(found.claims, at=at)
    revive([a for a in relevant if a.kind in REVIVING])
    started = _start(relevant, at=at, stamp=stamp)
    if changed or started or any(a.kind in JOINING for a in relevant):
        _write_respond_by({a.handoff_id: a.lead_id for a in relevant}, started)


def _lock_clocks(activities: Iterable[Activity], *, stamp: UUID) -> dict[int, list[Clock]]:
    """The clocks these activities may touch, locked against the sweep, in a fixed order."""
    found: dict[int, list[Clock]] = defaultdict(list)
    handoffs = {a.handoff_id for a in activities if a.handoff_id and a.kind != Kind.HANDED_OVER}
    if handoffs:
        for clock in Clock.objects.raw(LOCK, [sorted(handoffs)]):
            clock.term = agreement.term(clock.term_id, stamp=stamp)
            found[clock.handoff_id or 0].append(clock)
    return found


def apply(
    activity: Activity, clocks: Sequence[Clock], found: Findings, *, at: datetime, stamp: UUID
) -> None:
    """Let one activity act on the clocks of its handoff, in memory; the caller saves them.

    `activity.handoff` has the owner of that moment, and `at` is when the activity was recorded.
    """
    for clock in clocks:
        if activity.kind in clock.term.stops_on:
            stop(clock, activity, found, at=at)
    if activity.kind in MOVING:
        _move(activity, clocks, found, at=at, stamp=stamp)


def _move(
    activity: Activity, clocks: Sequence[Clock], found: Findings, *, at: datetime, stamp: UUID
) -> None:
    """The lead changes hands or leaves sales: settle what is overdue, then end or pass on."""
    sales = [c for c in clocks if c.term.side == Side.SALES and c.ended_at is None]
    _settle_overdue(sales, found, at=at)
    if activity.kind == Kind.ACCEPTED:
        # Taken from a pool: from here on it is theirs to keep.
        _give(clocks, activity, found, stamp=stamp, only_ownerless=True)
        return
    ending = sales if activity.kind in CLOSING else [c for c in sales if c.term.per_owner]
    for clock in ending:
        if clock.state != Clock.State.MISSED:
            clock.state = Clock.State.VOIDED
        clock.ended_at = at
    if activity.kind == Kind.REASSIGNED:
        _give([c for c in sales if c.ended_at is None], activity, found, stamp=stamp)


def _settle_overdue(clocks: Iterable[Clock], found: Findings, *, at: datetime) -> None:
    for clock in clocks:
        if clock.is_overdue(at):
            found.breached.append(clock)
            clock.state = Clock.State.MISSED


def _give(
    clocks: Iterable[Clock],
    activity: Activity,
    found: Findings,
    *,
    stamp: UUID,
    only_ownerless: bool = False,
) -> None:
    handoff = activity.handoff
    assert handoff is not None
    for clock in clocks:
        if clock.term.side != Side.SALES or clock.state == Clock.State.MISSED:
            continue
        if only_ownerless and clock.owner_id is not None:
            continue
        clock.owner_id = handoff.owner_id
        clock.team_id = agreement.team_of(handoff.owner_id, Side.SALES, stamp=stamp) or (
            clock.team_id
        )
        if clock.term.calendar_of == CountedIn.OWNER:
            found.passed.append((clock, activity.occurred_at))


def _facts(clock: Clock) -> tuple[object, ...]:
    return tuple(clock.serializable_value(name) for name in CHANGING)


def _save(changed: Sequence[Clock]) -> None:
    if not changed:
        return
    update(changed, CHANGING)
    ended = [c.pk for c in changed if c.ended_at]
    if ended:
        with connection.cursor() as cursor:
            cursor.execute(SILENCE, [ended])


def _start(activities: Iterable[Activity], *, at: datetime, stamp: UUID) -> list[Clock]:
    clocks: list[Clock] = []
    for activity in activities:
        handoff = activity.handoff
        # What sales found itself was never handed over: the agreement has no promise about it.
        if handoff is None or handoff.is_own:
            continue
        contract = agreement.of_handoff(handoff, stamp=stamp)
        if contract is None:
            continue
        handoff.contract_version = contract.version
        facts = agreement.facts_of(handoff.receipt)
        if activity.kind == Kind.REASSIGNED:
            if handoff.owner_id is None and not activity.data.get("pool"):
                continue  # On the manager's list: nobody has been asked to accept it.
            terms = [t for t in contract.started_by(Kind.HANDED_OVER, facts) if t.per_owner]
            round_ = handoff.hops
        else:
            terms, round_ = contract.started_by(activity.kind, facts), 0
        if activity.kind == Kind.ACCEPTED and terms:
            # By the first who accepted; a next owner's accepting starts nothing again.
            there = set(Clock.objects.filter(handoff=handoff).values_list("term__key", flat=True))
            terms = [term for term in terms if term.key not in there]
        for term in terms:
            clocks.append(_new_clock(term, activity, round_, stamp=stamp))
    # Before the clocks are written: a new one has no pauses to ask for.
    alarms = [alarm for clock in clocks for alarm in alarms_of(clock)]
    insert(clocks)
    for alarm in alarms:
        alarm.clock = alarm.clock  # now that it has a key
    insert(alarms)
    return clocks


def _new_clock(term: Term, activity: Activity, round_: int, *, stamp: UUID) -> Clock:
    handoff = activity.handoff
    assert handoff is not None
    if term.side == Side.SALES:
        owner_id = handoff.owner_id
        team_id = agreement.team_of(owner_id, Side.SALES, stamp=stamp) or pool_team(
            handoff.pool_id, stamp=stamp
        )
    else:
        owner_id, team_id = handoff.handed_over_by_id, activity.lead.team_id
    if activity.kind == Kind.DISPUTED:
        owner_id = None  # Its managers rule; whoever had the lead can't.
    hours = agreement.hours_for(term, owner_id, team_id, stamp=stamp)
    start = activity.occurred_at
    return Clock(
        term=term,
        handoff=handoff,
        lead_id=activity.lead_id,
        round=round_,
        owner_id=owner_id,
        team_id=team_id,
        calendar_version_id=hours.version_id if hours else None,
        persona_id=activity.lead.persona_id,
        campaign_id=activity.lead.campaign_id,
        source=activity.lead.source,
        target_seconds=term.target_seconds,
        started_at=start,
        due_at=hours.working.add(start, term.target_seconds) if hours else None,
    )


def _write_respond_by(leads: dict[int | None, int], started: Sequence[Clock]) -> None:
    """The next deadline of sales on each lead, and the contract each handoff runs under."""
    versions = {c.handoff_id: c.handoff.contract_version for c in started if c.handoff is not None}
    with connection.cursor() as cursor:
        cursor.execute(
            (BIND if versions else "") + RESPOND_BY,
            {
                "handoffs": list(versions),
                "versions": list(versions.values()),
                "leads": list(set(leads.values())),
            },
        )
