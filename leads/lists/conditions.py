"""What a list is narrowed to: a small tree of conditions, as it is stored and as an address has it.

`["all", ["score", "gte", "50"], ["any", ["country", "in", "DE", "AT"], ["owner", "empty"]]]`:
a group is `all` or `any` and its parts, a condition is field, operation and values, all of them
texts. Nothing here knows which fields there are (leads.lists.values does).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

JOINS = ("all", "any")
DEEPEST = 3
MOST = 30
MOST_VALUES = 100
LONGEST_VALUE = 200
LONGEST = 6000  # characters in an address


class Unreadable(ValueError):
    """What was sent is no tree of conditions; says what is wrong."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One question about one field; values as they were typed."""

    field: str
    op: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of which all, or any, must hold. One without parts holds."""

    join: str = "all"
    parts: tuple["Condition | Group", ...] = ()

    def conditions(self) -> Iterator[Condition]:
        """Every condition, from the first to the last."""
        for part in self.parts:
            if isinstance(part, Group):
                yield from part.conditions()
            else:
                yield part

    def without(self, number: int) -> "Group":
        """The same group less one of its parts."""
        return Group(self.join, self.parts[:number] + self.parts[number + 1 :])


EVERYTHING = Group()


def read(text: str) -> Group:
    """The tree a text spells; EVERYTHING for none. Raises Unreadable."""
    if not text:
        return EVERYTHING
    if len(text) > LONGEST:
        raise Unreadable(f"This filter is longer than {LONGEST:,} characters; shorten it.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable(
            f"“{text[:40]}” is no filter; build it anew, or open the list without it."
        ) from None
    return of(data)


def of(data: Any) -> Group:
    """The tree that plain lists spell. Raises Unreadable."""
    found = _part(data, depth=1)
    if not isinstance(found, Group):
        raise Unreadable(f"A filter begins with “all” or “any”, not with “{found.field[:40]}”.")
    if sum(1 for _ in found.conditions()) > MOST:
        raise Unreadable(f"A filter has at most {MOST} conditions; take some away.")
    return found


def _part(data: Any, *, depth: int) -> Condition | Group:
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise Unreadable(f"“{str(data)[:40]}” is neither a condition nor a group.")
    head, *rest = data
    if head in JOINS:
        if depth > DEEPEST:
            raise Unreadable(f"Groups stand at most {DEEPEST} deep in each other; take one away.")
        if len(rest) > MOST:
            raise Unreadable(f"A filter has at most {MOST} conditions; take some away.")
        parts = tuple(_part(part, depth=depth + 1) for part in rest)
        return Group(head, tuple(p for p in parts if not isinstance(p, Group) or p.parts))
    if not rest or not all(isinstance(text, str) for text in rest):
        raise Unreadable(f"The condition about “{head[:40]}” must be texts: field, test, values.")
    op, *values = rest
    if len(values) > MOST_VALUES:
        raise Unreadable(f"“{head[:40]}” is compared with more than {MOST_VALUES} values.")
    if not all(_is_text(text) for text in [head, op, *values]):
        raise Unreadable(
            f"A value of “{head[:40]}” is longer than {LONGEST_VALUE} characters or not a text."
        )
    return Condition(head, op, tuple(values))


def _is_text(text: str) -> bool:
    """Whether the database can take it: JSON can spell half a character."""
    half = any("\ud800" <= letter <= "\udfff" for letter in text)
    return len(text) <= LONGEST_VALUE and "\x00" not in text and not half


def plain(group: Group) -> list[Any]:
    """The tree as plain lists."""
    return [
        group.join,
        *(plain(p) if isinstance(p, Group) else [p.field, p.op, *p.values] for p in group.parts),
    ]


def text(group: Group) -> str:
    """The tree as an address has it; nothing for one that narrows nothing."""
    if not any(True for _ in group.conditions()):
        return ""
    return json.dumps(plain(group), ensure_ascii=False, separators=(",", ":"))
