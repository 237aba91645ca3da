"""Fields of one's own in a query: the value to compare and sort by, and leads that hold it.

`source` is the path to `extra` where the query is not about leads ("lead__extra").
"""

from django.db.models import Case, DecimalField, F, Func, Q, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.lookups import Exact

from leads.custom_fields.registry import FieldRules
from leads.models import CustomField

NUMERIC = (CustomField.Kind.NUMBER, CustomField.Kind.MONEY)


class _Numeric(Func):
    """A text as a number of any size."""

    template = "(%(expressions)s)::numeric"
    output_field = DecimalField()


class _TypeOf(Func):
    function = "jsonb_typeof"
    output_field = TextField()


def value(rules: FieldRules, *, source: str = "extra") -> Combinable:
    """The value to annotate, compare (`__gte`, `__lt`) and sort by: numeric for numbers and money,
    text for the others (a date sorts as text). NULL where there is none, or one of another form.
    """
    text = KeyTextTransform(rules.name, F(source))
    if rules.kind not in NUMERIC:
        return text
    is_number = Exact(_TypeOf(KeyTransform(rules.name, F(source))), Value("number"))
    return Case(When(is_number, then=_Numeric(text)), default=None, output_field=DecimalField())


def holds(rules: FieldRules, wanted: object, *, source: str = "extra") -> Q:
    """Leads whose value is this one; for several choices, leads that have all of these (a list).

    `wanted` is in the kind's own form, as leads.custom_fields.read gives it. `extra @> …`: one GIN
    index would serve all fields, if ever one is needed.
    """
    return Q(**{f"{source}__contains": {rules.name: wanted}})


def known(rules: FieldRules, *, source: str = "extra") -> Q:
    """Leads that have a value."""
    return Q(**{f"{source}__has_key": rules.name})
