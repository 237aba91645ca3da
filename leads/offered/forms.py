"""A change of an offer as marketing fills it in, and a new offer."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import count
from typing import Any

from django import forms
from django.utils.text import slugify

from leads.forms_sales import CURRENCIES
from personas.announcing import REASON_LENGTH
from personas.models import Offer, OfferChange, Persona

CENT = Decimal("0.01")
# Addresses of their own.
TAKEN = {"new"}


class ChangeForm(forms.Form):
    """What an offer shall be called and cost, what is said no more, and why."""

    name = forms.CharField(
        label="Name", max_length=160, error_messages={"required": "Say what it is called."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    price = forms.DecimalField(
        label="Price", min_value=Decimal(0), max_digits=12, decimal_places=2,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
        error_messages={
            "required": "Say what it costs; 0 for nothing.",
            "invalid": "Write an amount such as 14.50.",
            "min_value": "A price is not below 0.",
        },
    )  # fmt: skip
    currency = forms.ChoiceField(label="Currency", choices=CURRENCIES)
    is_active = forms.BooleanField(label="We sell it", required=False)
    claim = forms.CharField(
        label="No longer say", required=False, max_length=200,
        help_text="A claim that is withdrawn, in the words people use, such as “delivery within a "
        "week”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    say = forms.CharField(
        label="What to say now", required=False, max_length=1000,
        help_text="To a customer who asks by the old name or price.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    reason = forms.CharField(
        label="Why", max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Everybody in sales reads it.",
        error_messages={"required": "Say why; everybody in sales reads it."},
    )  # fmt: skip

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        offer: Offer | None = None,
        change: OfferChange | None = None,
    ) -> None:
        initial: dict[str, Any] = offer.facts() if offer else {"currency": "USD"}
        if change is not None:
            initial |= change.after
            initial |= {"claim": change.claim, "say": change.say, "reason": change.reason}
        currencies = list(CURRENCIES)
        if initial["currency"] not in dict(currencies):
            currencies.append((initial["currency"], initial["currency"]))
        super().__init__(data, initial=initial)
        self.fields["currency"].choices = currencies  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """Blanks within it are one."""
        return " ".join(str(self.cleaned_data["name"]).split())

    def after(self) -> dict[str, Any]:
        """What the offer's facts shall be."""
        data = self.cleaned_data
        return {
            "name": data["name"], "price": str(data["price"].quantize(CENT)),
            "currency": data["currency"], "is_active": data["is_active"],
        }  # fmt: skip

    def words(self) -> dict[str, str]:
        """What is said of the change."""
        return {name: self.cleaned_data[name] for name in ("claim", "say", "reason")}


def _free(slug: str) -> str:
    """An address nobody has: with a number where somebody does."""
    start, known = slug, {*TAKEN, *Offer.objects.values_list("slug", flat=True)}
    for number in count(2):
        if slug not in known:
            break
        slug = f"{start[:44]}-{number}"
    return slug


class DescriptionForm(forms.Form):
    """What an offer is, and for whom."""

    summary = forms.CharField(
        label="Description", required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    personas = forms.ModelMultipleChoiceField(
        label="For whom", required=False, queryset=Persona.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["personas"].queryset = Persona.objects.in_use()  # type: ignore[attr-defined]


class NewOfferForm(ChangeForm, DescriptionForm):
    """Something we shall sell, once it is published."""

    field_order = ("name", "price", "currency", "summary", "personas", "say", "reason")

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        del self.fields["is_active"], self.fields["claim"]
        self.fields["say"].help_text = "To a customer who asks what it is."

    def clean_name(self) -> str:
        name = super().clean_name()
        slug = slugify(name)[:50].strip("-")
        if not slug:
            raise forms.ValidationError(f"“{name}” has no letter or digit; write a word.")
        known = Offer.objects.called(name)
        same = next(
            (o for o in known if name.casefold() in map(str.casefold, [o.name, *o.former_names])),
            None,
        )
        if same is not None:
            raise forms.ValidationError(
                f"“{name}” is, or was, what “{same}” is called; change that offer, or choose "
                "another name."
            )
        self.cleaned_data["slug"] = _free(slug)
        return name

    def after(self) -> dict[str, Any]:
        """All it is, is put on sale."""
        return {"is_active": True}

    def words(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("say", "reason")}

    def made(self) -> Offer:
        """The offer, saved and not sold yet."""
        data = self.cleaned_data
        offer = Offer.objects.create(
            slug=data["slug"], name=data["name"], summary=data["summary"],
            price=data["price"].quantize(CENT), currency=data["currency"], is_active=False,
        )  # fmt: skip
        offer.personas.set(data["personas"])
        return offer
