"""Who books: as little as a person needs to be called by their name."""

import re
from typing import Any

from django import forms

from leads.capture_forms import HostedForm, asked

# What a mail program would make a link of.
ADDRESS = re.compile(r"/|\bwww\.", re.I)


class BookingForm(forms.Form):
    """What a visitor types; of one who comes by a link of their own no more than a word."""

    TRAP = HostedForm.TRAP
    time = forms.CharField(widget=forms.HiddenInput)
    first_name = asked("first_name", required=True)
    last_name = asked("last_name")
    email = asked("email", required=True)
    company = asked("company")
    phone = asked("phone")
    message = forms.CharField(
        label="What is it about?", required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, *args: Any, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            for name in ("first_name", "last_name", "email", "company", "phone"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """A name travels to an address that anybody may have typed: it advertises nothing."""
        data = super().clean() or {}
        for name in ("first_name", "last_name"):
            if ADDRESS.search(data.get(name) or ""):
                self.add_error(name, "Write a name, without an address of the web.")
        return data

    @property
    def trapped(self) -> bool:
        """Whether something filled in the field that people do not see."""
        return bool(self.data.get(self.TRAP))

    def facts(self) -> dict[str, Any]:
        """What was typed, by the names capture knows."""
        return {k: v for k, v in self.cleaned_data.items() if k != "time" and v.strip()}
