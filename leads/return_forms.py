"""Marketing's answer to a return."""

from django import forms

from leads.models import Return

ANSWERS = [
    (Return.Answer.ACCEPTED, "Sales is right: back to nurture"),
    (Return.Answer.FIXED, "Fixed: send it to sales again"),
    (Return.Answer.DISPUTED, "We disagree: let the managers rule"),
]


class AnswerForm(forms.Form):
    """One of three answers; the last two need a note."""

    answer = forms.ChoiceField(
        choices=ANSWERS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of the three answers."},
    )
    note = forms.CharField(
        required=False,
        label="Note",
        max_length=2000,
        widget=forms.Textarea(
            attrs={"rows": 2, "placeholder": "What was fixed, or why you disagree"}
        ),
    )
