"""A definition as a form: the words, and for an MQL the machine's rule."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import slugify

from leads.agreed.let_through import PERIODS
from leads.agreed.stage_words import RULED, STAGE_WORDS, field_names
from leads.agreed.texts import LinesField
from leads.scoring import LIMIT
from personas.models import Definition, Persona

# Addresses of their own.
TAKEN = {"new"}

SCORE = dict.fromkeys(
    ("invalid", "min_value", "max_value"), f"Give a whole number from 0 to {LIMIT}."
)


class DefinitionForm(forms.Form):
    """What a word is called and means."""

    name = forms.CharField(
        label="Word", max_length=120,
        error_messages={"required": "Say which word is meant."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    words = LinesField(
        label="What it means", max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="So that a new colleague of either team would decide the same.",
        error_messages={"required": "Say what the word means."},
    )  # fmt: skip

    def __init__(
        self, facts: Mapping[str, Any] | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        facts = facts or {}
        initial = {"name": facts.get("name", ""), "words": facts.get("words", "")}
        self.rule = dict(facts.get("rule", {}))
        super().__init__(data, initial={**initial, **self.rule})

    def facts(self) -> dict[str, Any]:
        """What the definition will say."""
        data = self.cleaned_data
        return {"name": data["name"], "words": data["words"], "rule": self.rule}


class NewWordForm(DefinitionForm):
    """A word that is not among the definitions yet."""

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        key = slugify(name)[:50].strip("-")
        if not key:
            raise forms.ValidationError(f"“{name}” has no letter or digit; write a word.")
        if key in TAKEN:
            raise forms.ValidationError(f"“{name}” can’t be the whole word; add another to it.")
        if key in STAGE_WORDS or Definition.objects.filter(key=key).exists():
            raise forms.ValidationError(
                f"“{name}” is among the definitions already; propose a change of that one."
            )
        self.cleaned_data["key"] = key
        return name


class RuledForm(DefinitionForm):
    """The words and the rule by which leadflow decides."""

    min_score = forms.IntegerField(
        label="Score, at least", min_value=0, max_value=LIMIT, required=False, error_messages=SCORE
    )
    min_fit = forms.IntegerField(
        label="Of which fit, at least", min_value=0, max_value=LIMIT, required=False,
        error_messages=SCORE,
    )  # fmt: skip
    require = forms.MultipleChoiceField(
        label="Must be known", required=False, widget=forms.CheckboxSelectMultiple
    )
    personas = forms.MultipleChoiceField(
        label="Only these personas", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: any, and none at all.",
    )  # fmt: skip

    def __init__(
        self, facts: Mapping[str, Any] | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(facts, data)
        # What is asked for already stays a choice, though it be retired or removed.
        known = field_names()
        gone = {n: f"{n.removeprefix('extra.')} (removed)" for n in self.rule.get("require", [])}
        self._choices("require", {**gone, **known})
        slugs = self.rule.get("personas", [])
        used = dict(Persona.objects.in_use().values_list("slug", "name"))
        retired = {
            slug: f"{name} (retired)"
            for slug, name in Persona.objects.filter(slug__in=slugs).values_list("slug", "name")
        }
        self._choices("personas", {**retired, **used})

    def _choices(self, field: str, choices: Mapping[str, str]) -> None:
        self.fields[field].choices = list(choices.items())  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        data = self.cleaned_data
        names = ("min_score", "min_fit", "require", "personas")
        rule = {name: data[name] for name in names if data[name]}
        return {**super().facts(), "rule": rule}


def form_for(
    key: str, facts: Mapping[str, Any], data: Mapping[str, Any] | None = None
) -> DefinitionForm:
    """The form of a word: with a rule where the machine decides."""
    return (RuledForm if key == RULED else DefinitionForm)(facts, data)


def period(typed: str) -> int:
    """How many weeks to look back at; the middle one for anything else."""
    return next((weeks for weeks in PERIODS if str(weeks) == typed), PERIODS[1])
