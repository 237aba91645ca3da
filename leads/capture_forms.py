"""The forms leads come in by: the marketer's quick form and the hosted form anyone may fill in.

They check as little as possible: what a value must be is said once, by leads.intake.
"""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import User
from leads import countries, custom_fields
from leads.custom_fields import FieldRules
from leads.custom_fields.asking import answers, ask
from leads.models import Campaign, CaptureForm, CustomField, Kind

# What a form may ask, in the order it is asked: label, autocomplete token, input type.
ASKABLE = {
    "email": ("E-mail", "email", "email"),
    "first_name": ("First name", "given-name", "text"),
    "last_name": ("Last name", "family-name", "text"),
    "company": ("Company", "organization", "text"),
    "job_title": ("Job title", "organization-title", "text"),
    "phone": ("Phone", "tel", "tel"),
    "country": ("Country", "country", "select"),
    "website": ("Website", "url", "text"),
    "message": ("Message", "off", "textarea"),
}
# What somebody may fill in about themselves counts as one of these.
FORM_TOUCHPOINTS = (Kind.FORM, Kind.DOWNLOAD, Kind.EVENT)
MET = [
    (Kind.ENTERED, "We spoke or wrote"),
    (Kind.EVENT, "They came to an event"),
    (Kind.REPLY, "They answered us"),
    (Kind.DOWNLOAD, "They asked for a download"),
]


def asked(name: str, *, required: bool = False) -> forms.Field:
    """One of ASKABLE as a field."""
    label, autocomplete, kind = ASKABLE[name]
    attrs = {"autocomplete": autocomplete}
    if kind == "select":
        choices = [("", "Choose…"), *countries.names().items()]
        widget: forms.Widget = forms.Select(attrs=attrs, choices=choices)
    elif kind == "textarea":
        widget = forms.Textarea(attrs={**attrs, "rows": 4})
    else:
        widget = forms.TextInput(attrs={**attrs, "inputmode": kind})
        widget.input_type = kind
    return forms.CharField(label=label, required=required, widget=widget)


def own_asked(names: Sequence[str]) -> dict[str, FieldRules]:
    """The fields of one's own among what a form asks, by `extra.<name>`; those in use."""
    if not any(name.startswith("extra.") for name in names):
        return {}
    fields = custom_fields.of(CustomField.About.LEAD)
    return {rules.key: rules for rules in fields if rules.key in names}


class HostedForm(forms.Form):
    """What one CaptureForm asks of a visitor; e-mail always, and a trap for robots."""

    TRAP = "homepage"

    def __init__(self, *args: Any, asks: CaptureForm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = asked("email", required=True)
        own = own_asked(asks.fields)
        for name in asks.fields:
            if name in ASKABLE and name != "email":
                self.fields[name] = asked(name)
            elif name in own:
                ask(self, [own[name]])
        if asks.consent_text:
            self.fields["consent"] = forms.BooleanField(label=asks.consent_text, required=False)

    @property
    def trapped(self) -> bool:
        """Whether something filled in the field that people do not see."""
        return bool(self.data.get(self.TRAP))

    def facts(self) -> dict[str, Any]:
        """What was typed, by the names capture knows."""
        typed = {
            name: value
            for name, value in self.cleaned_data.items()
            if name in ASKABLE and value.strip()
        }
        extra = answers(self)
        return typed | ({"extra": extra} if extra else {})


class QuickForm(forms.Form):
    """One lead by hand, as fast as somebody can type."""

    email = asked("email")
    first_name = asked("first_name")
    last_name = asked("last_name")
    company = asked("company")
    job_title = asked("job_title")
    phone = asked("phone")
    country = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"list": "countries", "placeholder": "Such as US or Germany"}),
    )
    website = asked("website")
    campaign = forms.ChoiceField(required=False)
    touchpoint = forms.ChoiceField(label="What happened?", choices=MET, required=False)
    source = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"placeholder": "Trade show, referral…"})
    )
    message = forms.CharField(
        label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    consent = forms.BooleanField(label="They agreed that we contact them", required=False)

    REMEMBERED = ("campaign", "touchpoint", "source")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["email"].help_text = "Or a phone number; the rest may follow."
        for name in ASKABLE:
            if name in self.fields:
                # These are other people's details: the browser must not offer one's own.
                self.fields[name].widget.attrs["autocomplete"] = "off"
        own = [rules for rules in custom_fields.of(CustomField.About.LEAD) if rules.on_form]
        self.own = ask(self, own)
        campaigns = campaigns_for_entry(user)
        choices = [(campaign.slug, campaign.name) for campaign in campaigns]
        # Without a team of their own, the campaign says whose lead it is.
        needed = not (user.marketing_teams or user.sales_teams)
        self.fields["campaign"].required = needed
        none = ("", "Choose…") if needed else ("", "No campaign")
        self.fields["campaign"].choices = [none, *choices]  # type: ignore[attr-defined]
        self.fields["campaign"].error_messages["invalid_choice"] = (
            "There is no campaign “%(value)s” here; choose one of the list."
        )

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The fields of one's own, for the template."""
        return [self[name] for name in self.own]

    def focus(self) -> None:
        """Put the cursor where typing goes on: the first wrong field, else the first."""
        wrong = next((name for name in self.fields if name in self.errors), "email")
        self.fields[wrong].widget.attrs["autofocus"] = True

    def row(self) -> dict[str, Any]:
        """The row as capture takes it."""
        row: dict[str, Any] = {
            k: v for k, v in self.cleaned_data.items() if v and k not in self.own
        }
        if extra := answers(self):
            row["extra"] = extra
        row.setdefault("touchpoint", Kind.ENTERED)
        if row.pop("consent", False):
            row["consent"] = {"text": f"Agreed in person; noted by {self.user}."}
        return row


def campaigns_for_entry(user: User) -> list[Campaign]:
    """Campaigns a lead may be entered for: one's own to see; sales knows all by name."""
    found = Campaign.objects.all() if user.is_sales else Campaign.objects.visible_to(user)
    return list(found)
