"""What a deed for many leads would do: how many, and which can't be done and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from accounts.models import User
from accounts.refusals import Refused
from leads.bulk.deeds import Deed, Told
from leads.lists.asking import Asked
from leads.models import Handoff, Lead

MOST = 10_000
# Leads that are looked at one by one beforehand; their share says enough about the others.
LOOKED_AT = 1000
NAMED = 20


@dataclass(slots=True)
class Preview:
    """How many leads, how many of those looked at can't be done, and some of them with why."""

    count: int = 0
    looked_at: int = 0
    hindered: int = 0
    named: list[tuple[Lead, str]] = field(default_factory=list)

    @property
    def can_be_done(self) -> int:
        return self.looked_at - self.hindered

    @property
    def may_do_something(self) -> bool:
        """Whether any can be done, or may be among those not looked at."""
        return self.can_be_done > 0 or self.looked_at < self.count


def chosen(found: Asked, ticked: Sequence[int], *, everything: bool) -> list[int]:
    """The numbers of the leads meant, in the order of their numbers: those ticked, or all that the
    list has. Raises Refused when that can't be said, or for none or too many."""
    leads: QuerySet[Lead] = Lead.objects.visible_to(found.user).filter(pk__in=ticked)
    if everything and not found.place.has_every:
        raise Refused("Choose the leads of a queue one by one; nothing was done.")
    if everything:
        if not found.can_be_trusted:
            said = found.filters.problem or "A filter of this list can't be applied."
            raise Refused(f"{said} Nothing is done to all of a list that is not what was asked.")
        leads = found.leads()
    numbers = list(leads.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    if not numbers:
        raise Refused("Choose at least one lead.")
    if len(numbers) > MOST:
        raise Refused(f"These are more than {MOST:,} leads; narrow the list first.")
    return numbers


def preview(deed: Deed, numbers: Sequence[int], told: Told, *, by: User, at: datetime) -> Preview:
    """What would become of these leads now."""
    found = Preview(count=len(numbers))
    some = list(numbers[:LOOKED_AT])
    mine = set(deed.mine(by).filter(pk__in=some).values_list("pk", flat=True))
    opened = Prefetch("handoffs", Handoff.objects.open())
    leads = Lead.objects.filter(pk__in=some).prefetch_related(opened).order_by("pk")
    for lead in leads:
        found.looked_at += 1
        why = "" if lead.pk in mine else deed.not_mine
        if not why and deed.hinders is not None:
            why = deed.hinders(lead, told, at)
        if why:
            found.hindered += 1
            if len(found.named) < NAMED:
                found.named.append((lead, why))
    return found
