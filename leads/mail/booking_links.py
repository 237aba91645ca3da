"""The link by which a lead takes a time with somebody: made for one lead, signed, nobody else's."""

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import BookingPage, User
from leads.models import FormerLead, Lead

SALT = "leads.booking"


def link_for(lead: Lead, user: User) -> str:
    """A link of this lead's own to the person's page; empty while that is not switched on."""
    page = BookingPage.objects.of(user)
    if page is None:
        return ""
    mark = signing.dumps([page.slug, lead.pk], salt=SALT)
    query = urlencode({"for": mark})
    return f"{settings.SITE_URL}{reverse('book', args=[page.slug])}?{query}"


def lead_by(mark: str, page: BookingPage) -> Lead | None:
    """Whose link it is, or who they have become; nobody for any other mark."""
    try:
        slug, pk = signing.loads(mark, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if slug != page.slug:
        return None
    lead = Lead.objects.filter(pk=pk).first()
    former = None if lead else FormerLead.objects.select_related("now").filter(pk=pk).first()
    return former.now if former is not None and former.now.deleted_at is None else lead
