"""Which company a lead is of: by the domain of its address, else by the company's name and country.

1. Addresses that anybody may have tell nothing (leads.normalise.is_public).
2. A domain that a company has, or had before it was merged, is that company.
3. Without a domain the name must be the same, but for its legal form, and so must the country.
4. A company that is not known yet is made where the lead names it; a domain alone makes none.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from accounts import audit
from leads.duplicates.records import company as key_of_name
from leads.models import Company, Lead
from leads.normalise import is_public


class Place(NamedTuple):
    """By what a company is known: its domain, or its name and country and no domain."""

    domain: str
    name_key: str
    country: str


# Leads wait for their domain to be a company's; an index has them (lead_waits_for_company). One
# that somebody is writing at this moment is left to them.
ADOPT = """
UPDATE leads_lead l SET of_company_id = made.id FROM made
WHERE l.company_domain = made.domain AND l.id IN (
    SELECT w.id FROM leads_lead w JOIN made ON made.domain = w.company_domain
    WHERE w.company_domain <> '' AND w.of_company_id IS NULL FOR UPDATE OF w SKIP LOCKED
)
"""
# One statement for all places of a batch: look, make what is missing, say which is which. Made in
# one order, so that batches that make the same ones never wait for each other in a circle; what
# somebody else made in the same moment is missing from the answer, and is there at the next look.
LOOK_AND_MAKE = f"""
WITH wanted AS (
    SELECT * FROM unnest(%(domains)s::text[], %(keys)s::text[], %(countries)s::text[],
        %(names)s::text[], %(named)s::text[]) AS w (domain, name_key, country, name, made_key)
), known AS (
    SELECT w.*, CASE WHEN w.domain <> '' THEN (
        SELECT coalesce(c.merged_into_id, c.id) FROM leads_company c
        WHERE c.domain = w.domain AND c.domain <> ''
    ) ELSE (
        SELECT coalesce(c.merged_into_id, c.id) FROM leads_company c
        WHERE c.name_key = w.name_key AND c.country = w.country ORDER BY c.id LIMIT 1
    ) END AS id FROM wanted w
), made AS (
    INSERT INTO leads_company (name, name_key, domain, country, industry, size, note, extra,
        brought, created_at, updated_at)
    SELECT name, made_key, domain, country, '', '', '', '{{}}', '{{}}', %(at)s, %(at)s FROM known
    WHERE id IS NULL AND made_key <> '' ORDER BY domain, made_key, country
    ON CONFLICT DO NOTHING RETURNING id, domain, name_key, country
), adopted AS ({ADOPT})
SELECT domain, name_key, country, id FROM known WHERE id IS NOT NULL
UNION ALL SELECT domain, name_key, country, id FROM made
"""  # noqa: S608 (a statement of ours)
LOOKS = 3


def place_of(lead: Lead) -> Place | None:
    """By what the lead's company is known; None where it tells of none."""
    if lead.company_domain and not is_public(lead.company_domain):
        return Place(lead.company_domain, "", "")
    return _named(lead)


def _named(lead: Lead) -> Place | None:
    key = key_of_name(lead.company) if lead.company else ""
    return Place("", key, lead.country) if key else None


def link(leads: Iterable[Lead], *, at: datetime) -> None:
    """Say on each lead which company it is of; the caller holds new or locked leads, and saves
    them. One statement for all of them, and none where no lead tells of a company."""
    places: dict[Place, list[Lead]] = {}
    for lead in leads:
        lead.of_company_id = None
        if place := place_of(lead):
            places.setdefault(place, []).append(lead)
    for place in [place for place in places if place.domain]:
        # Who comes with them, from an address of their own, and names the same company.
        for named in {_named(lead) for lead in places[place]}:
            if named in places:
                places[place] += places.pop(named)
    for _ in range(LOOKS):
        if not places:
            return
        places = _look(places, at=at)


def adopt(company: Company) -> None:
    """Link the leads that waited for this domain to be a company's."""
    with connection.cursor() as cursor:
        made = "WITH made AS (SELECT %s::bigint AS id, %s AS domain)"
        cursor.execute(f"{made} {ADOPT}", [company.pk, company.domain])


def _look(places: dict[Place, list[Lead]], *, at: datetime) -> dict[Place, list[Lead]]:
    """Link what there is or can be made; returns the places that somebody else is making."""
    names = {place: _name(leads) for place, leads in places.items()}
    values: dict[str, Any] = {
        "domains": [place.domain for place in places],
        "keys": [place.name_key for place in places],
        "countries": [place.country or _country(leads) for place, leads in places.items()],
        "names": list(names.values()),
        "named": [key_of_name(name) for name in names.values()],
        "at": at,
    }
    found: dict[Place, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(LOOK_AND_MAKE, values)
        for domain, key, country, number in cursor.fetchall():
            found[Place(domain, "", "") if domain else Place("", key, country)] = number
    missing = {}
    for place, leads in places.items():
        for lead in leads:
            lead.of_company_id = found.get(place)
        if place not in found and key_of_name(names[place]):
            missing[place] = leads
    return missing


def _name(leads: Sequence[Lead]) -> str:
    """What the first of them that names it calls it."""
    return next((lead.company for lead in leads if key_of_name(lead.company)), "")


def _country(leads: Sequence[Lead]) -> str:
    """The country of the one that names it; it is filled in where a company is made."""
    return next((lead.country for lead in leads if key_of_name(lead.company)), "")


def drop_bare(numbers: Iterable[int | None]) -> None:
    """Delete those of these companies that nobody is at any more and nobody wrote about."""
    if there := [number for number in numbers if number is not None]:
        Company.objects.filter(pk__in=there).left().bare().delete()


def forget(numbers: Iterable[int | None], *, at: datetime) -> None:
    """Delete those of these companies that nobody is at any more, whatever was noted of them."""
    there = [number for number in numbers if number is not None]
    for company in Company.objects.filter(pk__in=there).left() if there else ():
        audit.record("company_erased", company, by=None, at=at)
        company.delete()
