"""A field of one's own in a form: its control, what is typed read by its kind, errors beside it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from leads import normalise
from leads.custom_fields.reading import read
from leads.custom_fields.registry import FieldRules
from leads.custom_fields.saying import cell
from leads.models import CustomField

Kind = CustomField.Kind
YES_NO = [("", "Choose…"), ("yes", "Yes"), ("no", "No")]


class Asked(forms.Field):
    """One field; its clean value is in the kind's own form, or None. `standing` is what the lead
    has now: a choice that is gone is offered while it stands."""

    def __init__(self, rules: FieldRules, *, standing: Any = None) -> None:
        self.rules, self.standing = rules, standing
        money = f" In {rules.currency}." if rules.kind == Kind.MONEY else ""
        super().__init__(
            label=rules.label,
            required=False,
            widget=_widget(rules, standing),
            # Escaped here: templates write help as it is, for our own has links in it.
            help_text=format_html("{}", f"{rules.help}{money}".strip()),
        )

    def clean(self, value: Any) -> Any:
        try:
            return read(self.rules, value, standing=self.standing)
        except ValueError as error:
            raise ValidationError(normalise.sentence(error)) from None

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, list) else cell(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether something else was typed than what stands: what can't be read is."""
        try:
            return bool(read(self.rules, data, standing=self.standing) != initial)
        except ValueError:
            return True


def _widget(rules: FieldRules, standing: Any) -> forms.Widget:
    attrs = {"autocomplete": "off"}
    stays = standing if isinstance(standing, list) else [standing] if standing else []
    choices = [(each, each) for each in dict.fromkeys([*rules.choices, *map(str, stays)])]
    if rules.kind == Kind.CHOICE:
        return forms.Select(attrs=attrs, choices=[("", "Choose…"), *choices])
    if rules.kind == Kind.CHOICES:
        return forms.CheckboxSelectMultiple(choices=choices)
    if rules.kind == Kind.YES_NO:
        return forms.Select(attrs=attrs, choices=YES_NO)
    if rules.kind == Kind.DATE:
        return forms.DateInput(attrs={**attrs, "type": "date"}, format="%Y-%m-%d")
    if rules.kind in (Kind.NUMBER, Kind.MONEY):
        return forms.TextInput(attrs={**attrs, "inputmode": "decimal"})
    if rules.kind == Kind.URL:
        return forms.TextInput(attrs={**attrs, "inputmode": "url"})
    return forms.TextInput(attrs=attrs)


def ask(
    form: forms.Form, fields: Iterable[FieldRules], *, standing: Mapping[str, Any] | None = None
) -> list[str]:
    """Add these fields to a form; their names in it (`extra.<name>`)."""
    have, names = standing or {}, []
    for rules in fields:
        form.fields[rules.key] = Asked(rules, standing=have.get(rules.name))
        names.append(rules.key)
    return names


def answers(form: forms.Form) -> dict[str, Any]:
    """What was typed into a valid form's fields of one's own, by name; empty ones left out."""
    return {
        field.rules.name: form.cleaned_data[key]
        for key, field in form.fields.items()
        if isinstance(field, Asked) and form.cleaned_data.get(key) is not None
    }
