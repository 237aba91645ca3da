"""What a field of a list can be chosen from, for one reader; each list is read once a request."""

from collections.abc import Callable
from functools import cached_property
from uuid import UUID

from accounts.configuration import remembered
from accounts.models import User
from leads import countries, tagging
from leads.capture_forms import campaigns_for_entry
from leads.lists.fields import Field
from leads.models import Aida, Sourced, Stage, Tier
from personas.models import Persona

# The reader, whoever it is: a shared view of “my leads” shows everybody theirs.
ME = "me"
Pairs = list[tuple[str, str]]


class Choices:
    """The lists of one reader: pairs of a value and its words."""

    def __init__(self, user: User, *, stamp: UUID | None = None) -> None:
        self.user, self.stamp = user, stamp

    @cached_property
    def campaign(self) -> Pairs:
        def load() -> Pairs:
            return [(str(c.pk), c.name) for c in campaigns_for_entry(self.user)]

        # What one may see of them hangs on role and teams alone.
        circle = f"{self.user.role}-{sorted(self.user.marketing_teams)}"
        return remembered(f"campaign-choices-{circle}", load, under=self.stamp)

    @cached_property
    def persona(self) -> Pairs:
        def load() -> Pairs:
            return [(str(p.pk), p.name) for p in Persona.objects.in_use()]

        return remembered("persona-choices", load, under=self.stamp)

    @cached_property
    def reps(self) -> Pairs:
        reps = User.objects.filter(is_active=True, teams__kind="sales").distinct()
        return [(str(rep.pk), str(rep)) for rep in reps.order_by("name")]

    @cached_property
    def people(self) -> Pairs:
        people = User.objects.filter(is_active=True, teams__isnull=False).distinct()
        return [(ME, "Me"), *((str(one.pk), str(one)) for one in people.order_by("name"))]

    @cached_property
    def tag_words(self) -> tagging.Words:
        return tagging.words(stamp=self.stamp)

    @property
    def tags(self) -> Pairs:
        return [(str(number), name) for number, name in self.tag_words.names.items()]

    def name(self, field: Field, value: str) -> str:
        """What a value is called that a condition has; empty for one nobody knows."""
        if field.choices == "tags":
            return self.tag_words.name(int(value)) if value.isdecimal() else ""
        return dict(self.of(field)).get(value, "")

    def of(self, field: Field) -> Pairs:
        """The values of a field, in the order they are offered."""
        if field.rules is not None:
            return [(choice, choice) for choice in field.rules.choices]
        fixed: dict[str, Callable[[], Pairs]] = {
            "stage": lambda: list(Stage.choices),
            "aida": lambda: list(Aida.choices),
            "tier": lambda: list(Tier.choices),
            "sourced_by": lambda: list(Sourced.choices),
            "country": lambda: list(countries.names().items()),
            "owner": lambda: [(ME, "Me"), *self.reps],
            "campaign": lambda: self.campaign,
            "persona": lambda: self.persona,
            "people": lambda: self.people,
            "tags": lambda: self.tags,
            "ids": list,
        }
        return fixed[field.choices]() if field.choices else []
