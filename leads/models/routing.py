"""Pools of reps and the ledger that says who got which lead, and why."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models

from accounts.configuration import configured
from accounts.models import Team, User


class PoolQuerySet(models.QuerySet["Pool"]):
    def managed_by(self, user: User) -> "PoolQuerySet":
        """Whose conditions this person may change: their own teams', an admin all."""
        return self if user.is_admin else self.filter(team_id__in=user.managed_teams)


@configured
class Pool(models.Model):
    """Reps who share a region or persona. Pools are tried in order; the first that fits wins.

    An empty list of countries, personas or conditions fits every lead.
    """

    class Mode(models.TextChoices):
        TURNS = "turns", "Weighted turns"
        OPEN = "open", "Any member takes it"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="pools")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.TURNS)
    order = models.PositiveSmallIntegerField(default=0)
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    personas = models.ManyToManyField("personas.Persona", blank=True, related_name="+")
    # Rules without points (personas.matching): a lead must satisfy each of them.
    conditions = models.JSONField(default=list, blank=True)
    # What its leads are qualified by; else by the criteria for all.
    framework = models.ForeignKey(
        "leads.Framework", null=True, blank=True, on_delete=models.PROTECT, related_name="pools"
    )
    # Whether new people of a company go to its owner first, where they are in this pool.
    owner_first = models.BooleanField(default=True, db_default=True)
    is_active = models.BooleanField(default=True)

    objects = PoolQuerySet.as_manager()

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name


class PoolMember(models.Model):
    """A rep's place in a pool: how many turns, how many open handoffs at most."""

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="pool_places")
    weight = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    capacity = models.PositiveSmallIntegerField(default=50)
    # Smooth weighted turns (see leads.routing); only ever changed under the row's lock.
    credit = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pool", "user"], name="pool_member_once"),
            models.CheckConstraint(condition=models.Q(weight__gte=1), name="pool_weight_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.pool}"


class Assignment(models.Model):
    """One line of the ledger: this handoff went to this rep for this reason."""

    class How(models.TextChoices):
        ROUTED = "routed", "By turns"
        POOLED = "pooled", "Offered to a pool"
        NOBODY = "nobody", "Nobody available"
        CLAIMED = "claimed", "Taken from the pool"
        MANUAL = "manual", "By a manager"
        ESCALATED = "escalated", "By escalation"
        OWNER = "owner", "To the company’s owner"
        SOURCED = "sourced", "Found by themselves"
        ASKED = "asked", "Asked for by the lead"
        LEAVE = "leave", "By leave"

    handoff = models.ForeignKey(
        "leads.Handoff", on_delete=models.CASCADE, related_name="assignments"
    )
    at = models.DateTimeField()
    how = models.CharField(max_length=12, choices=How.choices)
    # Found by assignment_by_rep; nobody looks for a pool's or a manager's lines.
    rep = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="assignments", db_index=False
    )
    pool = models.ForeignKey(
        Pool, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=300)
    # [{"rep": name, "why": "away"}, …]: who was passed over.
    skipped = models.JSONField(default=list)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["rep", "handoff"], name="assignment_by_rep")]

    def __str__(self) -> str:
        return f"{self.handoff_id} → {self.rep or self.pool or 'nobody'}"
