"""The company: where several leads work who decide together."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts.models import Role, User
from leads.duplicates.records import company as company_key
from leads.models.lead import Lead

# Managers of sales say whose a company is.
OWNERS_CHOSEN_BY = (Role.SALES_MANAGER, Role.ADMIN)


class CompanyQuerySet(models.QuerySet["Company"]):
    def visible_to(self, user: User) -> Self:
        """Companies of the leads this person may see, and those that are theirs."""
        return self._where(Lead.objects.visible_to(user), user)

    def editable_by(self, user: User) -> Self:
        """Companies whose facts this person may change: of leads they may change, and theirs."""
        return self._where(Lead.objects.editable_by(user), user)

    def _where(self, leads: "models.QuerySet[Lead]", user: User) -> Self:
        if user.role == Role.ADMIN:
            return self
        if user.role == Role.NONE:
            return self.none()
        return self.filter(Exists(leads.filter(of_company=OuterRef("pk"))) | Q(owner=user))

    def called(self, words: str) -> Self:
        """Those that these words name, by name or by domain."""
        text = " ".join(words.split())
        key = company_key(text)
        named = Q(name_key__contains=key) if key else Q()
        return self.filter(named | Q(domain__contains=text.casefold()))

    def left(self) -> Self:
        """Those at which nobody is any more, not even in the bin."""
        return self.filter(~Exists(Lead.everything.filter(of_company=OuterRef("pk"))))

    def bare(self) -> Self:
        """Those as they were made, of which nobody has said anything since."""
        return self.filter(owner=None, updated_at=models.F("created_at"))


class CompanyManager(models.Manager.from_queryset(CompanyQuerySet)):  # type: ignore[misc]
    """Companies that stand by themselves: what everybody means who asks for companies."""

    def get_queryset(self) -> CompanyQuerySet:
        found: CompanyQuerySet = super().get_queryset().filter(merged_into=None)
        return found


class Company(models.Model):
    """Known again by its domain; one whose domain nobody knows by name and country together.

    A company that was merged into another stays as one more name or domain of that.
    """

    class Size(models.TextChoices):
        SOLE = "1", "1 person"
        SMALL = "2-10", "2–10 people"
        FIFTY = "11-50", "11–50 people"
        MEDIUM = "51-250", "51–250 people"
        LARGE = "251-1000", "251–1,000 people"
        HUGE = "1001+", "More than 1,000 people"

    name = models.CharField(max_length=200)
    # What names are compared by (leads.duplicates.records.company).
    name_key = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, blank=True)
    country = models.CharField(max_length=2, blank=True)
    industry = models.CharField(max_length=80, blank=True)
    size = models.CharField(max_length=8, choices=Size.choices, blank=True)
    note = models.TextField(blank=True)
    extra = models.JSONField(default=dict, blank=True)
    # Who gets its new people first (leads.routing).
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="companies",
        db_index=False,
    )  # fmt: skip
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="merged"
    )
    # The leads that came with it when it was merged, to give them back.
    brought = ArrayField(models.BigIntegerField(), default=list, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = CompanyManager()
    # Those merged into others too.
    everything = CompanyQuerySet.as_manager()

    class Meta:
        ordering = ["name_key", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["domain"], name="company_domain_once", condition=~Q(domain="")
            ),
            models.UniqueConstraint(
                fields=["name_key", "country"], name="company_name_once", condition=Q(domain="")
            ),
            models.CheckConstraint(condition=~Q(name_key=""), name="company_has_a_name"),
        ]
        indexes = [
            models.Index(fields=["name_key", "id"], name="company_by_name"),
            models.Index(fields=["-created_at", "-id"], name="company_newest"),
            models.Index(
                fields=["owner"], name="company_by_owner", condition=Q(owner__isnull=False)
            ),
            GinIndex(
                fields=["name_key", "domain"],
                name="company_trigrams",
                opclasses=["gin_trgm_ops", "gin_trgm_ops"],
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("company", args=[self.pk])
