"""A persona as a form: the picture in words, its market, and the criteria in rows."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.text import slugify

from leads import custom_fields
from leads.agreed.texts import LinesField
from leads.models import CustomField
from leads.score_rules.form import EXTRA, MOST_RULES, FitForm, kept, typed_rule
from personas.matching import PersonaRules
from personas.models import Persona

# Addresses of their own.
TAKEN = {"new", "preview"}
MOST_ROWS = 20
MOST_POINTS = 1000
LARGEST_MARKET = 10**10
ROWS = ("objections", "sources", "criteria")


def _text(label: str, **more: Any) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 2})
    return LinesField(label=label, max_length=2000, required=False, widget=area, **more)


class PersonaForm(forms.Form):
    """Who they are."""

    name = forms.CharField(
        label="Name", max_length=120, error_messages={"required": "Say what they are called."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    description = _text("Who they are")
    motives = _text("Motives", help_text="Why they would buy.")
    influences = _text("Influences", help_text="Whom they listen to, what they read.")
    pains = _text("Pains")
    goals = _text("Goals")
    channels = forms.CharField(label="Reached by", max_length=200, required=False)
    market_size = forms.IntegerField(
        label="How many there are, about", min_value=0, max_value=LARGEST_MARKET, required=False,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            f"Give a whole number from 0 to {LARGEST_MARKET:,}, or nothing.",
        ),
    )  # fmt: skip
    market_note = forms.CharField(label="Counted how", max_length=300, required=False)
    min_points = forms.IntegerField(
        label="Fits from so many points", min_value=1, max_value=MOST_POINTS,
        error_messages={
            "required": "Say from how many points a lead fits.",
            **dict.fromkeys(
                ("invalid", "min_value", "max_value"),
                f"Give a whole number from 1 to {MOST_POINTS}.",
            ),
        },
    )  # fmt: skip
    is_active = forms.BooleanField(
        label="In use", required=False,
        help_text="Unticked, the persona is retired once both sides have signed: no lead gets it.",
    )  # fmt: skip


class NewPersonaForm(PersonaForm):
    """Somebody who is not among the personas yet."""

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        slug = slugify(name)[:50].strip("-")
        if not slug or slug in TAKEN:
            raise forms.ValidationError(f"“{name}” can’t be the whole name; add a word to it.")
        if Persona.objects.filter(slug=slug).exists():
            raise forms.ValidationError(f"“{name}” is a persona already; propose a change of it.")
        self.cleaned_data["slug"] = slug
        return name


class ObjectionForm(forms.Form):
    """What they object, and what we answer."""

    objection = forms.CharField(
        label="They object", max_length=300, error_messages={"required": "Say what they object."}
    )
    answer = forms.CharField(label="We answer", max_length=1000, required=False)
    # Where it comes from, if sales heard it (leads.agreed.adopting).
    heard = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)


class SourceForm(forms.Form):
    """Where the estimate of the market comes from."""

    title = forms.CharField(
        label="Source", max_length=200, error_messages={"required": "Say what the source is."}
    )
    url = forms.URLField(
        label="Address", max_length=500, required=False, assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
    )  # fmt: skip
    says = forms.CharField(label="Says", max_length=500, required=False)


class WholePersona:
    """All of the form, checked together."""

    def __init__(
        self, facts: Mapping[str, Any], data: Mapping[str, Any] | None = None, *, new: bool = False
    ) -> None:
        criteria = facts.get("criteria", [])
        own = {field.key: field for field in custom_fields.of(CustomField.About.LEAD)}
        extra = sorted({r["field"] for r in criteria if r["field"].startswith(EXTRA)})
        initial = {"min_points": 10, "is_active": True, **facts}
        self.main = (NewPersonaForm if new else PersonaForm)(data, initial=initial, prefix="main")
        self.objections = _rows(ObjectionForm)(
            data, prefix="objections",
            initial=[_objection(each) for each in facts.get("objections", [])],
        )  # fmt: skip
        self.sources = _rows(SourceForm)(data, prefix="sources", initial=facts.get("sources", []))
        self.criteria = _rows(FitForm, most=MOST_RULES)(
            data, prefix="criteria", form_kwargs={"extra": tuple(extra), "own": own},
            initial=[typed_rule(rule) for rule in criteria],
        )  # fmt: skip

    def is_valid(self) -> bool:
        parts = (self.main, self.objections, self.sources, self.criteria)
        # Each is asked, so that every error is told at once.
        return sum(part.is_valid() for part in parts) == len(parts)

    def facts(self) -> dict[str, Any]:
        """What the persona will say."""
        data = {name: self.main.cleaned_data[name] for name in PersonaForm.base_fields}
        objections, sources = (
            [
                {
                    name: row.cleaned_data[name]
                    for name in row.fields
                    if name != "DELETE" and (name != "heard" or row.cleaned_data[name])
                }
                for row in kept(rows)
            ]
            for rows in (self.objections, self.sources)
        )
        criteria = [row.rule() for row in kept(self.criteria)]
        return {**data, "objections": objections, "sources": sources, "criteria": criteria}

    def rules(self, *, pk: int = 0, slug: str = "") -> PersonaRules | None:
        """The criteria as the matcher reads them, or None while they can't be read."""
        if not self.criteria.is_valid():
            return None
        self.main.is_valid()
        least = self.main.cleaned_data.get("min_points")
        if least is None:
            return None
        criteria = tuple(row.rule() for row in kept(self.criteria))
        return PersonaRules(pk, slug, self.main.cleaned_data.get("name", ""), criteria, least)


def _rows(form: type[forms.Form], *, most: int = MOST_ROWS) -> Any:
    return forms.formset_factory(
        form, extra=0, max_num=most, validate_max=True, can_delete=True
    )  # fmt: skip


def _objection(said: Any) -> dict[str, str]:
    return dict(said) if isinstance(said, Mapping) else {"objection": str(said), "answer": ""}
