"""Something to say of an offer, as it is filled in."""

from collections.abc import Mapping
from typing import Any

from django import forms

from leads.models import Stage
from personas.models import Message, Offer, Persona
from personas.saying import LONGEST, MOST_COLLATERALS

STAGES = (Stage.MQL, Stage.SAL, Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER)


class MessageForm(forms.Form):
    """The words, and where they belong."""

    text = forms.CharField(
        label="What to say", max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Write what to say."},
    )  # fmt: skip
    persona = forms.ModelChoiceField(
        label="To whom", required=False, queryset=Persona.objects.none(), empty_label="Anybody"
    )
    stage = forms.ChoiceField(
        label="When", required=False,
        choices=[("", "At any time"), *((stage.value, stage.label) for stage in STAGES)],
    )  # fmt: skip
    channel = forms.ChoiceField(label="How", required=False, choices=Message.Channel.choices)
    collaterals = forms.CharField(
        label="Brochures and pages", required=False, max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line: what it is, then its address, such as “Floor plan "
        "https://example.org/plan.pdf”.",
    )  # fmt: skip

    def __init__(self, data: Mapping[str, Any] | None, *, offer: Offer) -> None:
        super().__init__(data)
        self.fields["persona"].queryset = Persona.objects.in_use()  # type: ignore[attr-defined]

    def clean_collaterals(self) -> list[dict[str, str]]:
        """[{"title", "url"}]; each line ends with an address."""
        lines = [line.split() for line in self.cleaned_data["collaterals"].splitlines()]
        found = []
        for *words, url in filter(None, lines):
            if not url.startswith(("https://", "http://")):
                raise forms.ValidationError(
                    f"“{url[:60]}” is no address; end the line with one that begins with https://."
                )
            found.append({"title": " ".join(words) or url, "url": url})
        if len(found) > MOST_COLLATERALS:
            raise forms.ValidationError(f"{len(found)} lines; {MOST_COLLATERALS} are the most.")
        return found

    def said(self) -> dict[str, Any]:
        """What `saying.propose` takes."""
        return {name: self.cleaned_data[name] for name in self.fields}
