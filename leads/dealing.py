"""A qualified lead joins an open deal of its company, as one more contact of it.

The deal stays whose it is and is closed on the page of its first contact; the others become a
customer, or are recycled, with it. What was won counts once, for the first.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts import outbox
from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads.models import Deal, DealContact, Kind, Lead, Stage

# A choice is made among few.
MOST = 10


def to_join(lead: Lead) -> "QuerySet[Deal]":
    """The open deals of its company: whoever works one person there may learn of them."""
    if lead.of_company_id is None:
        return Deal.objects.none()
    there = Deal.objects.open().filter(lead__of_company=lead.of_company_id)
    return there.exclude(lead=lead).select_related("owner", "lead").order_by("-opened_at")[:MOST]


def ready(lead: Lead) -> tuple[Lead, Deal | None]:
    """The lead as it stands, locked, and the open deal it is in already; in the caller's
    transaction. Raises Conflict for one that is in none and is not qualified."""
    now = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    known = Deal.objects.of(now).open().first()
    if known is None and now.stage != Stage.SQL:
        raise Conflict(f"Qualify {now.name} before opening a deal.", code="not_qualified")
    return now, known


def join(lead: Lead, deal: Deal, *, by: User, at: datetime) -> tuple[Deal, bool]:
    """Make the lead a contact of the deal; twice changes nothing. Returns the open deal it is on
    and whether that is new.

    Raises Conflict for a lead that is not qualified or a deal that was closed meanwhile, Refused
    for another company's deal.
    """
    with transaction.atomic():
        now, known = ready(lead)
        if known is not None:
            return known, False
        there = _open_now(deal)
        if now.of_company_id is None or there.lead.of_company_id != now.of_company_id:
            raise Refused(f"“{there}” is a deal of another company than {now.name}’s.")
        DealContact.objects.create(deal=there, lead=now, by=by, at=at)
        Lead.objects.filter(pk=now.pk).update(stage=Stage.OPPORTUNITY, updated_at=at)
        handoff = now.handoffs.order_by("-cycle").first()
        now.record(
            Kind.JOINED_DEAL, by=by, at=at, handoff=handoff, occurred_at=at, data={"deal": there.pk}
        )
        _tell_owner(there, now, by=by, at=at)
    return there, True


def _open_now(deal: Deal) -> Deal:
    there = Deal.objects.select_for_update(of=("self",)).select_related("lead").get(pk=deal.pk)
    if there.state != Deal.State.OPEN:
        state = there.get_state_display().lower()
        raise Conflict(f"“{there}” is {state} meanwhile; open a new deal.", code="deal_closed")
    return there


def _tell_owner(deal: Deal, lead: Lead, *, by: User, at: datetime) -> None:
    if deal.owner_id == by.pk:
        return
    title = f"{lead.name} joined your deal “{deal}”"
    url = deal.lead.get_absolute_url()
    outbox.send([outbox.message(deal.owner_id, "deal", title, f"{by} added them.", url, at=at)])


def on_both(left: Lead, gone: Lead) -> list[dict[str, Any]]:
    """Before two leads become one: nobody is on a deal twice. Drops what would be double and
    returns it, as JSON keeps it."""
    both = (left, gone)
    mine = set(Deal.objects.filter(lead__in=both).values_list("pk", flat=True))
    mine |= set(DealContact.objects.filter(lead=left).values_list("deal", flat=True))
    double = DealContact.objects.filter(deal__in=mine, lead=gone)
    double |= DealContact.objects.filter(deal__lead=gone, lead=left)
    dropped = list(double)
    DealContact.objects.filter(pk__in=[contact.pk for contact in dropped]).delete()
    return [
        {"deal_id": c.deal_id, "lead_id": c.lead_id, "by_id": c.by_id, "at": c.at.isoformat()}
        for c in dropped
    ]


def part_again(dropped: Sequence[Mapping[str, Any]]) -> None:
    """Put back what `on_both` had dropped."""
    DealContact.objects.bulk_create(
        DealContact(**{**facts, "at": datetime.fromisoformat(facts["at"])}) for facts in dropped
    )
