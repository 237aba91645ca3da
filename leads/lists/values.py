"""Conditions held against the fields there are: what was typed becomes what is compared.

Every error names the field, what was typed, and the remedy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation

from leads.lists import periods
from leads.lists.choices import ME, Choices
from leads.lists.conditions import Condition, Group
from leads.lists.fields import Field
from leads.lists.kinds import Kind, Takes, op_of

MOST_DAYS = 36_500
MOST_NUMBER = Decimal(10) ** 15
# Fields whose value is a number of ours, of something that may be gone by now.
IDS = ("persona", "campaign", "owner", "people", "tags", "ids")


class Wrong(ValueError):
    """A condition that can't be asked; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, and when: what “me” and “today” are."""

    choices: Choices
    at: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        return periods.today(self.at, self.zone)


@dataclass(frozen=True, slots=True)
class Test:
    """A condition ready to be asked: exactly one of the last four is what the operation takes."""

    field: Field
    op: str
    text: str = ""
    numbers: tuple[Decimal, ...] = ()
    days: periods.Days = (None, None)
    some: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tests:
    """A group ready to be asked."""

    join: str
    parts: tuple["Test | Tests", ...]


def prepare(group: Group, fields: Mapping[str, Field], reader: Reader) -> Tests:
    """Every condition of a tree ready to be asked. Raises Wrong for the first that can't be."""
    return Tests(
        group.join,
        tuple(
            prepare(part, fields, reader)
            if isinstance(part, Group)
            else test_of(part, fields, reader)
            for part in group.parts
        ),
    )


def test_of(condition: Condition, fields: Mapping[str, Field], reader: Reader) -> Test:
    """One condition ready to be asked. Raises Wrong."""
    field = fields.get(condition.field)
    if field is None:
        raise Wrong(
            f"There is no field “{condition.field}” any more; choose another, or take this "
            "condition away."
        )
    op = op_of(field.kind, condition.op)
    if op is None:
        raise Wrong(f"{field.label} can't be asked “{condition.op}”; choose another test.")
    values = [value.strip() for value in condition.values]
    if op.takes == Takes.SOME:
        return Test(field, op.name, some=_some(field, values, reader))
    if op.takes == Takes.DAYS:
        return Test(field, op.name, days=_counted(field, op.name, values, reader.today))
    if op.takes == Takes.PERIOD:
        return Test(field, op.name, days=_period(field, values, reader.today))
    count = {Takes.NOTHING: 0, Takes.ONE: 1, Takes.TWO: 2}[op.takes]
    given = [value for value in values if value]
    if len(given) != count:
        raise Wrong(f"{field.label} {op.label}: fill in {_COUNTS[count]}.")
    if field.kind in (Kind.INSTANT, Kind.DAY) and count:
        return Test(field, op.name, days=_days(field, op.name, given))
    if field.kind == Kind.NUMBER and count:
        numbers = tuple(_number(field, value) for value in given)
        if numbers != tuple(sorted(numbers)):
            raise Wrong(f"{field.label}: {given[0]} is more than {given[1]}; swap them.")
        return Test(field, op.name, numbers=numbers)
    return Test(field, op.name, text=given[0] if given else "")


_COUNTS = {0: "nothing", 1: "a value", 2: "both values"}


def _some(field: Field, values: list[str], reader: Reader) -> tuple[str, ...]:
    given = list(dict.fromkeys(value for value in values if value))
    if not given:
        raise Wrong(f"{field.label}: choose at least one.")
    if field.choices in IDS:
        for value in given:
            if value != ME and not (value.isascii() and value.isdigit() and len(value) < 10):
                raise Wrong(f"{field.label}: “{value}” is none of the choices; choose again.")
            gone = reader.choices.tag_words.removed if field.choices == "tags" else {}
            if value != ME and (name := gone.get(int(value))):
                raise Wrong(f"{field.label}: the tag “{name}” was removed; choose others.")
    else:
        allowed = {choice for choice, _ in reader.choices.of(field)}
        for value in given:
            if value not in allowed:
                raise Wrong(f"{field.label}: “{value}” is none of the choices; choose again.")
    return tuple(str(reader.choices.user.pk) if v == ME else v for v in given)


def _counted(field: Field, op: str, values: list[str], today: date) -> periods.Days:
    text = values[0] if values else ""
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST_DAYS):
        raise Wrong(
            f"{field.label}: “{text}” is no number of days; type one from 1 to {MOST_DAYS:,}."
        )
    counting = {
        "last": periods.last,
        "next": periods.following,
        "older": periods.longer_ago,
    }[op]
    return counting(int(text), today)


def _period(field: Field, values: list[str], today: date) -> periods.Days:
    try:
        return periods.period(values[0] if values else "", today)
    except KeyError as error:
        raise Wrong(
            f"{field.label}: “{error.args[0]}” is no period; choose one, such as “this week”."
        ) from None


def _days(field: Field, op: str, values: list[str]) -> periods.Days:
    found = [_day(field, value) for value in values]
    if op == "before":
        return None, found[0]
    if op == "since":
        return found[0], None
    if found[0] > found[-1]:
        raise Wrong(f"{field.label}: {values[0]} is after {values[1]}; swap them.")
    return found[0], date.fromordinal(found[-1].toordinal() + 1)


def _day(field: Field, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not 1900 <= found.year <= 2200:
        raise Wrong(
            f"{field.label}: “{text}” is no date from 1900 to 2200; write it as 2026-03-31."
        )
    return found


def _number(field: Field, text: str) -> Decimal:
    try:
        found = Decimal(
            text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
        )
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) >= MOST_NUMBER:
        raise Wrong(f"{field.label}: “{text}” is no number; type one, such as 50 or 12.5.")
    return found
