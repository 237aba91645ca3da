"""What is filled in to write to a lead, and to keep a template."""

import uuid
from typing import Any

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
