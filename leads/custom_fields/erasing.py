"""Delete the values of a field: on the leads, in their history, and in what could be undone.

Batch by batch, so that nobody waits long; whoever takes it up after a crash begins anew and finds
less. The field itself goes last, a while after: whoever was capturing by older definitions has
written by then. Files that were imported still have the column, until they are erased themselves.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts import audit
from leads.custom_fields.converting import HOLDERS
from leads.models import Activity, CustomField, ImportBatch, Merge

BATCH = 5000
# No transaction that still knew the field lasts so long.
SETTLED = timedelta(minutes=1)

NEXT = """
SELECT id FROM {table} WHERE id > %(last)s AND extra ? %(name)s ORDER BY id LIMIT %(most)s
FOR UPDATE
"""
TAKE = "UPDATE {table} SET extra = extra - %(name)s WHERE id = ANY(%(ids)s)"
HISTORY = f"""
UPDATE {Activity._meta.db_table}
SET data = data #- ARRAY['changed', %(key)s] #- ARRAY['aside', %(key)s]
WHERE kind IN ('edited', 'merged') AND (data -> 'changed' ? %(key)s OR data -> 'aside' ? %(key)s)
"""  # noqa: S608 (a table of ours)
MERGES = f"""
UPDATE {Merge._meta.db_table} SET
    survivor_before = survivor_before #- ARRAY['extra', %(name)s],
    survivor_after = survivor_after #- ARRAY['extra', %(name)s],
    other_before = other_before #- ARRAY['extra', %(name)s]
WHERE survivor_before -> 'extra' ? %(name)s OR survivor_after -> 'extra' ? %(name)s
    OR other_before -> 'extra' ? %(name)s
"""  # noqa: S608 (the same)
IMPORTS = f"""
UPDATE {ImportBatch._meta.db_table} SET merged = (
    SELECT jsonb_agg(
        note #- ARRAY['before', 'extra', %(name)s] #- ARRAY['after', 'extra', %(name)s]
        ORDER BY place
    ) FROM jsonb_array_elements(merged) WITH ORDINALITY AS noted (note, place)
)
WHERE EXISTS (
    SELECT FROM jsonb_array_elements(merged) AS note
    WHERE note #> '{{before,extra}}' ? %(name)s OR note #> '{{after,extra}}' ? %(name)s
)
"""  # noqa: S608 (the same)


def go_on(field: CustomField, *, at: datetime) -> int:
    """Delete what there is of a field that is being erased; returns on how many leads there was a
    value. A minute after it was asked for, the field goes too."""
    facts = {"name": field.name, "key": f"extra.{field.name}"}
    gone = _take_from_holders(field)
    if field.about == CustomField.About.LEAD:
        with connection.cursor() as cursor:
            for statement in (HISTORY, MERGES, IMPORTS):
                cursor.execute(statement, facts)
    if field.erasing_since is not None and at - field.erasing_since >= SETTLED:
        with transaction.atomic():
            audit.record("custom_field_erased", field, by=None, at=at, facts={"name": field.name})
            field.delete()
    return gone


def _take_from_holders(field: CustomField) -> int:
    table, gone, last = HOLDERS[field.about], 0, 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            facts: dict[str, Any] = {"name": field.name, "last": last, "most": BATCH}
            cursor.execute(NEXT.format(table=table), facts)
            ids = [pk for (pk,) in cursor.fetchall()]
            if not ids:
                return gone
            cursor.execute(TAKE.format(table=table), {"name": field.name, "ids": ids})
        gone += len(ids)
        last = ids[-1]
