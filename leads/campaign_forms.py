"""Campaigns and their forms, as marketers fill them in."""

from typing import Any

from django import forms
from django.utils.text import slugify

from accounts.models import Role, Team, User
from leads import custom_fields
from leads.capture_forms import ASKABLE, FORM_TOUCHPOINTS
from leads.models import Campaign, CaptureForm, CustomField, Kind

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
CURRENCIES = ["USD", "EUR", "GBP", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "JPY"]


class Sluggish(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose address is made from the name when none is typed, and then stays."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("slug") and data.get("name") and "slug" in self.fields:
            data["slug"] = self._free_slug(slugify(data["name"])[:46] or "new")
        return data

    def _free_slug(self, wanted: str) -> str:
        model = self._meta.model
        taken = set(model.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
        return next(
            slug
            for slug in (wanted, *(f"{wanted}-{n}" for n in range(2, 1000)))
            if slug not in taken
        )


class CampaignForm(Sluggish):
    """One campaign. The address does not change later: links and imports name it."""

    class Meta:
        model = Campaign
        fields = [
            "name", "slug", "channel", "team", "budget", "spent", "currency", "starts_on",
            "ends_on", "hand_over_at_once",
        ]  # fmt: skip
        labels = {
            "slug": "Short name for links and imports",
            "starts_on": "Starts",
            "ends_on": "Ends",
            "hand_over_at_once": "Hand MQLs over to sales at once",
        }
        help_texts = {
            "slug": "Made from the name if left empty. It can’t be changed later.",
            "hand_over_at_once": "Otherwise they wait under “Ready to hand over”.",
        }
        widgets = {"starts_on": DAY, "ends_on": DAY}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = Team.objects.filter(kind=Team.Kind.MARKETING)
        if user.role == Role.MARKETER:
            teams = teams.filter(pk__in=user.marketing_teams)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        self.fields["team"].empty_label = None  # type: ignore[attr-defined]
        if user.marketing_teams and not self.instance.pk:
            self.initial.setdefault("team", user.marketing_teams[0])
        self.fields["slug"].required = False
        for name in ("budget", "spent"):
            self.fields[name].min_value = 0  # type: ignore[attr-defined]
        mine = self.instance.currency
        choices = CURRENCIES if mine in CURRENCIES else [mine, *CURRENCIES]
        self.fields["currency"] = forms.ChoiceField(choices=[(c, c) for c in choices])
        if self.instance.pk:
            # What is counted for a campaign must not move with an edit.
            del self.fields["slug"], self.fields["team"]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for name in ("budget", "spent"):
            if (data.get(name) or 0) < 0:
                self.add_error(name, f"{data[name]} is less than nothing; give 0 or more.")
        starts, ends = data.get("starts_on"), data.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", f"{ends} is before the start, {starts}; pick a later day.")
        return data


PLAIN_ASKS = [(name, label) for name, (label, _, _) in ASKABLE.items() if name != "email"]


class CaptureFormForm(Sluggish):
    """What a hosted form asks and says."""

    asks = forms.MultipleChoiceField(
        label="It asks for",
        required=False,
        choices=PLAIN_ASKS,
        widget=forms.CheckboxSelectMultiple,
        help_text="The e-mail address is always asked. The fewer fields, the more people answer.",
    )

    class Meta:
        model = CaptureForm
        fields = [
            "name", "slug", "campaign", "touchpoint", "headline", "intro", "button", "thanks",
            "consent_text", "is_active",
        ]  # fmt: skip
        labels = {
            "slug": "Address",
            "touchpoint": "Filling it in counts as",
            "button": "Button",
            "thanks": "After sending, it says",
            "consent_text": "Consent, with a box to tick",
            "is_active": "On: people can fill it in",
        }
        help_texts = {
            "slug": "The last part of the link. Made from the name if left empty.",
            "headline": "The name, if left empty.",
            "consent_text": "Kept word for word with who ticks it. Empty: none is asked.",
        }
        widgets = {
            "intro": forms.Textarea(attrs={"rows": 2}),
            "thanks": forms.Textarea(attrs={"rows": 2}),
            "consent_text": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(rules.key, rules.label) for rules in custom_fields.of(CustomField.About.LEAD)]
        self.fields["asks"].choices = [*PLAIN_ASKS, *own]  # type: ignore[attr-defined]
        campaigns = Campaign.objects.visible_to(user)
        self.fields["campaign"].queryset = campaigns  # type: ignore[attr-defined]
        self.fields["campaign"].empty_label = "Choose…"  # type: ignore[attr-defined]
        kinds = [(kind, Kind(kind).label) for kind in FORM_TOUCHPOINTS]
        self.fields["touchpoint"] = forms.ChoiceField(
            label=self.Meta.labels["touchpoint"], choices=kinds
        )
        self.fields["slug"].required = False
        if self.instance.pk:
            # The link is out in the world.
            del self.fields["slug"]
            self.initial["asks"] = [name for name in self.instance.fields if name != "email"]
        else:
            self.initial.setdefault("asks", ["first_name", "last_name", "company"])

    def save(self, commit: bool = True) -> CaptureForm:
        self.instance.fields = ["email", *self.cleaned_data["asks"]]
        form: CaptureForm = super().save(commit=commit)
        return form
