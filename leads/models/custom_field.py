"""Fields of one's own: what a company asks of its leads beyond what every lead has."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.configuration import configured


class CustomFieldQuerySet(models.QuerySet["CustomField"]):
    def in_use(self) -> "CustomFieldQuerySet":
        """Those that were not removed, in the order in which pages show them."""
        return self.filter(removed_at=None)


@configured
class CustomField(models.Model):
    """One typed field, made in the browser. Its values are in `extra` under `name`, in the one
    form that leads.custom_fields gives each kind; a removed field keeps them until it is erased.
    """

    class About(models.TextChoices):
        LEAD = "lead", "Leads"
        COMPANY = "company", "Companies"
        DEAL = "deal", "Deals"

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        MONEY = "money", "Money"
        DATE = "date", "Date"
        CHOICE = "choice", "One of several choices"
        CHOICES = "choices", "Several choices"
        YES_NO = "yes_no", "Yes or no"
        URL = "url", "Web address"

    about = models.CharField(max_length=8, choices=About.choices, default=About.LEAD)
    # The key in `extra`; never changes, for imports, forms, rules and programs name it.
    name = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # Of the two choice kinds, in order. A value that is no choice any more still stands.
    choices = models.JSONField(default=list, blank=True)
    # Of money: every value is in it.
    currency = models.CharField(max_length=3, blank=True)
    help = models.CharField(max_length=200, blank=True)
    # Whether the form in which leads are entered by hand asks for it.
    on_form = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    removed_at = models.DateTimeField(null=True, blank=True)
    # Its values are being erased since then; with the last of them the field goes too.
    erasing_since = models.DateTimeField(null=True, blank=True)
    # What it will be once its many values are turned over (leads.custom_fields.converting.Turn).
    becomes = models.JSONField(null=True, blank=True)
    # Turned over then: whoever wrote by the old kind meanwhile is looked after once more.
    turned_at = models.DateTimeField(null=True, blank=True)

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        ordering = ["about", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["about", "name"], name="custom_field_name_once"),
            models.UniqueConstraint(
                "about",
                Lower("label"),
                name="custom_field_label_once",
                condition=Q(removed_at=None),
            ),
            models.CheckConstraint(
                condition=Q(name__regex=r"^[a-z][a-z0-9_]*$"), name="custom_field_name_plain"
            ),
            models.CheckConstraint(
                condition=Q(erasing_since=None) | Q(removed_at__isnull=False),
                name="custom_field_removed_before_erased",
            ),
        ]

    def __str__(self) -> str:
        return self.label
