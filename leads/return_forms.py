"""Marketing's answer to a return, and how the managers rule on a disputed one."""

from django import forms

from leads.models import Return
from leads.rulings import REASON_LENGTH

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


RULINGS = [
    (Return.Ruled.STANDS, "The return stands: it was not good enough"),
    (Return.Ruled.OVERTURNED, "Sales should have taken it: it goes back to sales"),
]


class RulingForm(forms.Form):
    """How one side's manager would rule, and why."""

    outcome = forms.ChoiceField(
        choices=RULINGS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how to rule."},
    )
    reason = forms.CharField(
        label="Why",
        max_length=REASON_LENGTH,
        error_messages={"required": "Say why: both teams read it."},
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "What both teams can hold to"}),
    )
