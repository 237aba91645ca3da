"""What the list of companies is narrowed to, and in which order."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet

from accounts.models import User
from leads import countries
from leads.companies.showing import reps
from leads.lists.keyset import Order
from leads.models import Company

# Each is served by an index.
SORTS = {
    "name": ("Name, A to Z", Order("name_key", is_text=True, smallest_first=True)),
    "newest": ("Newest first", Order("created_at", is_instant=True)),
}
NOBODY = "nobody"


class CompanyFilters(forms.Form):
    """Search, owner, country, size and order; what makes no sense is said and not applied."""

    q = forms.CharField(
        label="Search", required=False, max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name or domain"}),
    )  # fmt: skip
    owner = forms.ChoiceField(required=False)
    country = forms.ChoiceField(required=False)
    size = forms.ChoiceField(choices=[("", "Any size"), *Company.Size.choices], required=False)
    sort = forms.ChoiceField(
        choices=[(name, label) for name, (label, _) in SORTS.items()], required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = [(str(rep.pk), str(rep)) for rep in reps()]
        for name, choices in (
            ("owner", [("", "Any owner"), (NOBODY, "Nobody"), *owners]),
            ("country", [("", "Any country"), *countries.names().items()]),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def order(self) -> Order:
        return SORTS[self.cleaned_data.get("sort") or "name"][1]

    @property
    def is_narrow(self) -> bool:
        return any(value for name, value in self.cleaned_data.items() if name != "sort")

    @property
    def address(self) -> str:
        """What is asked for, as an address says it."""
        return urlencode({name: value for name, value in self.cleaned_data.items() if value})

    def apply(self, companies: "QuerySet[Company]") -> "QuerySet[Company]":
        """Those asked for, of what somebody may see."""
        wanted = self.cleaned_data
        if wanted.get("owner"):
            owner = None if wanted["owner"] == NOBODY else wanted["owner"]
            companies = companies.filter(owner=owner)
        for name in ("country", "size"):
            if wanted.get(name):
                companies = companies.filter(**{name: wanted[name]})
        if wanted.get("q"):
            companies = companies.called(wanted["q"])  # type: ignore[attr-defined]
        return companies
