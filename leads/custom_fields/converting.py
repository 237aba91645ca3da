"""Values that are there already, turned into the form of another kind: all of them, or none.

A value is read anew from its text (saying.cell), each different one once. Whoever captures at
that very moment may still know the old kind: what they leave behind is turned over by a second
look a minute later (tending).
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from leads.custom_fields.reading import read
from leads.custom_fields.registry import FieldRules
from leads.custom_fields.saying import cell
from leads.models import Company, CustomField, Lead

# Whose `extra` the values are in.
HOLDERS = {
    str(CustomField.About.LEAD): Lead._meta.db_table,
    str(CustomField.About.COMPANY): Company._meta.db_table,
}
# Different values that are read, or written, at a time.
CHUNK = 5000
SHOWN = 5
LONGEST_SHOWN = 60

DISTINCT = """
SELECT (extra -> %(key)s)::text, count(*) FROM {table} WHERE extra ? %(key)s
GROUP BY extra -> %(key)s
"""
# In the order in which captures lock them, so that nobody waits for each other.
LOCK = (
    "SELECT count(*) FROM (SELECT id FROM {table} WHERE extra ? %(key)s ORDER BY id FOR UPDATE) l"
)
# NULL takes the key away. What is under the field's own name stays when another key joins it.
WRITE = """
UPDATE {table} SET extra = CASE WHEN turned.new IS NULL THEN extra - %(key)s
    ELSE jsonb_build_object(%(name)s::text, turned.new) || (extra - %(key)s) END
FROM unnest(%(old)s::jsonb[], %(new)s::jsonb[]) AS turned (old, new)
WHERE extra ? %(key)s AND extra -> %(key)s = turned.old
"""


@dataclass(frozen=True, slots=True)
class Survey:
    """How the values under a key read by a kind: on how many leads they are, on how many they do
    not, and the most frequent of those."""

    leads: int
    unread: int
    examples: list[tuple[str, int]]

    @property
    def said(self) -> str:
        """The examples in words: "“about ten” (3), “lots” (1)"."""
        return ", ".join(f"“{text}” ({count:,})" for text, count in self.examples)


def survey(rules: FieldRules, *, key: str = "") -> Survey:
    """Look at the values under the field's name, and under `key`, as these rules would have them.

    Who has both counts twice.
    """
    leads, unread, wrong = 0, 0, Counter[str]()
    for source in _sources(rules, key):
        for _, value, count in _distinct(rules, source):
            leads += count
            try:
                read(rules, cell(value))
            except ValueError:
                unread += count
                # Only the most frequent are shown; a column of prose must not fill the memory.
                if len(wrong) < CHUNK:
                    wrong[cell(value)[:LONGEST_SHOWN]] += count
    return Survey(leads, unread, wrong.most_common(SHOWN))


def convert(rules: FieldRules, *, key: str = "") -> int:
    """Write every value that can be read in the form of these rules, those under `key` to the
    field's own name; returns how many changed. What can't be read stays as it is."""
    table, changed = HOLDERS[rules.about], 0
    with transaction.atomic(), connection.cursor() as cursor:
        for source in _sources(rules, key):
            cursor.execute(LOCK.format(table=table), {"key": source})
            for turned in _turned(rules, source):
                facts: dict[str, Any] = {"key": source, "name": rules.name}
                facts |= {"old": list(turned), "new": list(turned.values())}
                cursor.execute(WRITE.format(table=table), facts)
                changed += cursor.rowcount
    return changed


def _sources(rules: FieldRules, key: str) -> list[str]:
    return [rules.name, *([key] if key and key != rules.name else [])]


def _turned(rules: FieldRules, key: str) -> Iterator[dict[str, str | None]]:
    """Old and new values as JSON, by chunks; the same ones are left out."""
    turned: dict[str, str | None] = {}
    for text, value, _ in _distinct(rules, key):
        try:
            new = read(rules, cell(value))
        except ValueError:
            continue
        if new != value or type(new) is not type(value) or key != rules.name:
            turned[text] = None if new is None else json.dumps(new)
        if len(turned) >= CHUNK:
            yield turned
            turned = {}
    if turned:
        yield turned


def _distinct(rules: FieldRules, key: str) -> Iterator[tuple[str, Any, int]]:
    """Each different value as JSON and as Python has it, and on how many leads it is."""
    table = HOLDERS[rules.about]
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(DISTINCT.format(table=table), {"key": key})
        while rows := cursor.fetchmany(CHUNK):
            for text, count in rows:
                yield text, json.loads(text), count
