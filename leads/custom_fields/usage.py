"""What leads carry beyond their own fields, and what goes by a field of one's own."""

from dataclasses import dataclass

from django.db import connection

from leads.custom_fields.converting import HOLDERS
from leads.custom_fields.registry import FieldRules, by_name
from leads.models import CaptureForm, CustomField, Framework, Pool, ScoreRules
from personas.models import Persona

MOST_KEYS = 100
COUNTS = """
SELECT key, count(*) FROM {table}, jsonb_object_keys(extra) AS key
GROUP BY key ORDER BY count(*) DESC, key LIMIT %s
"""
COUNT = "SELECT count(*) FROM {table} WHERE extra ? %s"


@dataclass(frozen=True, slots=True)
class Carried:
    """A key of `extra`: on how many leads, and its field, if it has one."""

    key: str
    leads: int
    rules: FieldRules | None


def carried(about: str = CustomField.About.LEAD) -> list[Carried]:
    """Every key that leads have, the most frequent first. Reads all of them: for a page's second
    look."""
    fields = by_name(about)
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(table=HOLDERS[about]), [MOST_KEYS])
        rows = cursor.fetchall()
    return [Carried(key, count, fields.get(key)) for key, count in rows]


def leads_with(rules: FieldRules) -> int:
    """On how many leads there is a value."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(table=HOLDERS[rules.about]), [rules.name])
        count: int = cursor.fetchone()[0]
    return count


def used_by(rules: FieldRules) -> list[str]:
    """What goes by this field, in words: the rules in force or to come, personas, pools,
    criteria, forms."""
    found = []
    newest = ScoreRules.objects.order_by("-in_force_from", "-version").first()
    if newest and any(rule["field"] == rules.key for rule in newest.rules.get("fit", [])):
        found.append("the scoring rules")
    for persona in Persona.objects.in_use():
        if any(rule["field"] == rules.key for rule in persona.criteria):
            found.append(f"the persona {persona.name}")
    for pool in Pool.objects.filter(is_active=True):
        if any(rule["field"] == rules.key for rule in pool.conditions):
            found.append(f"the pool {pool.name}")
    for framework in Framework.objects.in_use():
        if any((each.get("check") or {}).get("field") == rules.key for each in framework.questions):
            found.append(f"the criteria {framework.name}")
    for form in CaptureForm.objects.filter(is_active=True, fields__contains=[rules.key]):
        found.append(f"the form {form.name}")
    return found
