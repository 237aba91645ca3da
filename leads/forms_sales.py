"""What people fill in while they work a lead: reasons, outcomes, amounts, details."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.forms.utils import ErrorDict

from accounts.models import User
from accounts.words import money_words
from leads import custom_fields
from leads.custom_fields.asking import ask
from leads.models import OUTCOMES, CustomField, Deal, Insight, Kind, Lead, Outcome, RejectReason
from leads.models.feedback import Rating
from leads.qualification import DISQUALIFY_REASONS
from personas.models import Offer

NOTE = 4000
CURRENCIES = [("USD", "USD"), ("EUR", "EUR"), ("GBP", "GBP")]
WON = ("Right product at the right time", "Price", "Trust in us", "Recommended to them")
LOST = ("Price", "Bought elsewhere", "No budget", "Put off", "Could not be reached again")


def _choice(choices: Any) -> forms.ChoiceField:
    """A reason, picked at a glance."""
    missing = {"required": "Choose a reason.", "invalid_choice": "Choose one of these reasons."}
    return forms.ChoiceField(
        label="Why?", choices=choices, widget=forms.RadioSelect, error_messages=missing
    )


def _note(label: str = "Note", *, rows: int = 3, required: bool = False) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=required, max_length=NOTE, widget=widget)


class RejectForm(forms.Form):
    """Why sales will not take it."""

    reason = _choice(RejectReason.choices)
    note = _note("Note for marketing", rows=2)


class DisqualifyForm(forms.Form):
    """Why it will not buy, or not now."""

    reason = _choice(list(DISQUALIFY_REASONS.items()))
    note = _note(rows=2)


class FeedbackForm(forms.Form):
    """How good the lead was, for marketing to learn from."""

    rating = forms.TypedChoiceField(
        label="How good was this lead?", choices=Rating.choices, coerce=int,
        widget=forms.RadioSelect, error_messages={"required": "Choose 1 to 5."},
    )  # fmt: skip
    why = _note("Why? Marketing reads it.", rows=2)


class EndForm(DisqualifyForm):
    """Why it will not buy, or not now; and how good it was, for whoever says so at once."""

    rating = forms.TypedChoiceField(
        label="How good was the lead itself?", choices=Rating.choices, coerce=int,
        empty_value=None, required=False, widget=forms.RadioSelect,
    )  # fmt: skip


class TouchForm(forms.Form):
    """A call, e-mail, meeting or note. The outcome is the button that sends it."""

    outcome = forms.ChoiceField(choices=(), required=False, widget=forms.HiddenInput)
    note = _note()
    occurred_at = forms.DateTimeField(
        label="When, if it was earlier", required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        error_messages={"invalid": "Write it as 2027-01-31T09:30."},
    )  # fmt: skip

    def __init__(self, *args: Any, kind: str, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.zone = kind, zone
        outcomes = [(value, Outcome(value).label) for value in OUTCOMES[Kind(kind)]]
        self.fields["outcome"].choices = [("", ""), *outcomes]  # type: ignore[attr-defined]
        self.outcomes = outcomes
        self.fields["note"].required = kind == Kind.NOTE
        self.fields["outcome"].required = bool(outcomes)
        self.fields["outcome"].error_messages["required"] = "Choose how it went."

    def clean_occurred_at(self) -> datetime | None:
        """The time as typed, by the clock of whoever typed it."""
        typed: datetime | None = self.cleaned_data["occurred_at"]
        return typed.replace(tzinfo=self.zone) if typed else None


class DealForm(forms.Form):
    """An opportunity: what for, how much."""

    name = forms.CharField(
        label="What for", max_length=200, required=False,
        widget=forms.TextInput(attrs={"list": "deal-offers", "autocomplete": "off"}),
    )  # fmt: skip
    offer = forms.ModelChoiceField(
        Offer.objects.none(), label="Offer", required=False, empty_label="None of our offers"
    )
    amount = forms.DecimalField(
        label="Amount", min_value=Decimal(0), max_digits=12, decimal_places=2,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "autofocus": True}),
    )  # fmt: skip
    currency = forms.ChoiceField(label="Currency", choices=CURRENCIES)
    expected_on = forms.DateField(
        label="Expected to close", required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write it as 2027-01-31, or leave it empty."},
    )  # fmt: skip

    def __init__(self, *args: Any, there: Sequence[Deal] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["offer"].queryset = Offer.objects.on_sale()  # type: ignore[attr-defined]
        self.there = {str(deal.pk): deal for deal in there}
        if there:
            choices = [(number, _as_choice(deal)) for number, deal in self.there.items()]
            self.fields["join"] = forms.ChoiceField(
                label=f"{there[0].lead.of_company} has an open deal. Which is this?",
                choices=[*choices, ("new", "A new one")], widget=forms.RadioSelect,
                error_messages={"required": "Choose the deal, or a new one."},
            )  # fmt: skip
            self.order_fields(["join"])
            self.fields["amount"].required = False
            del self.fields["amount"].widget.attrs["autofocus"]

    def clean(self) -> dict[str, Any]:
        """The deal to join instead of the choice; a new one needs an amount."""
        data = super().clean() or {}
        joining = self.there.get(data.get("join", ""))
        if joining is None and data.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", "Give an amount; 0 if nobody knows yet.")
        if joining is not None:  # what was typed for a new one does not matter
            self._errors = ErrorDict()
        return {**data, "join": joining}


def _as_choice(deal: Deal) -> str:
    return f"{deal}, {money_words(deal.amount, deal.currency)} ({deal.owner})"


class InsightForm(forms.Form):
    """What somebody said: what this lead needs, and what its persona is like."""

    about = forms.ChoiceField(
        label="It is about", choices=Insight.About.choices, widget=forms.RadioSelect,
        error_messages={"required": "Choose what it is about."},
    )  # fmt: skip
    words = forms.CharField(
        label="In a few words", max_length=200,
        widget=forms.TextInput(
            attrs={"list": "known-insights", "autocomplete": "off", "autofocus": True}
        ),
        help_text="The same words as others used are counted together.",
        error_messages={"required": "Say what you heard."},
    )  # fmt: skip
    said_by = forms.CharField(label="Who said it, if somebody else", max_length=120, required=False)
    said_on = forms.DateField(
        label="When, if it was earlier", required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write it as 2027-01-31, or leave it empty."},
    )  # fmt: skip


class CloseForm(forms.Form):
    """Why a deal was won or lost."""

    reason = _choice(())
    words = forms.CharField(
        label="In your own words", required=False, max_length=140,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, state: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = WON if state == Deal.State.WON else LOST
        choices = [*((r, r) for r in reasons), ("other", "Another reason")]
        self.fields["reason"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("reason") == "other" and not data.get("words"):
            self.add_error("words", "Say why in a few words.")
        return data

    @property
    def sentence(self) -> str:
        """Reason and words as one text."""
        reason, words = self.cleaned_data["reason"], self.cleaned_data["words"].strip()
        if reason == "other":
            return words
        return f"{reason}: {words}" if words else reason


class AssignForm(forms.Form):
    """Who gets the handoff, and why."""

    rep = forms.ModelChoiceField(label="Give it to", queryset=User.objects.none())
    reason = forms.CharField(label="Why", max_length=300, required=False)

    def __init__(self, *args: Any, reps: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rep"].queryset = reps  # type: ignore[attr-defined]
        self.fields["rep"].empty_label = "Choose a rep"  # type: ignore[attr-defined]


class HandOverForm(forms.Form):
    """Hand over all the same: why sales should take it."""

    override_reason = forms.CharField(
        label="Why should sales take it all the same?", max_length=300, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class DetailsForm(forms.Form):
    """Who the person is, as typed; normalised by the verb that saves it (leads.editing)."""

    first_name = forms.CharField(required=False, max_length=400, strip=False)
    last_name = forms.CharField(required=False, max_length=400, strip=False)
    job_title = forms.CharField(required=False, max_length=640, strip=False)
    company = forms.CharField(required=False, max_length=800, strip=False)
    email = forms.CharField(label="E-mail", required=False, max_length=1280, strip=False)
    phone = forms.CharField(required=False, max_length=240, strip=False)
    country = forms.CharField(required=False, max_length=240, help_text="Such as US or Germany")

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, initial=self.of(lead))
        ask(self, custom_fields.of(CustomField.About.LEAD), standing=lead.extra)

    @staticmethod
    def of(lead: Lead) -> dict[str, Any]:
        """What the form starts from: what was typed where it was kept."""
        return {
            "first_name": lead.first_name,
            "last_name": lead.last_name,
            "job_title": lead.job_title,
            "company": lead.company,
            "email": lead.email or lead.email_typed,
            "phone": lead.phone or lead.phone_typed,
            "country": lead.country,
            **{f"extra.{name}": value for name, value in lead.extra.items()},
        }
