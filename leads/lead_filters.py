"""What the list of leads can be narrowed to, as its address says it."""

import re
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from accounts.models import User
from leads import normalise
from leads.capture_forms import campaigns_for_entry
from leads.keyset import Order
from leads.models import Lead, Stage, Tier
from personas.models import Persona

SORTS = {"newest": Order("created_at", is_instant=True), "score": Order("score")}
NOBODY = "nobody"


class LeadFilters(forms.Form):
    """Search, filters and sort of the list; what makes no sense is said and not applied."""

    q = forms.CharField(
        label="Search", required=False, max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name, e-mail, company"}),
    )  # fmt: skip
    stage = forms.ChoiceField(choices=[("", "Any stage"), *Stage.choices], required=False)
    tier = forms.ChoiceField(choices=[("", "Any tier"), *Tier.choices], required=False)
    campaign = forms.ChoiceField(required=False)
    persona = forms.ChoiceField(required=False)
    owner = forms.ChoiceField(required=False)
    sort = forms.ChoiceField(
        choices=[("newest", "Newest first"), ("score", "Best score first")], required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        campaigns = [(str(c.pk), c.name) for c in campaigns_for_entry(user)]
        personas = [(str(p.pk), p.name) for p in Persona.objects.in_use()]
        reps = User.objects.filter(is_active=True, teams__kind="sales").distinct().order_by("name")
        owners = [(NOBODY, "Nobody"), *((str(rep.pk), str(rep)) for rep in reps)]
        for name, any_of, choices in (
            ("campaign", "Any campaign", campaigns),
            ("persona", "Any persona", personas),
            ("owner", "Any owner", owners),
        ):
            self.fields[name].choices = [("", any_of), *choices]  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def order(self) -> Order:
        return SORTS[self.cleaned_data.get("sort") or "newest"]

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the order is asked for."""
        return any(value for name, value in self.cleaned_data.items() if name != "sort")

    def apply(self, leads: QuerySet[Lead], *, alike: bool = False) -> QuerySet[Lead]:
        """Narrow the leads somebody may see to those asked for; `alike` forgives typing errors."""
        wanted = self.cleaned_data
        for name, column in (
            ("stage", "stage"),
            ("tier", "tier"),
            ("campaign", "campaign_id"),
            ("persona", "persona_id"),
        ):
            if wanted.get(name):
                leads = leads.filter(**{column: wanted[name]})
        if wanted.get("owner"):
            owner = None if wanted["owner"] == NOBODY else wanted["owner"]
            leads = leads.filter(owner_id=owner)
        if not wanted.get("q"):
            return leads
        return leads.filter((alike_to if alike else matching)(wanted["q"]))


def matching(words: str) -> Q:
    """Leads that some words name: an address, a phone number, or words of name and company.

    Each of these is one indexed look.
    """
    text = words.strip().casefold()
    if "@" in text:
        return Q(email=text)
    digits = re.sub(r"[^\d+]", "", text)
    if len(digits) >= 7 and not re.search(r"[a-z]", text):
        try:
            return Q(phone=normalise.phone(text)) | Q(phone=f"+{digits.lstrip('+')}")
        except ValueError:
            return Q(phone=f"+{digits.lstrip('+')}")
    each = Q()
    for word in text.split()[:6]:
        each &= Q(match_text__contains=word)
    return each


def alike_to(words: str) -> Q:
    """Leads that the words may have meant: the start of an address, a name with typing errors."""
    text = words.strip().casefold()
    return Q(email__startswith=text) | Q(match_text__trigram_word_similar=text)
