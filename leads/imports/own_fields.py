"""Fields of one's own in the wizard: columns that go to one, and columns that become a new one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.refusals import Refused
from leads import custom_fields
from leads.csv_headers import Columns, key
from leads.custom_fields import changing
from leads.custom_fields.guessing import Guess, choices_of, guess
from leads.imports.dates import order_of
from leads.imports.numbers import Style, style_of, with_point
from leads.models import CustomField

EXTRA = "extra."
# A target such as "new:number": a field of that kind is made of the column.
NEW = "new:"
Kind = CustomField.Kind


def of_leads() -> list[custom_fields.FieldRules]:
    """The fields a column may go to."""
    return custom_fields.of(CustomField.About.LEAD)


def target_of(header: str, fields: Sequence[custom_fields.FieldRules]) -> str:
    """The field that a header names, by its name or its label; empty: none."""
    name, words = header.strip(), key(header)
    for rules in fields:
        if name == rules.key or words in (key(rules.name), key(rules.label)):
            return rules.key
    return ""


def rename(columns: Columns) -> None:
    """Let columns without a field of ours go to the field of one's own that their header names."""
    fields = of_leads()
    columns.plan = [
        (index, name, called if name else target_of(called, fields).removeprefix(EXTRA) or called)
        for index, name, called in columns.plan
    ]


def days(fields: Sequence[custom_fields.FieldRules]) -> set[str]:
    """The targets that are dates: how days are written in a file is asked once."""
    return {rules.key for rules in fields if rules.kind == Kind.DATE} | {f"{NEW}{Kind.DATE}"}


def look_of(values: Sequence[str], style: str = Style.POINT) -> Guess:
    """What a column looks like as a field; `style` is how numbers are written in the file."""
    if style == Style.COMMA and style_of(values) == style:
        values = [with_point(value) for value in values]
    return guess(values, is_day=lambda found: bool(order_of(found)))


def new_choices(looks_like: Guess) -> list[tuple[str, str]]:
    """The kinds a column can become a field of, the one it looks like first."""
    kinds = sorted(Kind, key=lambda kind: kind != looks_like.kind)
    return [
        (f"{NEW}{kind}", f"{kind.label}, as it looks" if kind == looks_like.kind else kind.label)
        for kind in kinds
    ]


def make(
    wanted: Mapping[int, str],
    headers: Mapping[int, str],
    values: Mapping[int, Sequence[str]],
    style: str,
    *,
    by: User,
    at: datetime,
) -> tuple[dict[int, str], dict[int, str]]:
    """Make a field of each of these columns (index → "new:<kind>"), all or none.

    Returns the columns' targets, and what is wrong by column. What leads carry under the header
    from earlier imports becomes the field's too.
    """
    made, wrong = dict[int, str](), dict[int, str]()
    with transaction.atomic():
        for index, target in wanted.items():
            facts = _facts(target.removeprefix(NEW), headers[index], values[index], style)
            try:
                key_now = headers[index].removeprefix(EXTRA)
                saved = changing.make(facts, by=by, at=at, key=key_now)
                made[index] = f"{EXTRA}{saved.field.name}"
            except Refused as refusal:
                wrong[index] = refusal.message
        if wrong:
            transaction.set_rollback(True)
    return made, wrong


def _facts(kind: str, header: str, values: Sequence[str], style: str) -> dict[str, Any]:
    looks_like = look_of(values, style)
    choices: tuple[str, ...] = ()
    if kind == Kind.CHOICE:
        choices = choices_of(values, used=0)
    elif kind == Kind.CHOICES:
        choices = choices_of([part.strip() for v in values for part in v.split(";")], used=0)
    words = header.removeprefix(EXTRA).replace("_", " ").strip()
    label = words[:1].upper() + words[1:80]
    facts = looks_like.facts | {"kind": kind, "choices": list(choices)}
    return facts | {"label": label, "help": "", "on_form": False}


def turned(
    extra: dict[str, Any], names: Sequence[str], read: Callable[[str], str]
) -> dict[str, str]:
    """Turn what a row has for these fields into the form of their kind, by `read`, which knows how
    this file writes them; what is wrong by field."""
    wrong = {}
    for name in names:
        if extra.get(name):
            try:
                extra[name] = read(extra[name])
            except ValueError as error:
                wrong[f"{EXTRA}{name}"] = f"{error}."
    return wrong
