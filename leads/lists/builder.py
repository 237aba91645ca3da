"""The filter builder's form: rows and groups as fields of a form, and back again as conditions.

A part is called by its place: `1.0` is the first part of the group that is the second part of the
whole. Its fields are `field.1.0`, `op.1.0` and `value.1.0`; a group has `join.1`. Each button is a
move (`add.1`, `group.`, `drop.1.0`), so that it works without a script of ours.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from leads.lists.choices import Choices, Pairs
from leads.lists.conditions import DEEPEST, LONGEST_VALUE, MOST, MOST_VALUES, Condition, Group
from leads.lists.fields import Field
from leads.lists.kinds import OPS, Kind, Op, Takes, op_of
from leads.lists.periods import PERIODS
from leads.lists.values import Reader, Wrong, test_of

FIRST = "score"
# More choices than these are offered in a box of their own that scrolls.
FEW = 12


@dataclass(slots=True)
class Row:
    """One condition as the page draws it."""

    place: str
    condition: Condition
    field: Field | None
    op: Op | None
    ops: tuple[Op, ...] = ()
    choices: Pairs = dataclasses.field(default_factory=list)
    error: str = ""
    number: int = 0

    @property
    def takes(self) -> str:
        return self.op.takes if self.op else ""

    @property
    def value(self) -> str:
        return self.condition.values[0] if self.condition.values else ""

    @property
    def second(self) -> str:
        return self.condition.values[1] if len(self.condition.values) > 1 else ""

    @property
    def input_type(self) -> str:
        kind = self.field.kind if self.field else Kind.TEXT
        return {Kind.INSTANT: "date", Kind.DAY: "date"}.get(kind, "text")

    @property
    def input_mode(self) -> str:
        return "decimal" if self.field and self.field.kind == Kind.NUMBER else "text"

    @property
    def is_long(self) -> bool:
        return len(self.choices) > FEW


@dataclass(slots=True)
class Box:
    """A group as the page draws it."""

    place: str
    join: str
    rows: list["Row | Box"]
    may_nest: bool

    @property
    def is_box(self) -> bool:
        return True


def posted(data: QueryDict) -> Group:
    """The conditions a form was sent with; what is out of bounds is cut off."""
    joins = _named(data, "join.")
    names = _named(data, "field.")
    found: dict[tuple[int, ...], Condition] = {}
    for place, name in list(names.items())[: MOST + 1]:
        path = _path(place)
        if path:
            values = [v[:LONGEST_VALUE] for v in data.getlist(f"value.{place}")[:MOST_VALUES]]
            op = str(data.get(f"op.{place}", ""))
            found[path] = Condition(name[:LONGEST_VALUE], op[:LONGEST_VALUE], tuple(values))
    groups = {path for place in joins if (path := _path(place))}
    return _gathered((), joins, found, groups)


def _named(data: QueryDict, prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): str(data[key]) for key in data if key.startswith(prefix)}


def _path(place: str) -> tuple[int, ...]:
    steps = place.split(".")
    if len(steps) > DEEPEST or not all(s.isascii() and s.isdigit() and len(s) < 4 for s in steps):
        return ()
    return tuple(int(step) for step in steps)


def _gathered(
    here: tuple[int, ...],
    joins: Mapping[str, str],
    found: Mapping[tuple[int, ...], Condition],
    groups: set[tuple[int, ...]],
) -> Group:
    below = {path[: len(here) + 1] for path in [*found, *groups]
             if len(path) > len(here) and path[: len(here)] == here}  # fmt: skip
    parts: list[Condition | Group] = []
    for path in sorted(below):
        if path in found:
            parts.append(found[path])
        elif len(path) < DEEPEST:
            parts.append(_gathered(path, joins, found, groups))
    join = joins.get(".".join(map(str, here)), "all")
    return Group("any" if join == "any" else "all", tuple(parts))


def moved(group: Group, move: str) -> Group:
    """The tree after a button was pressed; unchanged for one that makes no sense."""
    verb, _, place = move.partition(".")
    path = _path(place) if place else ()
    if place and not path:
        return group
    if verb == "drop" and path:
        return _at(group, path[:-1], lambda g: g.without(path[-1]))
    if sum(1 for _ in group.conditions()) >= MOST:
        return group
    if verb == "add":
        return _at(group, path, lambda g: replace(g, parts=(*g.parts, new())))
    if verb == "group" and len(path) < DEEPEST - 1:
        other = "any" if group.join == "all" else "all"
        return _at(group, path, lambda g: replace(g, parts=(*g.parts, Group(other, (new(),)))))
    return group


def new(name: str = FIRST) -> Condition:
    """A condition to begin with."""
    return Condition(name, "gte" if name == FIRST else "")


def _at(group: Group, path: tuple[int, ...], change: Any) -> Group:
    if not path:
        changed: Group = change(group)
        return changed
    first, *rest = path
    if first >= len(group.parts) or not isinstance(part := group.parts[first], Group):
        return group
    parts = list(group.parts)
    parts[first] = _at(part, tuple(rest), change)
    return replace(group, parts=tuple(parts))


def fitting(group: Group, fields: Mapping[str, Field]) -> Group:
    """The same with tests that fit their fields: after another field was chosen."""
    parts: list[Condition | Group] = []
    for part in group.parts:
        if isinstance(part, Group):
            parts.append(fitting(part, fields))
            continue
        known = fields.get(part.field)
        if known is not None and op_of(known.kind, part.op) is None:
            part = Condition(part.field, OPS[known.kind][0].name)
        parts.append(part)
    return replace(group, parts=tuple(parts))


def drawn(
    group: Group, fields: Mapping[str, Field], reader: Reader, *, errors: bool, path: str = ""
) -> Box:
    """What the page draws; with `errors`, what is wrong stands beside it."""
    rows: list[Row | Box] = []
    for number, part in enumerate(group.parts):
        place = f"{path}.{number}" if path else str(number)
        if isinstance(part, Group):
            rows.append(drawn(part, fields, reader, errors=errors, path=place))
        else:
            rows.append(_row(part, place, fields, reader, errors=errors))
    depth = len(path.split(".")) if path else 0
    return Box(path, group.join, rows, may_nest=depth < DEEPEST - 1)


def _row(
    asked: Condition, place: str, fields: Mapping[str, Field], reader: Reader, *, errors: bool
) -> Row:
    known = fields.get(asked.field)
    op = op_of(known.kind, asked.op) if known else None
    if known is not None and known.choices == "tags":
        meant = reader.choices.tag_words.meant
        values = (str(meant.get(int(v), v)) if v.isdecimal() else v for v in asked.values)
        asked = replace(asked, values=tuple(values))
    row = Row(place, asked, known, op, OPS[known.kind] if known else ())
    if known is not None and op is not None:
        row.choices = _choices(known, op, reader.choices)
        if row.is_long:  # what is chosen stands first, where it is seen
            row.choices.sort(key=lambda pair: pair[0] not in asked.values)
    if errors:
        try:
            test_of(asked, fields, reader)
        except Wrong as error:
            row.error = str(error)
    return row


def _choices(known: Field, op: Op, choices: Choices) -> Pairs:
    if op.takes == Takes.PERIOD:
        return list(PERIODS.items())
    return list(choices.of(known)) if op.takes == Takes.SOME else []


def rows_of(box: Box) -> Iterator[Row]:
    """Every condition of what is drawn."""
    for part in box.rows:
        if isinstance(part, Box):
            yield from rows_of(part)
        else:
            yield part


def by_group(fields: Mapping[str, Field]) -> dict[str, list[Field]]:
    """The fields as a choice offers them."""
    found: dict[str, list[Field]] = {}
    for known in filter(lambda field: field.is_offered, fields.values()):
        found.setdefault(known.group, []).append(known)
    return found
