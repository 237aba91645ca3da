"""Typed times: who is told of one, who decides whether it is believed, and what follows."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts import audit, outbox
from accounts.models import Membership, OutboxMessage, User
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.models import Kind
from sla.clocks import first_touch
from sla.clocks.stopping import Findings, believe
from sla.erasing import claims_of
from sla.figures import excuses
from sla.models import Claim, Clock, Side
from sla.models.claim import ClaimQuerySet

NOTE_LENGTH = 500


def may_decide(user: User, claim: Claim) -> bool:
    """A manager of the side that owes the term; never on their own word or their own clock."""
    own = user.pk in (claim.activity.actor_id, claim.clock.owner_id)
    return not own and excuses.may_excuse(user, claim.clock.term)


def in_charge_of(user: User) -> ClaimQuerySet:
    """The claims of the side this person answers for; none for those who answer for no side."""
    sides = [side for side, role in excuses.JUDGES.items() if role == user.role]
    return Claim.objects.filter(clock__term__side__in=sides)


def file(claims: Sequence[Claim], *, at: datetime) -> None:
    """Keep what waits for a decision, and tell the managers; in the caller's transaction."""
    if not claims:
        return
    Claim.objects.bulk_create(claims, ignore_conflicts=True)
    outbox.send([_told(manager, claim, at) for claim in claims for manager in _managers(claim)])


def _told(manager_id: int, claim: Claim, at: datetime) -> OutboxMessage:
    clock, activity = claim.clock, claim.activity
    return outbox.message(
        manager_id,
        "claim",
        f"A typed time waits for you: {activity.lead.name}",
        f"{activity.actor or 'Somebody'} typed the time of a {_what(claim)} after "
        f"“{clock.term.name}” was missed. If you approve it, the promise was kept.",
        claims_of(activity.lead_id),
        at=at,
        dedupe_key=f"claim:{clock.pk}:{activity.pk}:{manager_id}",
    )


def _what(claim: Claim) -> str:
    return Kind(claim.activity.kind).label.lower()


def _managers(claim: Claim) -> list[int]:
    """Those who may decide: of the clock's team, else of the whole side."""
    clock = claim.clock
    rows = Membership.objects.filter(
        is_manager=True, user__is_active=True, team__kind=Side(clock.term.side).value
    ).exclude(user__in=[pk for pk in (claim.activity.actor_id, clock.owner_id) if pk])
    found = list(rows.values_list("user_id", "team_id"))
    near = {user for user, team in found if team == clock.team_id}
    return sorted(near or {user for user, _ in found})


def approve(claim: Claim, *, by: User, at: datetime, note: str = "") -> None:
    """Believe the time: the clock is met by it and its breach overturned. The earliest counts.

    Raises NotAllowed for anybody but another manager of the side that owes the term, Conflict when
    it was decided already, Refused for a note that is too long.
    """
    with transaction.atomic():
        now = _decide(claim, Claim.State.APPROVED, by=by, at=at, note=note)
        clock = now.clock
        found = Findings()
        believe(clock, now.activity, now.claimed_at, found, at=at)
        found.write_down(at=at, by=by)
        clock.save(update_fields=["state", "stopped_at", "stopped_by", "ended_at", "excused"])
        first_touch.believe(now.activity, now.claimed_at)


def refuse(claim: Claim, *, by: User, at: datetime, note: str) -> None:
    """Do not believe the time: the miss stands. Raises as `approve`, and Refused without a note."""
    if not note.strip():
        raise Refused(
            "Say why the time is not believed; the person who typed it reads this.",
            fields={"note": "Say why, in a few words."},
        )
    with transaction.atomic():
        _decide(claim, Claim.State.REFUSED, by=by, at=at, note=note)


def _decide(claim: Claim, state: Claim.State, *, by: User, at: datetime, note: str) -> Claim:
    """The claim as decided, with its clock locked: the clock first, as whoever writes clocks."""
    note = note.strip()
    if len(note) > NOTE_LENGTH:
        raise Refused(
            f"The note has {len(note)} characters; {NOTE_LENGTH} is the most.",
            fields={"note": f"Use at most {NOTE_LENGTH} characters."},
        )
    clock = Clock.objects.select_for_update(of=("self",)).get(pk=claim.clock_id)
    now = Claim.objects.select_related("activity__actor", "decided_by").get(pk=claim.pk)
    now.clock = clock
    if not may_decide(by, now):
        raise NotAllowed(
            f"Only a manager of {clock.term.side} may decide, and nobody on their own word."
        )
    changed = Claim.objects.waiting().filter(pk=now.pk)
    if not changed.update(state=state, decided_by=by, decided_at=at, note=note):
        who = now.decided_by or "Other evidence"
        raise Conflict(f"{who} decided this already: {now.get_state_display().lower()}.")
    audit.record(
        f"claim_{state.value}", now, by=by, at=at,
        facts={"clock": clock.pk, "activity": now.activity_id,
               "claimed_at": now.claimed_at.isoformat()},
    )  # fmt: skip
    _answer(now, state, note, at=at)
    return now


def _answer(claim: Claim, state: Claim.State, note: str, *, at: datetime) -> None:
    """Tell whoever typed the time."""
    actor, clock = claim.activity.actor, claim.clock
    if actor is None:
        return
    outcome = "the promise was kept" if state == Claim.State.APPROVED else "the miss stands"
    title = f"Your time was {state.label.lower()}: {clock.title}"
    body = f"{clock.term.name}: {outcome}. {note}".strip()
    outbox.send([
        outbox.message(actor.pk, "claim", title, body, clock.url, at=at)
    ])  # fmt: skip


def waiting_count(user: User) -> int | None:
    """How many typed times wait for this person's side; None for whoever decides on none."""
    if user.role not in excuses.JUDGES.values():
        return None
    return in_charge_of(user).waiting().count()
