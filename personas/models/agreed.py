"""What both teams agree on and sign: personas, and definitions of the words."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.configuration import configured
from accounts.models import User


class PersonaQuerySet(models.QuerySet["Persona"]):
    def in_use(self) -> "PersonaQuerySet":
        """Agreed and not retired, in the order in which ties are settled."""
        return self.filter(is_active=True).order_by("order", "id")


@configured
class Persona(models.Model):
    """The agreed picture of one kind of buyer.

    `criteria` is a list of rules (see personas.matching) with points; the persona with the
    most points, and at least `min_points`, is the lead's. It holds what its newest version says.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    motives = models.TextField(blank=True)
    influences = models.TextField(blank=True)
    pains = models.TextField(blank=True)
    goals = models.TextField(blank=True)
    objections = models.JSONField(default=list, blank=True)
    channels = models.CharField(max_length=200, blank=True)
    # How many such people or companies there are, counted how, and by which sources:
    # [{"title", "url", "says"}].
    market_size = models.PositiveBigIntegerField(null=True, blank=True)
    market_note = models.CharField(max_length=300, blank=True)
    sources = models.JSONField(default=list, blank=True)
    criteria = models.JSONField(default=list)
    min_points = models.PositiveSmallIntegerField(default=10)
    order = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    objects = PersonaQuerySet.as_manager()

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name


class PersonaVersion(models.Model):
    """What a persona said from an instant on, and who agreed."""

    persona = models.ForeignKey(Persona, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    # As personas.versions.persona_facts writes them.
    facts = models.JSONField()
    # Unknown, with nobody's signature, for what was there before versions were kept.
    in_force_from = models.DateTimeField(null=True)
    signed_for_marketing_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    signed_for_sales_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["persona", "version"], name="persona_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.persona} v{self.version}"


class DefinitionQuerySet(models.QuerySet["Definition"]):
    def in_force(self, at: datetime) -> "DefinitionQuerySet":
        """The newest version of each key that had taken effect by then."""
        return (
            self.filter(in_force_from__lte=at)
            .order_by("key", "-in_force_from", "-version")
            .distinct("key")
        )


@configured
class Definition(models.Model):
    """One version of one shared word: the words for people, the rule for the machine.

    `rule` may hold `min_score`, `min_fit`, `require` (fields) and `personas` (slugs).
    """

    key = models.SlugField()
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    words = models.TextField()
    rule = models.JSONField(default=dict)
    in_force_from = models.DateTimeField()
    # Nobody, for what a company began with.
    signed_for_marketing_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    signed_for_sales_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = DefinitionQuerySet.as_manager()

    class Meta:
        ordering = ["key", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="definition_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Draft(models.Model):
    """The next version of a word that somebody proposes; one may be open for each word.

    Written by personas.drafting: both sides sign it, a change takes their signatures back, and
    with both it is the next version.
    """

    class Kind(models.TextChoices):
        DEFINITION = "definition", "Definition"
        PERSONA = "persona", "Persona"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    key = models.SlugField()
    # What the version will say, in the form its kind keeps it (personas.drafting).
    facts = models.JSONField()
    # The version it was drawn from; 0 for something new.
    based_on = models.PositiveIntegerField()
    # Counts the changes, so that nobody saves over another's.
    edits = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    changed_at = models.DateTimeField()
    signed_for_marketing_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    signed_for_sales_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Agreed as this version, or thrown away: then it is no longer open.
    agreed_as = models.PositiveIntegerField(null=True)
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                name="one_open_draft_a_word",
                condition=Q(agreed_as=None, discarded_at=None),
            ),
            models.CheckConstraint(
                name="draft_agreed_or_discarded",
                condition=Q(agreed_as=None) | Q(discarded_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"Draft of {self.key} v{self.based_on + 1}"
