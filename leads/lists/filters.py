"""What the list of leads is narrowed to, as its address says it: quick filters and conditions."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import OrderBy, Q, QuerySet

from accounts.models import User
from leads import normalise
from leads.lists import conditions, fields, words
from leads.lists.choices import Choices
from leads.lists.conditions import EVERYTHING, Group, Unreadable
from leads.lists.keyset import Order
from leads.lists.matching import matching as conditions_met
from leads.lists.values import Reader, Tests, Wrong, prepare
from leads.models import Lead, Stage, Tier

# Orders that an index of Lead serves: a page costs as little among a million leads as among ten.
SORTS = {
    "newest": ("Newest first", Order("created_at", is_instant=True)),
    "oldest": ("Oldest first", Order("created_at", is_instant=True, smallest_first=True)),
    "score": ("Best score first", Order("score")),
    "touched": (
        "Last touchpoint first", Order("last_touchpoint_at", is_instant=True, nullable=True)
    ),
    "changed": ("Last changed first", Order("updated_at", is_instant=True)),
    "deadline": (
        "Next deadline first",
        Order("respond_by", is_instant=True, smallest_first=True, nullable=True),
    ),
    "name": ("Name, A to Z", Order("match_text", is_text=True, smallest_first=True)),
}  # fmt: skip
NOBODY = "nobody"
ADDRESS = re.compile(r"[a-z][\w.+-]*[.\d_+-][\w.+-]*")


class LeadFilters(forms.Form):
    """Search, filters and sort of the list; what makes no sense is said and not applied.

    Conditions that make no sense let no lead through: nobody should take the whole list for
    what they asked for.
    """

    q = forms.CharField(
        label="Search", required=False, max_length=200,
        widget=forms.TextInput(attrs={
            "type": "search", "placeholder": "Name, e-mail, company",
            "data-key": "/", "data-key-page": True, "data-key-focus": True,
        }),
    )  # fmt: skip
    stage = forms.ChoiceField(choices=[("", "Any stage"), *Stage.choices], required=False)
    tier = forms.ChoiceField(choices=[("", "Any tier"), *Tier.choices], required=False)
    campaign = forms.ChoiceField(required=False)
    persona = forms.ChoiceField(required=False)
    owner = forms.ChoiceField(required=False)
    sort = forms.ChoiceField(
        choices=[(name, label) for name, (label, _) in SORTS.items()], required=False
    )
    where = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, at: datetime, stamp: UUID | None = None,
                 without: Collection[str] = (), **kwargs: Any) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        for name in without:
            del self.fields[name]
        self.choices = Choices(user, stamp=stamp)
        self.reader = Reader(self.choices, at, ZoneInfo(user.time_zone))
        self.known = fields.known(stamp=stamp)
        self.conditions: Group = EVERYTHING
        self.tests: Tests | None = None
        # Why the conditions can't be applied; empty when they can.
        self.problem = ""
        self._offer("campaign", "Any campaign", self.choices.campaign)
        self._offer("persona", "Any persona", self.choices.persona)
        if "owner" in self.fields:
            self._offer("owner", "Any owner", [(NOBODY, "Nobody"), *self.choices.reps])
        self.is_valid()

    def _offer(self, name: str, any_of: str, choices: Iterable[tuple[Any, str]]) -> None:
        self.fields[name].choices = [("", any_of), *choices]  # type: ignore[attr-defined]

    def clean_where(self) -> str:
        """The tree of the address. What is wrong with it is the list's to say, not a field's."""
        text: str = self.cleaned_data["where"]
        try:
            self.conditions = conditions.read(text)
            self.tests = prepare(self.conditions, self.known, self.reader)
        except (Unreadable, Wrong) as error:
            self.problem = str(error)
        return text

    @property
    def order(self) -> Order:
        return SORTS[self.cleaned_data.get("sort") or "newest"][1]

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the order is asked for."""
        return any(value for name, value in self.cleaned_data.items() if name != "sort")

    @property
    def said(self) -> list[tuple[str, str]]:
        """Each part of the conditions in words, and the address's text without it."""
        parts = words.said(self.conditions, self.known, self.choices)
        return [
            (part, conditions.text(self.conditions.without(number)))
            for number, part in enumerate(parts)
        ]

    def apply(self, leads: QuerySet[Lead], *, alike: bool = False) -> QuerySet[Lead]:
        """Narrow the leads somebody may see to those asked for; `alike` forgives typing errors."""
        wanted = self.cleaned_data
        if self.problem:
            return leads.none()
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
        if self.tests is not None and self.tests.parts:
            leads = leads.filter(conditions_met(self.tests, self.reader))
        if not wanted.get("q"):
            return leads
        return leads.filter((alike_to if alike else matching)(wanted["q"]))


class ByAddress(OrderBy):
    """By address as lead_email_begins has them, letter by letter: that index, which finds how an
    address begins, is then read only as far as wanted. Any other order of addresses is another
    index's, which is read from its start, for seconds among a million leads."""

    # Django looks for the word that says which way round; the operator says it to PostgreSQL.
    template = "%(expression)s USING ~<~ /* ASC */"


def address_begins(words: str) -> str | None:
    """What an address would begin with, where the words may be that."""
    text = words.strip().casefold()
    return text if "@" in text or ADDRESS.fullmatch(text) else None


def matching(words: str) -> Q:
    """Leads that some words name: the start of an address, a phone number, or words of name and
    company.

    Each of these is one indexed look.
    """
    text = words.strip().casefold()
    if "@" in text:
        return Q(email__startswith=text)
    digits = re.sub(r"[^\d+]", "", text)
    if len(digits) >= 7 and not re.search(r"[a-z]", text):
        try:
            return Q(phone=normalise.phone(text)) | Q(phone=f"+{digits.lstrip('+')}")
        except ValueError:
            return Q(phone=f"+{digits.lstrip('+')}")
    each = Q()
    for word in text.split()[:6]:
        each &= Q(match_text__contains=word)
    # "sam.w", "rep12": no name, but how an address begins.
    return each | Q(email__startswith=text) if ADDRESS.fullmatch(text) else each


def alike_to(words: str) -> Q:
    """Leads that the words may have meant: the start of an address, a name with typing errors."""
    text = words.strip().casefold()
    return Q(email__startswith=text) | Q(match_text__trigram_word_similar=text)
