"""What is filled in to write to a lead, to keep a template, to plan a meeting."""

import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from leads.mail.writing import MOST_WORDS

WORDS = {"subject": "Say in a few words what it is about.", "body": "Write something."}


def _body(rows: int) -> forms.CharField:
    return forms.CharField(
        label="Text", max_length=MOST_WORDS, widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": WORDS["body"]},
    )  # fmt: skip


def _subject() -> forms.CharField:
    return forms.CharField(
        label="Subject", max_length=200, error_messages={"required": WORDS["subject"]},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class MailForm(forms.Form):
    """An e-mail to one lead. `once` is this form's own number: sent twice, it is one mail."""

    once = forms.UUIDField(widget=forms.HiddenInput)
    subject = _subject()
    body = _body(9)
    consent = forms.CharField(
        label="How did they agree to be written to?", max_length=300, required=False,
        help_text="Such as “asked for the price list by phone”. It is kept with the lead.",
    )  # fmt: skip

    def __init__(self, *args: Any, wants_consent: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("once", uuid.uuid4())
        if not wants_consent:
            del self.fields["consent"]


class TemplateForm(forms.Form):
    """A template: whose, and what it says."""

    name = forms.CharField(max_length=60, error_messages={"required": "Give it a name."})
    shared = forms.ChoiceField(label="Who has it")
    subject = _subject()
    body = _body(12)

    def __init__(self, *args: Any, sharing: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shared"].choices = sharing  # type: ignore[attr-defined]


class MeetingForm(forms.Form):
    """A meeting with a lead, by the clock of whoever plans it."""

    once = forms.UUIDField(widget=forms.HiddenInput)
    title = forms.CharField(
        label="What", max_length=200, error_messages={"required": "Say what it is about."}
    )
    starts_at = forms.DateTimeField(
        label="Start", input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": "Write it as 2027-01-31T09:30.", "required": "Say when."},
    )  # fmt: skip
    minutes = forms.TypedChoiceField(
        label="How long", coerce=int, initial=30,
        choices=[(15, "15 min"), (30, "30 min"), (45, "45 min"), (60, "1 h"), (90, "1 h 30 min"),
                 (120, "2 h"), (240, "4 h")],
    )  # fmt: skip
    place = forms.CharField(
        label="Where", max_length=500, required=False, help_text="A place, or a link to a call."
    )
    words = forms.CharField(
        label="A word with it", max_length=4000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    consent = forms.CharField(
        label="How did they agree to be written to?", max_length=300, required=False,
        help_text="Such as “asked for the price list by phone”. It is kept with the lead.",
    )  # fmt: skip

    def __init__(self, *args: Any, zone: ZoneInfo, wants_consent: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.initial.setdefault("once", uuid.uuid4())
        if not wants_consent:
            del self.fields["consent"]

    def clean_starts_at(self) -> datetime:
        """The instant; a time that the clocks leave out when they are put forward is refused."""
        typed: datetime = self.cleaned_data["starts_at"].replace(tzinfo=None)
        try:
            instant = typed.replace(tzinfo=self.zone).astimezone(UTC)
        except OverflowError:  # the last day of all, which somewhere is over already
            raise forms.ValidationError(
                f"There is no year {typed:%Y}; choose another day."
            ) from None
        if instant.astimezone(self.zone).replace(tzinfo=None) != typed:
            raise forms.ValidationError(
                "The clocks are put forward that night and there is no such time; choose another."
            )
        return instant
