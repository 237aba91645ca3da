"""Leave begins: what its person has open goes to their deputy, once, by the verb of every
reassignment.

Each handoff is passed on in a transaction of its own, in which it is locked and still theirs: any
number of workers may look at the same leave, and one that is killed is followed by another. Once
all of them are passed on the leave is marked, and what comes to the person afterwards stays.
"""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction

from accounts import audit, configuration, outbox
from accounts.models import Absence, User
from accounts.words import leave_words
from leads.handover import who_decides
from leads.models import Assignment, Handoff, Pool, PoolMember
from leads.qualification import back_to_pool, reassign
from leads.routing import Route, at_hand, pool_team, route

log = structlog.get_logger(__name__)
LEAVE = Assignment.How.LEAVE


@dataclass(slots=True)
class _Choice:
    """Where one handoff goes: to a rep, to whoever of a pool takes it, or to nobody yet."""

    why: str
    rep: User | None = None
    route: Route | None = None
    skipped: list[dict[str, str]] = field(default_factory=list)


def open_of(person: User) -> list[Handoff]:
    """What goes to the deputy when the leave begins: all that this person has open."""
    found = Handoff.objects.open().filter(owner=person).select_related("lead")
    return list(found.order_by("lead__respond_by", "pk"))


def pass_on_due(*, at: datetime) -> int:
    """Pass on what is open of everybody whose leave has begun; returns how many handoffs went."""
    begun = Absence.objects.covering(at).to_pass_on().select_related("user", "deputy")
    return sum(pass_on(absence, at=at) for absence in begun)


def pass_on(absence: Absence, *, at: datetime) -> int:
    """Pass on what its person has open, and mark the leave; returns how many handoffs went.

    One that fails keeps no other; the leave is then looked at again.
    """
    to_whom, failed = [], False
    for handoff in open_of(absence.user):
        try:
            to_whom.append(_one(absence, handoff, at=at))
        except Exception:
            failed = True
            log.exception("leave_not_passed_on", leave=absence.pk, handoff=handoff.pk)
    if not failed:
        _mark(absence, [name for name in to_whom if name], at=at)
    return sum(map(bool, to_whom))


def _mark(absence: Absence, to_whom: list[str], *, at: datetime) -> None:
    """Once, whoever comes first; in the audit trail beside the ledger's lines."""
    with transaction.atomic():
        if not Absence.objects.to_pass_on().filter(pk=absence.pk).update(passed_on_at=at):
            return
        to = {name: to_whom.count(name) for name in sorted(set(to_whom))}
        facts = {"deputy": str(absence.deputy), "handoffs": len(to_whom), "to": to}
        audit.record("leave_passed_on", absence.user, by=None, at=at, facts=facts)
    log.info("leave_passed_on", leave=absence.pk, handoffs=len(to_whom))


def _one(absence: Absence, handoff: Handoff, *, at: datetime) -> str:
    """Pass one handoff on; to whom, or nothing when it is not the person's any more."""
    with transaction.atomic():
        mine = Handoff.objects.open().filter(pk=handoff.pk, owner=absence.user)
        now = mine.select_for_update(of=("self",)).select_related("lead").first()
        if now is None:
            return ""
        chosen = _chosen(absence, now, at=at)
        why = f"{_since(absence, at=at)}; {chosen.why}"[:300]
        pool = chosen.route.pool if chosen.route else None
        if chosen.rep is None and pool is not None and pool.mode == Pool.Mode.OPEN:
            asked, skipped = at_hand(pool, at=at, without={absence.user_id})
            skipped = [*chosen.skipped, *skipped]
            back_to_pool(now, pool, by=None, at=at, reason=why, how=LEAVE, skipped=skipped,
                         tell=asked)  # fmt: skip
            return pool.name
        reassign(now, chosen.rep, by=None, at=at, reason=why, how=LEAVE, skipped=chosen.skipped)
        if chosen.rep is None:
            _tell_managers(absence, now, why, at=at)
        return str(chosen.rep or "nobody yet")


def _chosen(absence: Absence, handoff: Handoff, *, at: datetime) -> _Choice:
    """The deputy; where they can't, whoever's turn it is; where nobody's is, the manager."""
    deputy = absence.deputy
    hindered = _hindrance(deputy, handoff, at=at)
    if deputy is not None and not hindered:
        return _Choice(f"{deputy} stands in", rep=deputy)
    without = {absence.user_id, deputy.pk if deputy else absence.user_id}
    found = route([handoff.lead], at=at, without=without, stamp=configuration.stamp())[0]
    rep = User.objects.get(pk=found.rep_id) if found.rep_id else None
    skipped = [{"rep": str(deputy), "why": hindered}, *found.skipped]
    why = f"{deputy}, who stands in, is {hindered}; {found.reason}"
    return _Choice(why, rep, found, skipped)


def _hindrance(deputy: User | None, handoff: Handoff, *, at: datetime) -> str:
    """What keeps the deputy from taking it: as in routing, they may be away or full.

    Their places are locked first, so that no two handoffs take the last one.
    """
    if deputy is None or not deputy.is_active or not deputy.is_sales:
        return "no longer here"
    places = list(
        PoolMember.objects.select_for_update(of=("self",)).filter(user=deputy).order_by("pk")
    )
    if Absence.objects.covering(at).filter(user=deputy).exists():
        return "away"
    here = [place for place in places if place.pool_id == handoff.pool_id] or places
    most = max((place.capacity for place in here), default=None)
    busy = Handoff.objects.open().filter(owner=deputy).count()
    return f"full ({busy} of {most})" if most is not None and busy >= most else ""


def _since(absence: Absence, *, at: datetime) -> str:
    zone = ZoneInfo(absence.user.time_zone)
    first, last = leave_words(absence.starts_at, absence.ends_at, at=at, zone=zone)
    days = first if first == last else f"{first} to {last}"
    return f"{absence.user} is on leave, {days}"


def _tell_managers(absence: Absence, handoff: Handoff, why: str, *, at: datetime) -> None:
    lead = handoff.lead
    outbox.send([
        outbox.message(
            manager, "unassigned", f"Nobody has {lead.name}", f"{lead.name}: {why}",
            lead.get_absolute_url(), at=at,
            dedupe_key=f"unassigned:leave-{absence.pk}-{handoff.pk}:{manager}",
        )
        for manager in who_decides(pool_team(handoff.pool_id), at=at)
    ])  # fmt: skip
