"""Who owns a company: the rep who accepts its first lead, until a manager says otherwise."""

from datetime import datetime

from django.db import connection

from accounts import audit
from accounts.models import User
from leads.models import Company

# Of two who accept two of its leads at once, one finds it free.
KEEP = """
UPDATE leads_company c SET owner_id = %(owner)s, updated_at = %(at)s FROM leads_lead l
WHERE l.id = %(lead)s AND c.id = l.of_company_id AND c.owner_id IS NULL RETURNING c.id
"""


def keep(lead_id: int, owner_id: int, *, by: User, at: datetime) -> None:
    """The lead's company is this rep's, unless it is somebody's already; in the caller's
    transaction."""
    with connection.cursor() as cursor:
        cursor.execute(KEEP, {"owner": owner_id, "at": at, "lead": lead_id})
        kept = cursor.fetchone()
    if kept is not None:
        owner = by if by.pk == owner_id else User.objects.get(pk=owner_id)
        facts = {"from": None, "to": owner.email, "lead": lead_id}
        audit.record("company_owner_changed", Company(pk=kept[0]), by=by, at=at, facts=facts)
