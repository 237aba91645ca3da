"""Link the leads that are there to companies, batch by batch, while the tables are in use.

Nobody owns a company by it: who accepts its next lead does. Ended in the middle, it goes on where it
was when it is run again. Taken back, the companies go with their table.
"""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models, transaction

from leads.duplicates.records import company as key_of_name
from leads.normalise import is_public

BATCH = 2000
COLUMNS = ("ids", "names", "keys", "domains", "countries", "instants")
NAMED = """
SELECT id, company, company_domain, country, created_at FROM leads_lead
WHERE id > %s AND company <> '' AND of_company_id IS NULL ORDER BY id LIMIT %s
"""
MAKE = """
INSERT INTO leads_company (name, name_key, domain, country, industry, size, note, extra, brought,
    created_at, updated_at)
SELECT m.name, m.name_key, m.domain, m.country, '', '', '', '{}', '{}', m.at, m.at
FROM unnest(%(names)s::text[], %(keys)s::text[], %(domains)s::text[], %(countries)s::text[],
    %(instants)s::timestamptz[]) AS m (name, name_key, domain, country, at)
WHERE m.domain <> '' OR NOT EXISTS (
    SELECT FROM leads_company c WHERE c.name_key = m.name_key AND c.country = m.country)
ORDER BY m.domain, m.name_key, m.country ON CONFLICT DO NOTHING
"""
LINK = """
UPDATE leads_lead l SET of_company_id = CASE WHEN w.domain <> '' THEN (
    SELECT coalesce(c.merged_into_id, c.id) FROM leads_company c
    WHERE c.domain = w.domain AND c.domain <> ''
) ELSE (
    SELECT coalesce(c.merged_into_id, c.id) FROM leads_company c
    WHERE c.name_key = w.name_key AND c.country = w.country ORDER BY c.id LIMIT 1
) END
FROM unnest(%(ids)s::bigint[], %(keys)s::text[], %(domains)s::text[], %(countries)s::text[])
    AS w (id, name_key, domain, country) WHERE l.id = w.id
"""
SAME_DOMAIN = """
UPDATE leads_lead l SET of_company_id = coalesce(c.merged_into_id, c.id) FROM leads_company c
WHERE l.id > %s AND l.id <= %s AND l.of_company_id IS NULL AND l.company_domain <> ''
    AND c.domain = l.company_domain AND c.domain <> ''
"""


def link(apps: Any, schema_editor: Any) -> None:
    connection, last = schema_editor.connection, 0
    while True:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(NAMED, [last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                break
            _link(cursor, rows)
            last = rows[-1][0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM leads_lead")
        (most,) = cursor.fetchone()
        for first in range(0, most, BATCH):
            cursor.execute(SAME_DOMAIN, [first, first + BATCH])


def _link(cursor: Any, rows: Any) -> None:
    lines = [
        (number, name, key, "" if is_public(domain) else domain, country, at)
        for number, name, domain, country, at in rows
        if (key := key_of_name(name))
    ]
    # Those with a domain first: who is known by name alone may be one of them.
    for part in ([line for line in lines if line[3]], [line for line in lines if not line[3]]):
        if part:
            found = dict(zip(COLUMNS, map(list, zip(*part, strict=True)), strict=True))
            cursor.execute(MAKE, found)
            cursor.execute(LINK, found)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("leads", "0034_companies")]

    operations = [
        migrations.RunPython(link, migrations.RunPython.noop),
        AddIndexConcurrently(
            "lead",
            models.Index(
                condition=models.Q(("of_company__isnull", False)),
                fields=["of_company"],
                name="lead_by_company",
            ),
        ),
        AddIndexConcurrently(
            "lead",
            models.Index(
                condition=models.Q(("of_company", None))
                & models.Q(("company_domain", ""), _negated=True),
                fields=["company_domain"],
                name="lead_waits_for_company",
            ),
        ),
    ]
