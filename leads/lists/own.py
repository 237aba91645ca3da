"""Conditions about fields of one's own, whose values are in `extra` (leads.custom_fields)."""

from functools import reduce
from operator import and_, or_

from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import (
    GreaterThanOrEqual,
    IContains,
    IExact,
    IStartsWith,
    LessThan,
    LessThanOrEqual,
)

from leads.custom_fields import FieldRules, querying
from leads.lists.kinds import Kind
from leads.lists.values import Test


def asked(test: Test, rules: FieldRules) -> Q:
    """The leads for which one such test holds; without a value it is none of anything."""
    known = querying.known(rules)
    if test.op in ("empty", "filled"):
        return known if test.op == "filled" else ~known
    if test.field.kind == Kind.TEXT:
        return _text(test, rules)
    if test.field.kind == Kind.NUMBER:
        return _number(test, rules)
    if test.field.kind == Kind.DAY:
        return _day(test, rules)
    if test.field.kind == Kind.YES_NO:
        return querying.holds(rules, test.op == "yes")
    several = test.field.kind == Kind.CHOICES
    each = [querying.holds(rules, [one] if several else one) for one in test.some]
    if test.op == "all_of":
        return reduce(and_, each)
    return ~reduce(or_, each) if test.op == "not_in" else reduce(or_, each)


def _text(test: Test, rules: FieldRules) -> Q:
    lookup = {"is": IExact, "is_not": IExact, "starts": IStartsWith}.get(test.op, IContains)
    found = Q(lookup(Coalesce(querying.value(rules), Value("")), test.text))
    return ~found if test.op in ("is_not", "lacks") else found


def _number(test: Test, rules: FieldRules) -> Q:
    value, first, last = querying.value(rules), test.numbers[0], test.numbers[-1]
    least, most = _sure(GreaterThanOrEqual(value, first)), _sure(LessThanOrEqual(value, last))
    if test.op == "gte":
        return least
    if test.op == "lte":
        return most
    return ~(least & most) if test.op == "ne" else least & most


def _sure(compared: GreaterThanOrEqual | LessThanOrEqual | LessThan) -> Q:
    """False, not unknown, where there is no value: so that its opposite holds there."""
    return Q(Coalesce(compared, Value(False)))


def _day(test: Test, rules: FieldRules) -> Q:
    """Days are texts of one form, so they compare as texts."""
    value, (first, end) = querying.value(rules), test.days
    found = Q()
    if first is not None:
        found &= Q(GreaterThanOrEqual(value, Value(first.isoformat())))
    if end is not None:
        found &= Q(LessThan(value, Value(end.isoformat())))
    return found
