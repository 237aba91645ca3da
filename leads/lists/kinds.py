"""Kinds of fields, and what can be asked of each: one table for built-in and custom fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    INSTANT = "instant"
    DAY = "day"
    CHOICE = "choice"  # one of a list
    CHOICES = "choices"  # several of a list
    PERSON = "person"
    YES_NO = "yes_no"


class Takes(StrEnum):
    """What an operation wants to be told."""

    NOTHING = "nothing"
    ONE = "one"
    TWO = "two"
    DAYS = "days"
    PERIOD = "period"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class Op:
    """One question: how it reads between field and value, and what it takes."""

    name: str
    label: str
    takes: Takes


_EMPTY = (Op("empty", "is empty", Takes.NOTHING), Op("filled", "is known", Takes.NOTHING))
_DATES = (
    Op("period", "is in", Takes.PERIOD),
    Op("last", "in the last … days", Takes.DAYS),
    Op("next", "in the next … days", Takes.DAYS),
    Op("older", "longer ago than … days", Takes.DAYS),
    Op("on", "is on", Takes.ONE),
    Op("before", "is before", Takes.ONE),
    Op("since", "is on or after", Takes.ONE),
    Op("between", "is between", Takes.TWO),
    *_EMPTY,
)
_ONE_OF = (
    Op("in", "is one of", Takes.SOME),
    Op("not_in", "is none of", Takes.SOME),
    *_EMPTY,
)
OPS: Mapping[Kind, tuple[Op, ...]] = {
    Kind.TEXT: (
        Op("contains", "contains", Takes.ONE),
        Op("lacks", "does not contain", Takes.ONE),
        Op("is", "is", Takes.ONE),
        Op("is_not", "is not", Takes.ONE),
        Op("starts", "starts with", Takes.ONE),
        *_EMPTY,
    ),
    Kind.NUMBER: (
        Op("gte", "is at least", Takes.ONE),
        Op("lte", "is at most", Takes.ONE),
        Op("eq", "is", Takes.ONE),
        Op("ne", "is not", Takes.ONE),
        Op("between", "is between", Takes.TWO),
        *_EMPTY,
    ),
    Kind.INSTANT: _DATES,
    Kind.DAY: _DATES,
    Kind.CHOICE: _ONE_OF,
    Kind.PERSON: _ONE_OF,
    Kind.CHOICES: (
        Op("in", "has any of", Takes.SOME),
        Op("all_of", "has all of", Takes.SOME),
        Op("not_in", "has none of", Takes.SOME),
        *_EMPTY,
    ),
    Kind.YES_NO: (
        Op("yes", "is yes", Takes.NOTHING),
        Op("no", "is no", Takes.NOTHING),
        *_EMPTY,
    ),
}


def op_of(kind: Kind, name: str) -> Op | None:
    """An operation of a kind by its name."""
    return next((op for op in OPS[kind] if op.name == name), None)
