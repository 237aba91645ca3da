"""What a captured row does to a lead we have: fill its gaps, overwrite what differs, or nothing.

A row of an import that says nothing new leaves the lead as it is, so that the same file twice
changes nothing; for that, a lead without an e-mail address is known by phone, name and company
together (never by the phone number alone).
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from accounts.models import User
from leads import normalise
from leads.intake import Row
from leads.models import Activity, Duplicates, Kind, Lead, Left, Merge

FILLABLE = (
    "phone", "phone_typed", "first_name", "last_name", "company", "company_domain",
    "job_title", "country", "source",
)  # fmt: skip
# What an overwrite may change, and what is written with it.
OVERWRITTEN = {
    "first_name": ("first_name",),
    "last_name": ("last_name",),
    "company": ("company",),
    "job_title": ("job_title",),
    "country": ("country",),
    "phone": ("phone", "phone_typed"),
    "source": ("source",),
}
# By their own address, or by that of a lead that became part of them.
BY_EMAIL = """
SELECT id FROM leads_lead WHERE (email = ANY(%s) OR id = ANY(ARRAY(
    SELECT survivor_id FROM leads_merge WHERE former_email = ANY(%s) AND undone_at IS NULL
))) AND deleted_at IS NULL ORDER BY id FOR UPDATE
"""
BY_PHONE = """
SELECT id FROM leads_lead WHERE phone = ANY(%s) AND phone <> '' AND email IS NULL
AND deleted_at IS NULL ORDER BY id FOR UPDATE
"""
# Nothing in the database keeps two leads with one phone number apart: imports take turns instead.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('leads without an e-mail address'))"
Key = str | tuple[str, str] | None


def key_of_row(row: Row) -> Key:
    """By what a lead is known again; None: it never is."""
    if row.email or row.touchpoint != Kind.IMPORTED:
        return row.email
    return row.person["phone"], row.person["match_text"]


def key_of_lead(lead: Lead) -> Key:
    return lead.email or (lead.phone, lead.match_text)


def lock(rows: Iterable[Row]) -> list[int]:
    """Lock the leads that these rows may speak of; their ids."""
    keys = {key_of_row(row) for row in rows}
    emails = sorted(key for key in keys if isinstance(key, str) and key)
    phones = sorted({key[0] for key in keys if isinstance(key, tuple)})
    found: list[int] = []
    with connection.cursor() as cursor:
        if emails:
            cursor.execute(BY_EMAIL, [emails, emails])
            found += [pk for (pk,) in cursor.fetchall()]
        if phones:
            cursor.execute(ONE_AT_A_TIME)
            cursor.execute(BY_PHONE, [phones])
            found += [pk for (pk,) in cursor.fetchall()]
    return found


def formerly(leads: Iterable[Lead], rows: Iterable[Row]) -> dict[str, int]:
    """By which of these rows' addresses a lead is known that has another one since a merge."""
    emails = {row.email for row in rows if row.email}
    merged = [lead.pk for lead in leads if lead.email not in emails]
    if not merged or not emails:
        return {}
    found = Merge.objects.filter(survivor__in=merged, former_email__in=emails, undone_at=None)
    return {email or "": pk for email, pk in found.values_list("former_email", "survivor_id")}


def editable(leads: Iterable[Lead], *, by: User | None) -> set[int]:
    """Which of these leads this person may overwrite."""
    ids = [lead.pk for lead in leads]
    if by is None or not ids:
        return set()
    return set(Lead.objects.editable_by(by).filter(pk__in=ids).values_list("pk", flat=True))


def left_alone(lead: Lead, row: Row, signs: Iterable[Activity], *, how: str, may_edit: bool) -> str:
    """Why the lead stays as it is; empty when the row adds something."""
    if how == Duplicates.SKIP:
        return Left.SKIPPED
    if row.touchpoint != Kind.IMPORTED or _adds(lead, row):
        return ""
    if how == Duplicates.OVERWRITE and may_edit and differing(lead, row):
        return ""
    campaign = row.campaign.id if row.campaign else None
    for sign in signs:
        if (
            (sign.kind, sign.campaign_id, sign.note) == (Kind.IMPORTED, campaign, row.message)
            and sign.data == row.origin
            and row.occurred_at in (None, sign.occurred_at)
        ):
            return Left.UNCHANGED
    return ""


def _adds(lead: Lead, row: Row) -> bool:
    """Whether filling gaps would change anything."""
    return (
        any(row.person.get(name) and not getattr(lead, name) for name in FILLABLE)
        or (row.campaign is not None and lead.campaign_id is None)
        or bool(row.consent_text and not lead.consent_text)
        or not lead.extra.keys() >= row.extra.keys()
        or not set(lead.tags) >= set(row.tags)
    )


def differing(lead: Lead, row: Row) -> list[str]:
    """What an overwrite would change: names of details, and of further fields as `extra.x`.

    A gap is filled, which overwrites nothing.
    """
    person = row.person
    names = [
        name
        for name in OVERWRITTEN
        if person.get(name) and getattr(lead, name) and person[name] != getattr(lead, name)
    ]
    more = [name for name, value in row.extra.items() if lead.extra.get(name, value) != value]
    return [*names, *(f"extra.{name}" for name in more)]


def fill_gaps(lead: Lead, row: Row, *, at: datetime) -> None:
    """Write what the row knows and the lead does not."""
    for name in FILLABLE:
        if not getattr(lead, name) and row.person.get(name):
            setattr(lead, name, row.person[name])
    lead.match_text = normalise.match_text(lead.first_name, lead.last_name, lead.company)
    if lead.campaign_id is None and row.campaign is not None:
        lead.campaign_id = row.campaign.id
    if not lead.consent_text and row.consent_text:
        lead.consent_text, lead.consent_at = row.consent_text, row.consent_at
    lead.extra = {**row.extra, **lead.extra}
    lead.tags = list(dict.fromkeys([*lead.tags, *row.tags]))
    lead.updated_at = at


def overwrite(lead: Lead, row: Row) -> dict[str, dict[str, object]]:
    """Write what the row says otherwise; returns what changed, from what to what."""
    changed: dict[str, dict[str, object]] = {}
    for name in differing(lead, row):
        if name in OVERWRITTEN:
            changed[name] = {"from": getattr(lead, name), "to": row.person[name]}
            for written in OVERWRITTEN[name]:
                setattr(lead, written, row.person[written])
        else:
            short = name.removeprefix("extra.")
            changed[name] = {"from": lead.extra.get(short, ""), "to": row.extra[short]}
            lead.extra = {**lead.extra, short: row.extra[short]}
    lead.match_text = normalise.match_text(lead.first_name, lead.last_name, lead.company)
    return changed
