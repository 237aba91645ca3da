"""What was written about an erased person in this room goes with them; the figures stay."""

from collections.abc import Sequence

from django.urls import reverse

from accounts import outbox
from sla.models import Claim, Exclusion, Excuse


def claims_of(lead_number: int | None) -> str:
    """The typed times that wait, where one of this lead was once: an address of its own, by which
    such messages are found."""
    return f"{reverse('claim-list')}#lead-{lead_number}"


def left_out(lead_number: int | None) -> str:
    """The same of the handoffs left out of the monthly promises."""
    return f"{reverse('scorecard')}#lead-{lead_number}"


def forget(lead_numbers: Sequence[int]) -> None:
    """Empty all that somebody wrote of these leads, in the caller's transaction."""
    Exclusion.objects.filter(handoff__lead__in=lead_numbers).update(reason="")
    Claim.objects.filter(clock__lead__in=lead_numbers).update(note="")
    Excuse.objects.filter(clock__lead__in=lead_numbers).update(reason="")
    pages = [page for n in lead_numbers for page in (claims_of(n), left_out(n))]
    outbox.forget(pages, told_too=True)
