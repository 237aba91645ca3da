"""How good a lead was, in sales' words: told once a handoff, known to marketing at once."""

from datetime import datetime

from django.db import transaction

from accounts import outbox
from accounts.models import Role, User
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.models import Feedback, Handoff, Kind, Lead
from leads.models.feedback import POOR, Rating


def may_rate(handoff: Handoff, user: User) -> bool:
    """Whoever has or had the handoff in the end, and the sales managers; nobody rates for marketing
    what sales found itself."""
    if handoff.is_own:
        return False
    return handoff.owner_id == user.pk or user.role in (Role.SALES_MANAGER, Role.ADMIN)


def rate(handoff: Handoff, rating: int, *, by: User, at: datetime, why: str = "") -> Feedback:
    """Say how good the lead was; said again it replaces what was said, and the record keeps both.

    Raises Refused for a rating that is none, or a poor one without a reason; NotAllowed for
    somebody else's handoff; Conflict for one that was never accepted.
    """
    why = why.strip()
    _check(rating, why)
    with transaction.atomic():
        handoff = Handoff.objects.select_for_update(of=("self",)).get(pk=handoff.pk)
        if handoff.is_own:
            raise Conflict("Sales found this lead itself; there is nobody to tell how good it was.")
        if not may_rate(handoff, by):
            raise NotAllowed(f"{handoff.owner or 'Nobody'} has this lead; the rating is theirs.")
        if handoff.accepted_at is None:
            raise Conflict("Accept the lead first; a rejection says why by itself.")
        before = Feedback.objects.filter(handoff=handoff).first()
        if before is not None and (before.rating, before.why) == (rating, why):
            return before
        said, _ = Feedback.objects.update_or_create(
            handoff=handoff, defaults={"rating": rating, "why": why, "by": by, "at": at}
        )
        lead = Lead.objects.select_related("campaign").get(pk=handoff.lead_id)
        lead.record(
            Kind.FEEDBACK, by=by, at=at, handoff=handoff, occurred_at=at, note=why,
            data={"rating": rating},
        )  # fmt: skip
        _tell(lead, handoff, said, before=before)
    return said


def _check(rating: int, why: str) -> None:
    if rating not in Rating.values:
        raise Refused(
            f"A rating is 1 (useless) to 5 (excellent), not {rating}.",
            fields={"rating": "Choose 1 to 5."},
        )
    if rating <= POOR and not why:
        raise Refused(
            "Say why it was poor: marketing can only mend what it knows.",
            fields={"why": "Say why it was poor."},
        )


def _tell(lead: Lead, handoff: Handoff, said: Feedback, *, before: Feedback | None) -> None:
    """Tell whoever handed it over; where leadflow did, those who answer for marketing's team."""
    giver = handoff.handed_over_by
    if giver is not None and giver.is_active and giver.is_marketing:
        recipients = [giver.pk]
    else:
        managers = User.objects.filter(
            is_active=True, memberships__is_manager=True, memberships__team=lead.team_id
        )
        recipients = list(managers.values_list("pk", flat=True))
    again = f", {before.rating} before" if before is not None else ""
    title = f"{lead.name}: {said.rating} of 5 from sales{again}"
    body = said.why or (lead.campaign.name if lead.campaign else "")
    outbox.send(
        [
            outbox.message(person, "feedback", title, body, lead.get_absolute_url(), at=said.at)
            for person in recipients
            if person != said.by_id
        ]
    )
