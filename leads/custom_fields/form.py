"""The form in which a manager says what a field of one's own is."""

from typing import Any

from django import forms

from leads import normalise
from leads.campaign_forms import CURRENCIES
from leads.custom_fields.changing import WITH_CHOICES
from leads.custom_fields.registry import FieldRules
from leads.models import CustomField

Kind = CustomField.Kind
MOST_CHOICES = 200
LONGEST_CHOICE = 80
NOT_PLAIN = "“%(value)s” can’t be a name; write small letters, digits and _, a letter first."


class FieldForm(forms.Form):
    """One field. Its name is asked only once: rules, files and programs go by it."""

    label = forms.CharField(
        max_length=80, error_messages={"required": "Say what people read beside the field."}
    )
    name = forms.RegexField(
        regex=r"\A[a-z][a-z0-9_]*\Z",
        label="Name for files and programs",
        required=False,
        max_length=40,
        help_text="Made from the label if left empty. It can’t be changed later.",
        error_messages={"invalid": NOT_PLAIN},
    )
    kind = forms.ChoiceField(
        choices=Kind.choices, error_messages={"required": "Choose a kind."}, initial=Kind.TEXT
    )
    choices = forms.CharField(
        label="Choices, one a line",
        required=False,
        max_length=MOST_CHOICES * (LONGEST_CHOICE + 2),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Leads keep a choice that you rename or take out here.",
    )
    currency = forms.ChoiceField(
        choices=[(code, code) for code in CURRENCIES], initial="USD", required=False
    )
    help = forms.CharField(label="Help below the field", required=False, max_length=200)
    on_form = forms.BooleanField(
        label="Ask for it when a lead is entered by hand", required=False, initial=True
    )

    def __init__(
        self,
        data: Any = None,
        *,
        field: CustomField | None = None,
        about: str = CustomField.About.LEAD,
        **more: Any,
    ) -> None:
        more["initial"] = {**(_typed(field) if field else {}), **more.get("initial", {})}
        super().__init__(data, **more)
        self.about = field.about if field else about
        if self.about != CustomField.About.LEAD:  # no form enters companies
            del self.fields["on_form"]
        if field is not None:
            del self.fields["name"]
            if field.currency and field.currency not in CURRENCIES:
                self.fields["currency"].choices.append(  # type: ignore[attr-defined]
                    (field.currency, field.currency)
                )

    def clean_label(self) -> str:
        return normalise.text(self.cleaned_data["label"], limit=80)

    def clean_choices(self) -> list[str]:
        try:
            lines = self.cleaned_data["choices"].splitlines()
            found = [normalise.text(line, limit=LONGEST_CHOICE) for line in lines]
        except ValueError as error:
            raise forms.ValidationError(f"A choice {error}.") from None
        once: dict[str, str] = {}
        for choice in filter(None, found):
            once.setdefault(choice.casefold(), choice)
        return list(once.values())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        choices = data.get("choices", [])
        if data.get("kind") in WITH_CHOICES and "choices" not in self.errors:
            parted = next((choice for choice in choices if ";" in choice), "")
            if not choices:
                self.add_error("choices", "Write at least one choice.")
            elif len(choices) > MOST_CHOICES:
                self.add_error(
                    "choices", f"These are {len(choices)} choices; at most {MOST_CHOICES} fit."
                )
            elif parted:
                self.add_error(
                    "choices",
                    f"“{parted[:40]}” has a semicolon, which parts choices in files; use a comma.",
                )
        return data

    def facts(self) -> dict[str, Any]:
        """What leads.custom_fields.changing takes."""
        facts = {name: value for name, value in self.cleaned_data.items() if name != "name"}
        return {"on_form": False, **facts}

    def example(self) -> FieldRules:
        """The field as it is typed so far, for the page to show."""
        self.is_valid()
        data = getattr(self, "cleaned_data", {})
        kind = data.get("kind") or Kind.TEXT
        return FieldRules(
            name="example",
            label=data.get("label") or "Your field",
            kind=kind,
            choices=tuple(data.get("choices") or ()) if kind in WITH_CHOICES else (),
            currency=data.get("currency") or "USD" if kind == Kind.MONEY else "",
            help=data.get("help") or "",
        )


def _typed(field: CustomField) -> dict[str, Any]:
    return {
        "label": field.label,
        "kind": field.kind,
        "choices": "\n".join(field.choices),
        "currency": field.currency or "USD",
        "help": field.help,
        "on_form": field.on_form,
    }
