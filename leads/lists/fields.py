"""Which fields of a lead a list knows: what they hold, where, and how they are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from leads import custom_fields
from leads.custom_fields import FieldRules
from leads.editing import EDITABLE
from leads.lists.kinds import Kind
from leads.models import CustomField


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a list can be narrowed by or show."""

    name: str
    label: str
    kind: Kind
    column: str
    group: str = "Person"
    # The list its values are chosen from (leads.lists.choices).
    choices: str = ""
    # Whether the database may hold NULL for it.
    nullable: bool = False
    # Its words are part of Lead.match_text, whose index finds them.
    indexed_words: bool = False
    # Of a field of one's own, whose value is in `extra`.
    rules: FieldRules | None = None
    # Whether the filter builder offers it, and the list can have it as a column.
    is_offered: bool = True

    @property
    def is_editable(self) -> bool:
        """Whether a cell of it can be changed in the list: details of the person, own fields."""
        return self.name in EDITABLE or self.rules is not None


def _text(name: str, label: str, *, words: bool = False, nullable: bool = False) -> Field:
    return Field(name, label, Kind.TEXT, name, nullable=nullable, indexed_words=words)


def _choice(name: str, label: str, group: str) -> Field:
    return Field(name, label, Kind.CHOICE, name, group, choices=name)


def _made(name: str, label: str, *, group: str = "Dates", nullable: bool = True) -> Field:
    return Field(name, label, Kind.INSTANT, name, group, nullable=nullable)


_BUILT_IN = (
    _text("first_name", "First name", words=True),
    _text("last_name", "Last name", words=True),
    _text("company", "Company", words=True),
    # What it was typed as is the lead's own; this is the company it was found to be of.
    Field("of_company", "Company on record", Kind.TEXT, "of_company__name", nullable=True),
    _text("job_title", "Job title"),
    _text("email", "E-mail", nullable=True),
    _text("phone", "Phone"),
    Field("website", "Website", Kind.TEXT, "company_domain"),
    _choice("country", "Country", "Person"),
    _choice("stage", "Stage", "Where it stands"),
    _choice("aida", "AIDA stage", "Where it stands"),
    Field("score", "Score", Kind.NUMBER, "score", "Where it stands"),
    Field("fit", "Fit", Kind.NUMBER, "fit", "Where it stands"),
    Field("engagement", "Engagement", Kind.NUMBER, "engagement", "Where it stands"),
    _choice("tier", "Tier", "Where it stands"),
    Field("persona", "Persona", Kind.CHOICE, "persona_id", "Where it stands",
          choices="persona", nullable=True),
    Field("owner", "Owner", Kind.PERSON, "owner_id", "Who has it",
          choices="owner", nullable=True),
    Field("captured_by", "Captured by", Kind.PERSON, "captured_by_id", "Who has it",
          choices="people", nullable=True),
    Field("campaign", "Campaign", Kind.CHOICE, "campaign_id", "Where it came from",
          choices="campaign", nullable=True),
    Field("sourced_by", "Found by", Kind.CHOICE, "sourced_by", "Where it came from",
          choices="sourced_by"),
    Field("source", "Source", Kind.TEXT, "source", "Where it came from"),
    Field("tags", "Tags", Kind.CHOICES, "tags", "Where it stands", choices="tags"),
    # Leads somebody ticked: an address can name them, nobody builds such a filter.
    Field("id", "Lead", Kind.CHOICE, "id", choices="ids", is_offered=False),
    _made("created_at", "Captured", nullable=False),
    _made("updated_at", "Changed", nullable=False),
    _made("first_touchpoint_at", "First touchpoint"),
    _made("last_touchpoint_at", "Last touchpoint"),
    _made("handed_over_at", "Handed over"),
    _made("respond_by", "Next deadline of sales"),
    _made("consent_at", "Consent given"),
    _made("no_calls_at", "Asked not to be called"),
)  # fmt: skip
BUILT_IN: Mapping[str, Field] = {field.name: field for field in _BUILT_IN}


_KINDS: Mapping[str, Kind] = {
    CustomField.Kind.TEXT: Kind.TEXT,
    CustomField.Kind.NUMBER: Kind.NUMBER,
    CustomField.Kind.MONEY: Kind.NUMBER,
    CustomField.Kind.DATE: Kind.DAY,
    CustomField.Kind.CHOICE: Kind.CHOICE,
    CustomField.Kind.CHOICES: Kind.CHOICES,
    CustomField.Kind.YES_NO: Kind.YES_NO,
    CustomField.Kind.URL: Kind.TEXT,
}


def known(*, stamp: UUID | None = None) -> Mapping[str, Field]:
    """Every field there is now, by name, in the order they are offered; one's own come last."""
    return {**BUILT_IN, **{r.key: _own(r) for r in custom_fields.of("lead", stamp=stamp)}}


def _own(rules: FieldRules) -> Field:
    label = f"{rules.label} ({rules.currency})" if rules.currency else rules.label
    return Field(rules.key, label, _KINDS[rules.kind], "extra", "Your own fields", rules=rules)
