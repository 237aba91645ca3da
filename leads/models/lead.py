"""The lead: a person, perhaps at a company, who may buy."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Role, User
from leads.models.campaign import Campaign
from leads.models.stages import Aida, DecisionRole, Sourced, Stage, Tier

if TYPE_CHECKING:
    from leads.models.activity import Activity
    from leads.models.handoff import Handoff


REACHABLE = Q(email__isnull=False) | ~Q(phone="") | Q(erased_at__isnull=False)
IN_BIN = Q(deleted_at__isnull=False, erased_at=None)


class LeadQuerySet(models.QuerySet["Lead"]):
    def visible_to(self, user: User) -> "LeadQuerySet":
        """What this person may see; every page and endpoint starts here.

        Marketing sees its leads and what became of them; a rep their own, their pools' and
        the ones they sourced; a sales manager everything handed over.
        """
        role = user.role
        if role == Role.ADMIN:
            return self
        if role == Role.MARKETING_MANAGER:
            return self.filter(team__kind="marketing")
        if role == Role.MARKETER:
            return self.filter(team_id__in=user.marketing_teams)
        if role == Role.SALES_MANAGER:
            return self.filter(Q(handed_over_at__isnull=False) | Q(team_id__in=user.sales_teams))
        if role == Role.SALES_REP:
            pooled = Q(owner=None, pool_id__in=user.pools)
            return self.filter(Q(owner=user) | Q(captured_by=user) | pooled)
        return self.none()

    def editable_by(self, user: User) -> "LeadQuerySet":
        """What this person may change: what they see, less sales' view of marketing's facts."""
        if user.role == Role.SALES_REP:
            return self.filter(Q(owner=user) | Q(captured_by=user))
        return self.visible_to(user)

    def mergeable_by(self, user: User) -> "LeadQuerySet":
        """Leads this person may merge with another one they may merge."""
        if user.role == Role.SALES_REP:
            return self.filter(captured_by=user)
        return self.visible_to(user)

    def workable_by(self, user: User) -> "LeadQuerySet":
        """Leads with sales that this person may work: touch, qualify, deal; theirs and their
        pools', and everybody's for the sales manager."""
        if user.role == Role.ADMIN:
            return self
        if user.role == Role.SALES_MANAGER:
            return self.filter(handed_over_at__isnull=False)
        if user.role != Role.SALES_REP:
            return self.none()
        return self.filter(Q(owner=user) | Q(owner=None, pool_id__in=user.pools))

    def to_hand_over_by(self, user: User) -> "LeadQuerySet":
        """Leads this person may pass to sales."""
        if user.role == Role.SALES_REP:
            return self.filter(captured_by=user)
        return self.visible_to(user)

    def ready_to_hand_over(self) -> "LeadQuerySet":
        """MQLs nobody has handed over yet, best first."""
        return self.filter(stage=Stage.MQL, handed_over_at=None).order_by("-score", "id")


class LeadManager(models.Manager.from_queryset(LeadQuerySet)):  # type: ignore[misc]
    """Leads that are not in the bin: what everybody means who asks for leads."""

    def get_queryset(self) -> LeadQuerySet:
        found: LeadQuerySet = super().get_queryset().filter(deleted_at=None)
        return found


class Lead(models.Model):
    """A person who may buy. Normalised values beside what was typed; merged e-mails are unique."""

    email = models.CharField(max_length=254, null=True, blank=True)
    email_typed = models.CharField(max_length=320, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    phone_typed = models.CharField(max_length=60, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    company = models.CharField(max_length=200, blank=True)
    company_domain = models.CharField(max_length=253, blank=True)
    job_title = models.CharField(max_length=160, blank=True)
    country = models.CharField(max_length=2, blank=True)
    # Where they work, by that name or domain: written by leads.companies.
    of_company = models.ForeignKey(
        "leads.Company", null=True, blank=True, on_delete=models.SET_NULL, related_name="people",
        db_index=False,
    )  # fmt: skip
    # Their part in what it decides.
    decision_role = models.CharField(
        max_length=12, choices=DecisionRole.choices, blank=True, default="", db_default=""
    )
    # Lower-case name and company in one text, for the trigram search of likely duplicates.
    match_text = models.CharField(max_length=420, blank=True)

    source = models.CharField(max_length=60, blank=True)
    # Foreign keys without an index of their own are found by a wider one (see Meta.indexes).
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="leads",
        db_index=False,
    )  # fmt: skip
    team = models.ForeignKey(
        "accounts.Team", on_delete=models.PROTECT, related_name="leads", db_index=False
    )
    captured_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Whoever captured it first decides (leads.sourcing); with sales it was `captured_by`.
    sourced_by = models.CharField(
        max_length=9, choices=Sourced.choices, default=Sourced.MARKETING,
        db_default=Sourced.MARKETING,
    )  # fmt: skip
    consent_text = models.TextField(blank=True)
    consent_at = models.DateTimeField(null=True, blank=True)
    # They asked then not to be called.
    no_calls_at = models.DateTimeField(null=True, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    # Numbers of `Tag`: written by leads.tagging (and by a merge, which joins them).
    tags = ArrayField(models.IntegerField(), default=list, db_default=[], blank=True)

    stage = models.CharField(max_length=16, choices=Stage.choices, default=Stage.INQUIRY)
    aida = models.CharField(max_length=16, choices=Aida.choices, default=Aida.AWARENESS)
    persona = models.ForeignKey(
        "personas.Persona", null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    score = models.SmallIntegerField(default=0)
    fit = models.SmallIntegerField(default=0)
    engagement = models.SmallIntegerField(default=0)
    score_reasons = models.JSONField(default=list)
    score_version = models.PositiveIntegerField(default=0)
    tier = models.CharField(max_length=8, choices=Tier.choices, default=Tier.COLD)
    scored_at = models.DateTimeField(null=True)

    # Of the handoff now open (or last closed, for the owner): written by routing alone.
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="leads", db_index=False
    )
    pool = models.ForeignKey(
        "leads.Pool", null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    handed_over_at = models.DateTimeField(null=True, blank=True)
    # The next deadline of sales on this lead: written by `sla` alone.
    respond_by = models.DateTimeField(null=True, blank=True)

    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    first_touchpoint_at = models.DateTimeField(null=True)
    last_touchpoint_at = models.DateTimeField(null=True)

    # In the bin since then (leads.deleting).
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = LeadManager()
    # The bin's too.
    everything = LeadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            # The exact duplicate: settled here, not by looking first.
            models.UniqueConstraint(
                fields=["email"], name="lead_email_once", condition=Q(deleted_at=None)
            ),
            models.CheckConstraint(condition=REACHABLE, name="lead_can_be_reached"),
            models.CheckConstraint(condition=~Q(email=""), name="lead_email_null_not_blank"),
        ]
        indexes = [
            models.Index(fields=["phone"], name="lead_by_phone", condition=~Q(phone="")),
            models.Index(fields=["team", "-created_at", "-id"], name="lead_newest"),
            # The list of leads, in each of its orders: whoever sees most of them, and a filter that
            # most of them pass, reads it from the top; a stage that few are in has its own.
            models.Index(fields=["-created_at", "-id"], name="lead_newest_of_all"),
            models.Index(fields=["-score", "-id"], name="lead_best_of_all"),
            models.Index(fields=["stage", "-created_at", "-id"], name="lead_newest_by_stage"),
            models.Index(
                F("last_touchpoint_at").desc(nulls_last=True), F("id").desc(), name="lead_touched"
            ),
            models.Index(fields=["-updated_at", "-id"], name="lead_changed"),
            models.Index(
                fields=["respond_by", "id"], name="lead_due", condition=Q(respond_by__isnull=False)
            ),
            models.Index(fields=["match_text", "id"], name="lead_by_name"),
            # An address is found while it is typed, whatever the database's collation.
            models.Index(
                fields=["email"],
                name="lead_email_begins",
                opclasses=["varchar_pattern_ops"],
                condition=Q(deleted_at=None),
            ),
            models.Index(fields=["-deleted_at"], name="lead_in_bin", condition=IN_BIN),
            models.Index(fields=["owner", "-created_at"], name="lead_by_owner"),
            models.Index(
                fields=["of_company"],
                name="lead_by_company",
                condition=Q(of_company__isnull=False),
            ),
            # Whose domain is no company's yet.
            models.Index(
                fields=["company_domain"],
                name="lead_waits_for_company",
                condition=Q(of_company=None) & ~Q(company_domain=""),
            ),
            # What a pool offers; a lead that somebody has is found by its owner.
            models.Index(
                fields=["pool"], name="lead_in_pool", condition=Q(owner=None, pool__isnull=False)
            ),
            models.Index(fields=["captured_by"], name="lead_by_capturer"),
            # The fewer by far: the list of them reads it from the top.
            models.Index(
                fields=["-created_at", "-id"],
                name="lead_sourced_by_sales",
                condition=Q(sourced_by="sales"),
            ),
            models.Index(fields=["campaign", "-created_at"], name="lead_by_campaign"),
            models.Index(
                fields=["-score", "id"],
                name="lead_ready",
                condition=Q(stage="mql", handed_over_at=None),
            ),
            # A lead without tags costs it nothing; what asks for a tag says that there are some.
            GinIndex(fields=["tags"], name="lead_by_tag", condition=~Q(tags=[])),
            GinIndex(fields=["match_text"], name="lead_match_trigrams", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("lead", args=[self.pk])

    @property
    def name(self) -> str:
        """How to call the person: name, else e-mail, else phone; its number once erased."""
        named = f"{self.first_name} {self.last_name}".strip() or self.email or self.phone
        return named or f"Lead {self.pk}"

    @property
    def open_handoff(self) -> "Handoff | None":
        """The handoff now under way; prefetch `handoffs` to read it without a query."""
        return next((h for h in self.handoffs.all() if h.closed_at is None), None)

    @property
    def last_handoff(self) -> "Handoff | None":
        return max(self.handoffs.all(), key=lambda h: h.cycle, default=None)

    def values(self) -> Mapping[str, Any]:
        """The facts that rules speak of."""
        return {
            "email": self.email,
            "phone": self.phone,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "company": self.company,
            "company_domain": self.company_domain,
            "job_title": self.job_title,
            "country": self.country,
            "source": self.source,
            **{f"extra.{name}": value for name, value in self.extra.items()},
        }

    def record(self, kind: str, *, by: User | None, at: datetime, **facts: Any) -> "Activity":
        """Record one activity of this lead: a batch of one (see leads.activities)."""
        from leads.activities import record_activities
        from leads.models.activity import Activity

        activity = Activity(lead=self, kind=kind, actor=by, recorded_at=at, **facts)
        return record_activities([activity], at=at)[0]
