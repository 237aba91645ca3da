"""Hold the clocks of a lead against what was recorded, and mend them.

1. The lead's handoffs and clocks are locked and noted.
2. In a savepoint the clocks are deleted and everything recorded is followed again
   (sla.clocks.following), in the order and at the instants of its recording, with the owner the
   ledger names; what a manager approved is believed when it was approved. Then the savepoint is
   rolled back.
3. What came of it is held against the rows that are there; each difference is said in words.
4. Without `check` the rows are made right, and each change is audited.

What no record tells is kept as it is in the rows: term, calendar versions (of each leg) and target
(a manager may have moved the clock onto others), persona, campaign, source, and the team, as long
as it is one of the side that owes the term. A running clock past its deadline is held for missed,
as the sweep will find it, while its breach alarm still waits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import configuration
from leads.models import Activity, Assignment, Handoff, Kind, Lead
from sla.clocks import first_touch, mending
from sla.clocks.breaches import record_breaches
from sla.clocks.counting import deadline, working_of
from sla.clocks.following import follow
from sla.clocks.mending import Difference, Key, key_of
from sla.clocks.stopping import Findings, believe
from sla.models import Claim, Clock, Leg

FROZEN = ("term_id", "target_seconds", "persona_id", "campaign_id", "source")
PASSED_ON = (Assignment.How.MANUAL, Assignment.How.ESCALATED, Assignment.How.LEAVE)


@dataclass(slots=True)
class Approved:
    """A typed time that a manager believed, told without the clock's id."""

    key: Key
    claim: Claim


def rebuild(lead: Lead, *, at: datetime, check: bool = False) -> list[Difference]:
    """What differs between the lead's clocks and its record; mended unless `check` is set."""
    with transaction.atomic():
        handoffs = list(
            Handoff.objects.select_for_update(of=("self",)).filter(lead=lead).order_by("pk")
        )
        found = _clocks(lead, lock=True)
        lead.refresh_from_db()
        with transaction.atomic():
            _replay(lead, handoffs, found, at=at)
            expected = _clocks(lead)
            transaction.set_rollback(True)
        told = mending.compare(found, expected, at=at, mend=not check)
        return told + mending.compare_deadline(lead, mend=not check)


def without_it(lead: Lead, handoff: Handoff | None, *, at: datetime) -> None:
    """A touch was taken back, in the caller's transaction: the clocks are what the record says
    without it, and typed times that were believed move the first touch back again."""
    rebuild(lead, at=at)
    if handoff is None:
        return
    clocks = list(Clock.objects.filter(handoff=handoff).select_related("term"))
    typed = Activity.objects.filter(handoff=handoff, evidence=Activity.Evidence.TYPED)
    for activity in typed.order_by("pk"):
        first_touch.hear([activity], {handoff.pk: clocks}, at=activity.recorded_at)
    for approved in _approved({key_of(clock): clock for clock in clocks}):
        first_touch.believe(approved.claim.activity, approved.claim.claimed_at)


def _clocks(lead: Lead, *, lock: bool = False) -> dict[Key, Clock]:
    clocks = Clock.objects.filter(lead=lead).order_by("pk")
    if lock:
        clocks = clocks.select_for_update(of=("self",))
    related = clocks.select_related("term", "team", "owner", "breach__owner").prefetch_related(
        "pauses", "legs"
    )
    return {key_of(clock): clock for clock in related}


def _replay(
    lead: Lead, handoffs: Sequence[Handoff], found: dict[Key, Clock], *, at: datetime
) -> None:
    """Live the lead's record again on fresh clocks."""
    stamp = configuration.stamp()
    approved = list(_approved(found))
    Clock.objects.filter(pk__in=[clock.pk for clock in found.values()]).delete()
    ledgers = {handoff.pk: list(_ledger(handoff)) for handoff in handoffs}
    by_id = {handoff.pk: handoff for handoff in handoffs}
    for activity in Activity.objects.filter(lead=lead, handoff__in=by_id).order_by("pk"):
        while approved and approved[0].claim.decided_at < activity.recorded_at:  # type: ignore[operator]
            _believe(approved.pop(0))
        handoff = by_id[activity.handoff_id or 0]
        activity.lead, activity.handoff = lead, handoff
        _rewind(handoff, activity, ledgers[handoff.pk])
        follow([activity], at=activity.recorded_at, stamp=stamp)
        _freeze(handoff, found, at=activity.recorded_at)
    for each in approved:
        _believe(each)
    overdue = Clock.objects.filter(lead=lead, state=Clock.State.RUNNING, due_at__lt=at)
    record_breaches(list(overdue.values_list("pk", flat=True)), at=at)


def _approved(found: dict[Key, Clock]) -> Iterator[Approved]:
    claims = Claim.objects.filter(
        clock__in=[clock.pk for clock in found.values()], state=Claim.State.APPROVED
    )
    for claim in claims.select_related("clock__term", "activity", "decided_by").order_by(
        "decided_at"
    ):
        yield Approved(key_of(claim.clock), claim)


def _believe(approved: Approved) -> None:
    handoff, measure, starts_on, round_ = approved.key
    claim = approved.claim
    clocks = Clock.objects.filter(handoff=handoff, round=round_)
    clock = clocks.filter(term__measure=measure, term__starts_on=starts_on).first()
    if clock is not None and claim.decided_at is not None:
        findings = Findings()
        believe(clock, claim.activity, claim.claimed_at, findings, at=claim.decided_at)
        findings.write_down(at=claim.decided_at, by=claim.decided_by)
        clock.save()


def _ledger(handoff: Handoff) -> Iterator[Assignment]:
    """Who was given the handoff, oldest first; the handoff is set back to before the first."""
    handoff.owner_id, handoff.hops = None, 0
    return handoff.assignments.order_by("pk").iterator()


def _rewind(handoff: Handoff, activity: Activity, ledger: list[Assignment]) -> None:
    """Make the handoff, in memory, what it was when this was recorded."""
    if (activity.kind == Kind.HANDED_OVER and ledger) or (
        activity.kind == Kind.ACCEPTED and ledger and ledger[0].how == Assignment.How.CLAIMED
    ):
        handoff.owner_id = ledger.pop(0).rep_id
    elif activity.kind == Kind.REASSIGNED and any(line.how in PASSED_ON for line in ledger):
        line = ledger.pop(0)
        while line.how not in PASSED_ON:
            line = ledger.pop(0)
        handoff.owner_id = line.rep_id
        handoff.hops += 1


def _freeze(handoff: Handoff, found: dict[Key, Clock], *, at: datetime) -> None:
    """Let clocks that have just started, or changed hands, run under what the rows that were there
    had frozen; `at` is how far the record has been followed."""
    clocks = Clock.objects.filter(handoff=handoff, stopped_at=None, ended_at=None)
    for clock in clocks.select_related("term").prefetch_related("legs", "pauses"):
        kept = found.get(key_of(clock))
        if kept is None:
            continue
        legs, version = _legs_until(kept, at)
        facts = {name: getattr(kept, name) for name in FROZEN} | {"calendar_version_id": version}
        same = [(leg.until, leg.calendar_version_id) for leg in clock.legs.all()] == [  # type: ignore[attr-defined]  # Leg's
            (leg.until, leg.calendar_version_id) for leg in legs
        ]
        if same and all(getattr(clock, name) == value for name, value in facts.items()):
            continue
        for name, value in facts.items():
            setattr(clock, name, value)
        Leg.objects.filter(clock=clock).delete()
        Leg.objects.bulk_create(
            Leg(clock=clock, calendar_version_id=leg.calendar_version_id, until=leg.until)
            for leg in legs
        )
        clock.due_at, clock.remaining_seconds = deadline(
            clock, clock.target_seconds, working_of(version), legs=legs
        )
        clock.save()


def _legs_until(kept: Clock, at: datetime) -> tuple[list[Leg], int | None]:
    """The legs of a clock that were over at an instant, and the version it ran under then."""
    legs = list(kept.legs.all())  # type: ignore[attr-defined]  # as fetched
    over = [leg for leg in legs if leg.until <= at]
    versions = [*(leg.calendar_version_id for leg in legs), kept.calendar_version_id]
    return over, versions[len(over)]
