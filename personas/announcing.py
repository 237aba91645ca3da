"""A change of an offer: proposed, published to sales with a reason, acknowledged, taken back.

Marketing proposes, a manager of marketing publishes, and each member of sales is asked to
acknowledge. An offer's name and price change here and nowhere else, so its history is whole. How
much time sales has for it is a promise of the contract (sla listens to personas.signals).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit, outbox
from accounts.models import Role, Team, User
from accounts.refusals import Conflict, NotAllowed, Refused
from personas.change_words import title_of
from personas.models import Acknowledgement, FormerName, Offer, OfferChange
from personas.signals import change_acknowledged, change_published, change_taken_back

PUBLISHERS = (Role.MARKETING_MANAGER,)
PROPOSERS = (Role.MARKETER, *PUBLISHERS)
REASON_LENGTH = 1000


def may_propose(user: User) -> bool:
    """Marketing says what an offer is called and costs."""
    return user.role in PROPOSERS


def may_publish(user: User) -> bool:
    """A manager of marketing answers for it."""
    return user.role in PUBLISHERS


def open_change(offer: Offer) -> OfferChange | None:
    """What is proposed for an offer, if anything is."""
    return offer.changes.open().select_related("proposed_by").first()  # type: ignore[no-any-return]


def ticket(change: OfferChange | None) -> str:
    """Names the proposal somebody has before them, to tell later whether it is still that."""
    return f"{change.pk}.{change.edits}" if change is not None else ""


def sales() -> list[User]:
    """Everybody in sales: who is asked to acknowledge."""
    found = User.objects.filter(is_active=True, memberships__team__kind=Team.Kind.SALES)
    return list(found.distinct().order_by("pk"))


def propose(
    offer: Offer, after: Mapping[str, Any], *, by: User, at: datetime, seen: str,
    reason: str, say: str = "", claim: str = "",
) -> OfferChange:  # fmt: skip
    """Propose a change of an offer, or change what is proposed; nobody of sales hears of it yet.

    `after` holds what its facts shall be (Offer.facts); those that stay are left out. Raises
    Conflict when the proposal is not the one that was `seen`, Refused when nothing would change.
    """
    if not may_propose(by):
        raise NotAllowed("What an offer is called and costs is for marketing to propose.")
    try:
        with transaction.atomic():
            offer = Offer.objects.select_for_update().get(pk=offer.pk)
            change = open_change(offer)
            if ticket(change) != seen:
                raise Conflict(_changed(change), code="change_changed")
            if change is None:
                change = OfferChange(offer=offer, edits=0)
            change.claim, change.say, change.reason = claim.strip(), say.strip(), reason.strip()
            _fill(change, offer, after)
            change.edits += 1
            change.proposed_by, change.proposed_at = by, at
            change.save()
    except IntegrityError as error:  # Somebody else has just proposed something.
        raise Conflict(_changed(open_change(offer)), code="change_changed") from error
    return change


def _fill(change: OfferChange, offer: Offer, after: Mapping[str, Any]) -> None:
    now = offer.facts()
    change.after = {name: value for name, value in after.items() if now[name] != value}
    change.before = {name: now[name] for name in change.after}
    if not change.after and not change.claim:
        raise Refused("Nothing would be different; change the name, the price or a claim.")
    if not change.reason:
        raise Refused("Say why.", fields={"reason": "Say why; everybody in sales reads it."})
    if len(change.reason) > REASON_LENGTH:
        raise Refused(
            f"The reason has {len(change.reason)} characters; {REASON_LENGTH} is the most.",
            fields={"reason": f"Use at most {REASON_LENGTH} characters."},
        )
    name = change.after.get("name", "")
    taken = Offer.objects.filter(name__iexact=name).exclude(pk=offer.pk) if name else None
    if taken is not None and taken.exists():
        raise Refused(
            f"Another offer is called “{name}”.",
            fields={"name": f"Another offer is called “{name}”; choose another name."},
        )
    change.title = title_of(change)


def discard(change: OfferChange, *, by: User, at: datetime, seen: str) -> None:
    """Throw the proposal away. Raises Conflict when it is not as it was seen."""
    if not may_propose(by):
        raise NotAllowed("Proposals about offers are marketing's.")
    with transaction.atomic():
        now = _as_seen(change, seen)
        now.discarded_at = at
        now.save(update_fields=["discarded_at"])
        audit.record("change_discarded", now, by=by, at=at, facts={"title": now.title})


def publish(change: OfferChange, *, by: User, at: datetime, seen: str) -> OfferChange:
    """Put the change into effect, and ask everybody in sales to acknowledge it.

    Raises NotAllowed for anybody but a manager of marketing, Conflict when the proposal is not as
    it was seen, or the offer has changed since.
    """
    if not may_publish(by):
        raise NotAllowed("A manager of marketing publishes what changes about an offer.")
    with transaction.atomic():
        now = _as_seen(change, seen)
        offer = Offer.objects.select_for_update().get(pk=now.offer_id)
        now.published_by, now.published_at = by, at
        now.save(update_fields=["published_by", "published_at"])
        _apply(offer, now.after)
        if now.renamed:
            # Called so again: the name is retired no more. One from before there were changes is
            # kept, for no change would bring it back; it is not told while it is the present name.
            offer.former.filter(name__iexact=offer.name, change__isnull=False).delete()
            _retire(offer, now)
        asked = [Acknowledgement(change=now, user=user) for user in sales()]
        Acknowledgement.objects.bulk_create(asked)
        facts = {"title": now.title, "reason": now.reason, "asked": len(asked)}
        audit.record("change_published", now, by=by, at=at, facts=facts)
        outbox.send([_told(now, row.user_id, at=at) for row in asked])
        change_published.send(OfferChange, acknowledgements=asked, at=at)
    return now


def _apply(offer: Offer, facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        setattr(offer, name, value)
    offer.save()


def _retire(offer: Offer, change: OfferChange) -> None:
    """The name before a change is a former one; in other capitals it is the same name."""
    name = change.before["name"]
    if offer.former.filter(name__iexact=name, change=None).exists():
        return
    FormerName.objects.update_or_create(
        offer=offer, name__iexact=name,
        defaults={"name": name, "until": change.published_at, "change": change},
    )  # fmt: skip


def _told(change: OfferChange, user_id: int, *, at: datetime) -> Any:
    body = " ".join(filter(None, [change.say, f"Why: {change.reason}"]))
    return outbox.message(
        user_id, "change", f"To acknowledge: {change.title}", body, change.get_absolute_url(),
        at=at, dedupe_key=f"change:{change.pk}:{user_id}",
    )  # fmt: skip


def acknowledge(change: OfferChange, *, by: User, at: datetime) -> Acknowledgement:
    """Say that one has read it; doing so twice changes nothing.

    Raises NotAllowed for whoever was not asked, Conflict when it was taken back.
    """
    with transaction.atomic():
        row = (
            # The change too: whoever takes it back ends the clocks.
            Acknowledgement.objects.select_for_update(of=("self", "change"))
            .select_related("change")
            .filter(change=change, user=by)
            .first()
        )
        if row is None:
            raise NotAllowed("This change was not yours to acknowledge.", code="not_asked")
        if row.acknowledged_at is not None:
            return row
        if row.change.taken_back_at is not None:
            raise Conflict("This change was taken back; there is nothing to acknowledge.")
        row.acknowledged_at = at
        row.save(update_fields=["acknowledged_at"])
        change_acknowledged.send(OfferChange, acknowledgements=[row], at=at)
    return row


def take_back(change: OfferChange, *, by: User, at: datetime) -> None:
    """Undo a publication: the offer is as it was, nobody need acknowledge, who was asked is told.

    Raises NotAllowed for anybody but a manager of marketing, Conflict when it is not the offer's
    last change.
    """
    if not may_publish(by):
        raise NotAllowed("A manager of marketing takes back what was published.")
    with transaction.atomic():
        offer = Offer.objects.select_for_update().get(pk=change.offer_id)
        last = offer.changes.in_effect().order_by("-published_at", "-pk").first()
        if last is None or last.pk != change.pk:
            raise Conflict(
                "This is not the last change of the offer; publish another one that says what "
                "holds now.",
                code="not_the_last",
            )
        last.taken_back_by, last.taken_back_at = by, at
        last.save(update_fields=["taken_back_by", "taken_back_at"])
        FormerName.objects.filter(change=last).delete()
        _apply(offer, last.before)
        if last.renamed:
            # It had brought back a former name, which is one again.
            earlier = offer.changes.in_effect().filter(before__name__iexact=last.after["name"])
            for change in earlier.order_by("-published_at", "-pk")[:1]:
                _retire(offer, change)
        rows: Sequence[Acknowledgement] = list(last.acknowledgements.select_related("change"))
        audit.record("change_taken_back", last, by=by, at=at, facts={"title": last.title})
        outbox.send([
            outbox.message(
                row.user_id, "change", f"Taken back: {last.title}",
                f"{by} took this back. {offer} is sold as before.", last.get_absolute_url(), at=at,
                dedupe_key=f"change-back:{last.pk}:{row.user_id}",
            )
            for row in rows
        ])  # fmt: skip
        change_taken_back.send(OfferChange, acknowledgements=rows, at=at)


def _as_seen(change: OfferChange, seen: str) -> OfferChange:
    # Whoever writes an offer takes its lock first.
    Offer.objects.select_for_update().get(pk=change.offer_id)
    now = OfferChange.objects.select_for_update().get(pk=change.pk)
    if not now.is_open:
        done = "published" if now.published_at else "thrown away"
        raise Conflict(f"This proposal was {done} meanwhile.", code="change_over")
    if ticket(now) != seen:
        raise Conflict(
            "The proposal has changed since you looked at it; read it again first.",
            code="change_changed",
        )
    return now


def _changed(change: OfferChange | None) -> str:
    if change is None:
        return (
            "The proposal was published or thrown away since you opened it. What you typed is "
            "below; look at the offer, then save yours if you still want to."
        )
    return (
        f"{change.proposed_by} has proposed something since you opened this. What you typed is "
        "below; look at theirs, then save yours over it if you still want to."
    )
