"""Who owns a company: the rep who accepts its first lead, until a manager says otherwise."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from accounts.models import AuditEntry, User
from accounts.writing import insert
from leads.models import Company

# Of two who accept two of its leads at once, one finds it free.
KEEP = """
UPDATE leads_company c SET owner_id = first.owner, updated_at = %(at)s
FROM (
    SELECT DISTINCT ON (l.of_company_id) l.of_company_id AS id, had.owner, had.lead
    FROM unnest(%(leads)s::bigint[], %(owners)s::bigint[]) WITH ORDINALITY AS had (lead, owner, n)
    JOIN leads_lead l ON l.id = had.lead ORDER BY l.of_company_id, had.n
) first
WHERE c.id = first.id AND c.owner_id IS NULL
RETURNING c.id, first.lead, (SELECT email FROM accounts_user WHERE id = first.owner)
"""
OWNERS = """
SELECT c.id, c.name, u.id, coalesce(nullif(u.name, ''), u.email),
    ARRAY(SELECT pool_id FROM leads_poolmember p WHERE p.user_id = u.id)
FROM leads_company c JOIN accounts_user u ON u.id = c.owner_id WHERE c.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a company is, and the pools they have a place in."""

    company: str
    user_id: int
    name: str
    pools: frozenset[int]


def keep(had: Sequence[tuple[int, int]], *, by: User | None, at: datetime) -> None:
    """Companies of these leads are these reps', unless they are somebody's already; in the
    caller's transaction. `had` are numbers of leads and of who accepted them."""
    with connection.cursor() as cursor:
        leads, owners = [lead for lead, _ in had], [owner for _, owner in had]
        cursor.execute(KEEP, {"leads": leads, "owners": owners, "at": at})
        kept = cursor.fetchall()
    label = Company._meta.label_lower
    insert([
        AuditEntry(
            at=at, actor=by, verb="company_owner_changed", subject=label, subject_id=company,
            facts={"from": None, "to": email, "lead": lead},
        )
        for company, lead, email in kept
    ])  # fmt: skip


def owners_of(companies: Collection[int]) -> dict[int, Owner]:
    """The owners of those of these companies that have one."""
    if not companies:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(OWNERS, [sorted(companies)])
        return {
            number: Owner(company, user, name, frozenset(pools))
            for number, company, user, name, pools in cursor.fetchall()
        }
