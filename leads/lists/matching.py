"""Conditions as the database asks them: one expression, every value a parameter.

What is not known is empty, and empty is none of anything: a test that says “not” holds for it.
"""

from functools import reduce
from math import ceil, floor
from operator import and_, or_

from django.db.models import Q

from leads.lists import own, periods
from leads.lists.fields import Field
from leads.lists.kinds import Kind
from leads.lists.values import Reader, Test, Tests


def matching(tests: Tests, reader: Reader) -> Q:
    """The leads for which the tests hold."""
    if not tests.parts:
        return Q()
    each = [
        matching(part, reader) if isinstance(part, Tests) else _asked(part, reader)
        for part in tests.parts
    ]
    return reduce(and_ if tests.join == "all" else or_, each)


def _asked(test: Test, reader: Reader) -> Q:
    if test.field.rules is not None:
        return own.asked(test, test.field.rules)
    if test.op == "empty":
        return _empty(test.field, reader)
    if test.op == "filled":
        return ~_empty(test.field, reader)
    if test.field.kind == Kind.TEXT:
        return _text(test)
    if test.field.kind == Kind.NUMBER:
        return _number(test)
    if test.field.kind == Kind.INSTANT:
        return _instant(test, reader)
    if test.field.kind == Kind.CHOICES:
        return _tags(test, reader)
    found = Q(**{f"{test.field.column}__in": test.some})
    return ~found if test.op == "not_in" else found


def _empty(field: Field, reader: Reader) -> Q:
    """Nothing is known: NULL, or a text without letters."""
    if field.kind == Kind.CHOICES:
        words = reader.choices.tag_words
        # A number of a removed tag is none.
        return Q(tags=[]) | ~Q(tags__overlap=list(words.meant)) if words.removed else Q(tags=[])
    null = Q(**{f"{field.column}__isnull": True})
    if field.kind in (Kind.NUMBER, Kind.INSTANT, Kind.PERSON) or field.column.endswith("_id"):
        return null
    blank = Q(**{field.column: ""})
    return null | blank if field.nullable else blank


def _text(test: Test) -> Q:
    column, text = test.field.column, test.text
    if test.field.name == "email":
        text = text.casefold()
        how = {"is": "exact", "is_not": "exact", "starts": "startswith"}.get(test.op, "contains")
    else:
        how = {"is": "iexact", "is_not": "iexact", "starts": "istartswith"}.get(
            test.op, "icontains"
        )
    found = Q(**{f"{column}__{how}": text})
    if test.op in ("is_not", "lacks"):
        return ~found
    words = " ".join(text.casefold().split())
    if test.field.indexed_words and words:
        # Says nothing new; it is what the index of names and companies can find.
        found &= Q(match_text__contains=words)
    return found


def _tags(test: Test, reader: Reader) -> Q:
    alike = [reader.choices.tag_words.alike(int(number)) for number in test.some]
    any_of = Q(tags__overlap=[number for numbers in alike for number in numbers])
    if test.op == "not_in":
        return ~any_of
    if test.op == "all_of":
        any_of = reduce(and_, (Q(tags__overlap=numbers) for numbers in alike))
    # The second says nothing new; it is what lets the index of tags be used.
    return any_of & ~Q(tags=[])


def _number(test: Test) -> Q:
    """Whole numbers: what lies between two of them is rounded to the side that asks the same."""
    column, first, last = test.field.column, test.numbers[0], test.numbers[-1]
    least, most = Q(**{f"{column}__gte": ceil(first)}), Q(**{f"{column}__lte": floor(last)})
    if test.op == "gte":
        return least
    if test.op == "lte":
        return most
    return ~(least & most) if test.op == "ne" else least & most


def _instant(test: Test, reader: Reader) -> Q:
    """Days of the reader's own zone, as the instants they begin at."""
    first, end = test.days
    found = Q()
    if first is not None:
        found &= Q(**{f"{test.field.column}__gte": periods.begins(first, reader.zone)})
    if end is not None:
        found &= Q(**{f"{test.field.column}__lt": periods.begins(end, reader.zone)})
    return found
