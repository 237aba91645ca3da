"""Which of two leads' details the merged one has: chosen field by field, or gaps filled."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.refusals import Refused
from leads.models import Lead

# What can be chosen, how it is called, and the columns that go with it.
FIELDS = {
    "first_name": ("First name", ("first_name",)),
    "last_name": ("Last name", ("last_name",)),
    "email": ("E-mail", ("email", "email_typed", "company_domain")),
    "phone": ("Phone", ("phone", "phone_typed")),
    "company": ("Company", ("company",)),
    "job_title": ("Title", ("job_title",)),
    "country": ("Country", ("country",)),
    "source": ("Source", ("source",)),
    "campaign": ("Campaign", ("campaign_id",)),
}
SURVIVOR, OTHER = "survivor", "other"


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
    return found


def read(chosen: Mapping[str, str]) -> dict[str, bool]:
    """Each column that was chosen, and whether it is the other lead's. Raises Refused naming each
    wrong choice."""
    wrong = {
        name: f"“{value}” is no choice for {name}; choose survivor or other."
        if name in FIELDS
        else f"{name} can't be chosen; these can: {', '.join(FIELDS)}."
        for name, value in chosen.items()
        if name not in FIELDS or value not in (SURVIVOR, OTHER)
    }
    if wrong:
        raise Refused(" ".join(wrong.values()), code="invalid", fields=wrong)
    return {column: value == OTHER for name, value in chosen.items() for column in FIELDS[name][1]}
