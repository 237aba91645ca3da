"""Which of two leads' details the merged one has: chosen field by field, or gaps filled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.refusals import Refused
from leads.custom_fields import by_name
from leads.custom_fields.saying import cell, said
from leads.custom_fields.showing import label_of
from leads.models import CustomField, Lead

# What can be chosen, how it is called, and the columns that go with it.
FIELDS = {
    "first_name": ("First name", ("first_name",)),
    "last_name": ("Last name", ("last_name",)),
    "email": ("E-mail", ("email", "email_typed", "company_domain")),
    "phone": ("Phone", ("phone", "phone_typed")),
    "company": ("Company", ("company", "of_company_id")),
    "job_title": ("Title", ("job_title",)),
    "country": ("Country", ("country",)),
    "source": ("Source", ("source",)),
    "campaign": ("Campaign", ("campaign_id",)),
}
SURVIVOR, OTHER = "survivor", "other"
# Fields of one's own and further ones: `extra.<name>`.
EXTRA = "extra."


@dataclass(frozen=True, slots=True)
class Choice:
    """One field of both, and which is taken unless somebody chooses."""

    name: str
    label: str
    survivor: str
    other: str
    taken: str

    @property
    def differs(self) -> bool:
        return self.survivor != self.other

    @property
    def result(self) -> str:
        return self.other if self.taken == OTHER else self.survivor


def choices_of(survivor: Lead, other: Lead, chosen: Mapping[str, str]) -> list[Choice]:
    """Each field of both leads, with what was chosen or, where nothing was, the survivor's
    unless it is empty."""
    found = []
    for name, (label, _) in FIELDS.items():
        mine, theirs = (str(getattr(lead, name) or "") for lead in (survivor, other))
        usual = SURVIVOR if mine or not theirs else OTHER
        found.append(Choice(name, label, mine, theirs, chosen.get(name) or usual))
    return found + _extra_choices(survivor, other, chosen)


def _extra_choices(survivor: Lead, other: Lead, chosen: Mapping[str, str]) -> list[Choice]:
    """The same for what they carry beyond that, fields of one's own in their order."""
    there = {**survivor.extra, **other.extra}
    if not there:
        return []
    fields = by_name(CustomField.About.LEAD)
    found = []
    for name in (*(n for n in fields if n in there), *(n for n in there if n not in fields)):
        rules = fields.get(name)
        if rules is not None and rules.removed:
            continue
        key = f"{EXTRA}{name}"
        mine, theirs = (
            said(rules, lead.extra.get(name)) if rules else str(lead.extra.get(name, ""))
            for lead in (survivor, other)
        )
        usual = SURVIVOR if name in survivor.extra else OTHER
        label = rules.label if rules else label_of(name)
        found.append(Choice(key, label, mine, theirs, chosen.get(key) or usual))
    return found


def read(chosen: Mapping[str, str]) -> dict[str, bool]:
    """Each column (or `extra.<name>`) that was chosen, and whether it is the other lead's. Raises
    Refused naming each wrong choice."""
    wrong = {
        name: f"“{value}” is no choice for {name}; choose survivor or other."
        if name in FIELDS or name.startswith(EXTRA)
        else f"{name} can't be chosen; these can: {', '.join(FIELDS)}."
        for name, value in chosen.items()
        if not (name in FIELDS or name.startswith(EXTRA)) or value not in (SURVIVOR, OTHER)
    }
    if wrong:
        raise Refused(" ".join(wrong.values()), code="invalid", fields=wrong)
    return {
        column: value == OTHER
        for name, value in chosen.items()
        for column in (FIELDS[name][1] if name in FIELDS else (name,))
    }


def extra_of(
    survivor: Lead, other: Lead, chosen: Mapping[str, bool]
) -> tuple[dict[str, Any], dict[str, str]]:
    """What the merged lead carries: as chosen, else the survivor's and what fills its gaps; and
    what one of them said otherwise, in words."""
    extra, aside = {**other.extra, **survivor.extra}, dict[str, str]()
    for name in list(extra):
        key = f"{EXTRA}{name}"
        if key in chosen:
            kept = (other if chosen[key] else survivor).extra
            extra = {k: v for k, v in extra.items() if k != name}
            if name in kept:
                extra[name] = kept[name]
        values = [lead.extra[name] for lead in (survivor, other) if name in lead.extra]
        if len(values) == 2 and values[0] != values[1]:
            aside[key] = cell(next(value for value in values if value != extra.get(name)))
    return extra, aside
