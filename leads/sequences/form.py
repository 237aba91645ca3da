"""A sequence as a form: its name, with whom it is shared, and its steps in rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from accounts.models import User
from accounts.refusals import Refused
from leads.mail import placeholders
from leads.mail.templates import OWN, sharing
from leads.models import MailTemplate
from leads.models import Sequence as Plan
from leads.sequences.keeping import shared_of
from leads.working_time import DAY, HOUR

MOST = 15
LONGEST_DAYS = 90
KINDS = [("call", "Call"), ("email", "E-mail"), ("task", "Something else")]


class SequenceForm(forms.Form):
    """What it is called, and who has it."""

    name = forms.CharField(max_length=60, error_messages={"required": "Give the sequence a name."})
    shared = forms.ChoiceField(label="Who can use it")

    def __init__(self, data: Any = None, *, user: User, sequence: Plan | None) -> None:
        begun = {"shared": OWN} if sequence is None else {
            "name": sequence.name, "shared": shared_of(sequence),
        }  # fmt: skip
        super().__init__(data, initial=begun)
        choices = sharing(user)
        if begun["shared"] not in dict(choices) and sequence is not None:
            choices.append((begun["shared"], f"Everybody in {sequence.team}"))
        self.fields["shared"].choices = choices  # type: ignore[attr-defined]


class StepForm(forms.Form):
    """One step. An e-mail has its words: a template's, or those typed here."""

    kind = forms.ChoiceField(label="What", choices=KINDS)
    days = forms.IntegerField(label="After working days", min_value=0, max_value=LONGEST_DAYS)
    hours = forms.IntegerField(label="and hours", min_value=0, max_value=7, required=False)
    words = forms.CharField(
        label="What is it about", max_length=150, required=False,
        widget=forms.TextInput(attrs={"placeholder": "Ask about the opening date"}),
    )  # fmt: skip
    template = forms.ModelChoiceField(
        MailTemplate.objects.none(), label="Take the words of", required=False,
        empty_label="No template",
    )  # fmt: skip
    subject = forms.CharField(max_length=200, required=False)
    body = forms.CharField(
        label="Text", max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    sends = forms.BooleanField(label="Goes out by itself, in working time", required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = MailTemplate.objects.visible_to(user).filter(removed_at=None).distinct()  # type: ignore[attr-defined]
        self.fields["template"].queryset = mine  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        if data.get("kind") == "task" and not data.get("words"):
            self.add_error("words", "Say what is to be done.")
        if data.get("kind") != "email":
            return data
        template = data.get("template")
        if template is not None:
            data["subject"], data["body"] = template.subject, template.body
        for name, missing in (("subject", "Write a subject, or choose a template."),
                              ("body", "Write the e-mail, or choose a template.")):  # fmt: skip
            if not data.get(name, "").strip() and name not in self.errors:
                self.add_error(name, missing)
        try:
            placeholders.refuse_unknown(data.get("subject", ""), data.get("body", ""))
        except Refused as refusal:
            for name, said in refusal.fields.items():
                self.add_error(name, said)
        return data

    def has_changed(self) -> bool:
        """A row that was added and left as it was is none."""
        typed = (self.data.get(self.add_prefix(name), "") for name in ("days", "words", "subject"))
        return any(str(text).strip() for text in typed)

    def step(self) -> dict[str, Any]:
        """The step as a version keeps it."""
        data = self.cleaned_data
        found: dict[str, Any] = {
            "kind": data["kind"],
            "wait": data["days"] * DAY + (data.get("hours") or 0) * HOUR,
            "words": " ".join(data["words"].split()),
        }
        if data["kind"] == "email":
            subject = " ".join(data["subject"].split())
            found |= {"subject": subject, "body": data["body"].strip(), "sends": data["sends"]}
        return found


class StepRows(forms.BaseFormSet):  # type: ignore[type-arg]
    """The steps in the order of their numbers."""

    def steps(self) -> list[dict[str, Any]]:
        return [form.step() for form in self.ordered_forms if form.has_changed()]

    def clean(self) -> None:
        left = [f for f in self.forms if f.has_changed() and not f.cleaned_data.get("DELETE")]
        if not left and not any(self.errors):
            raise forms.ValidationError("Plan at least one step.")


def rows(
    steps: Sequence[Mapping[str, Any]], data: Mapping[str, Any] | None = None, *, user: User
) -> StepRows:
    """The steps as rows, and one more to fill in."""
    made = forms.formset_factory(
        StepForm, formset=StepRows, extra=1, max_num=MOST, absolute_max=MOST + 5,
        validate_max=True, can_delete=True, can_order=True,
    )  # fmt: skip
    begun = [
        {**step, "days": step["wait"] // DAY, "hours": step["wait"] % DAY // HOUR} for step in steps
    ]
    found = made(data, initial=begun, form_kwargs={"user": user}, prefix="steps")
    assert isinstance(found, StepRows)
    return found
