"""A monthly promise as people fill it in."""

from collections.abc import Mapping
from typing import Any

from django import forms

from personas.models import Persona
from sla.models import Counted, MonthlyPromise, Packet

MOST_LEADS = 1_000_000
NOT_A_CHOICE = {"invalid_choice": "“%(value)s” is not in the list; choose from it."}
WHOLE = "Give a whole number, such as 40."


class MonthlyForm(forms.Form):
    """Name, what is counted, how much of it, and of which leads."""

    name = forms.CharField(
        max_length=120, help_text="Such as “Accepted leads”.",
        error_messages={"required": "Give the promise a name."},
    )  # fmt: skip
    counted = forms.ChoiceField(
        label="Counted", choices=Counted.choices, widget=forms.RadioSelect,
        error_messages={**NOT_A_CHOICE, "required": "Choose what is counted."},
    )  # fmt: skip
    target = forms.IntegerField(
        label="At least", min_value=1, max_value=MOST_LEADS,
        help_text="Leads in a calendar month; of a share, percent.",
        error_messages={
            "required": "Say how many leads, or what share in percent.", "invalid": WHOLE,
            "min_value": "Promise at least 1.",
            "max_value": f"More than {MOST_LEADS:,} can’t be promised.",
        },
    )  # fmt: skip
    packet = forms.MultipleChoiceField(
        label="A packet is complete with", choices=Packet.choices, required=False,
        widget=forms.CheckboxSelectMultiple, error_messages=NOT_A_CHOICE,
    )  # fmt: skip
    personas = forms.MultipleChoiceField(
        label="Persona", required=False, widget=forms.CheckboxSelectMultiple,
        error_messages=NOT_A_CHOICE,
    )  # fmt: skip

    def __init__(self, data: Mapping[str, Any] | None, *, promise: MonthlyPromise) -> None:
        names = ("name", "counted", "target", "packet", "personas")
        super().__init__(data, initial={name: getattr(promise, name) for name in names})
        found = dict(Persona.objects.in_use().values_list("slug", "name"))
        known = found | {slug: slug for slug in promise.personas if slug not in found}
        self.fields["personas"].choices = list(known.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        counted, target = data.get("counted"), data.get("target")
        if counted in (Counted.SHARE, Counted.COMPLETE) and target is not None and target > 100:
            self.add_error(
                "target", f"{target} % of them can’t be; a share is 1 to 100 percent."
            )  # fmt: skip
        if counted == Counted.COMPLETE and not data.get("packet") and "packet" not in self.errors:
            self.add_error("packet", "Choose what a complete packet holds.")
        return data

    def values(self) -> dict[str, Any]:
        """What a valid form says; what a packet holds only where packets are counted."""
        data = dict(self.cleaned_data)
        if data["counted"] != Counted.COMPLETE:
            data["packet"] = []
        return data
