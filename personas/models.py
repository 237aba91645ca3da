"""What both teams agree on: personas, definitions of the words, offers."""

from datetime import datetime

from django.db import models

from accounts.configuration import configured


class PersonaQuerySet(models.QuerySet["Persona"]):
    def in_use(self) -> "PersonaQuerySet":
        """Agreed and not retired, in the order in which ties are settled."""
        return self.filter(is_active=True).order_by("order", "id")


@configured
class Persona(models.Model):
    """The agreed picture of one kind of buyer.

    `criteria` is a list of rules (see personas.matching) with points; the persona with the
    most points, and at least `min_points`, is the lead's.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    motives = models.TextField(blank=True)
    pains = models.TextField(blank=True)
    goals = models.TextField(blank=True)
    objections = models.JSONField(default=list, blank=True)
    channels = models.CharField(max_length=200, blank=True)
    criteria = models.JSONField(default=list)
    min_points = models.PositiveSmallIntegerField(default=10)
    order = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    objects = PersonaQuerySet.as_manager()

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name


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

    objects = DefinitionQuerySet.as_manager()

    class Meta:
        ordering = ["key", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="definition_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Offer(models.Model):
    """Something we sell, by its present name and price; former names stay findable."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=160)
    summary = models.TextField(blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="USD")
    former_names = models.JSONField(default=list, blank=True)
    personas = models.ManyToManyField(Persona, blank=True, related_name="offers")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
