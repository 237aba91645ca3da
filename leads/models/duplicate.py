"""Pairs of leads that may be one person, and what the last look at all leads taught."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from accounts.configuration import configured
from accounts.models import User
from leads.models.lead import Lead


class DuplicatePairQuerySet(models.QuerySet["DuplicatePair"]):
    def open(self) -> Self:
        """Waiting for somebody to say whether they are one person."""
        return self.filter(state=DuplicatePair.State.OPEN)

    def of(self, lead: Lead) -> Self:
        return self.filter(Q(lead_a=lead) | Q(lead_b=lead))

    def to_decide_by(self, user: User) -> Self:
        """Pairs of which this person may merge both leads."""
        mine = Lead.objects.mergeable_by(user)
        return self.filter(lead_a__in=mine, lead_b__in=mine)


class DuplicatePair(models.Model):
    """Two leads that may be one person. Proposed by leads.duplicates.nightly, decided by people.

    What somebody called two people is never proposed again; a merge ends the pair with one lead.
    """

    class State(models.TextChoices):
        OPEN = "open", "To be decided"
        NOT_SAME = "not_same", "Not the same"

    # Each pair once: the smaller id first. Its index is duplicate_pair_once.
    lead_a = models.ForeignKey(Lead, models.CASCADE, related_name="+", db_index=False)
    lead_b = models.ForeignKey(Lead, models.CASCADE, related_name="+")
    # The chance that they are one person, as of `found_at`.
    score = models.FloatField()
    # Why, in words, what speaks for it first.
    reasons = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "id"]
        constraints = [
            models.UniqueConstraint(fields=["lead_a", "lead_b"], name="duplicate_pair_once"),
            models.CheckConstraint(
                condition=Q(lead_a__lt=F("lead_b")), name="duplicate_pair_in_order"
            ),
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=1), name="duplicate_score_is_a_chance"
            ),
            models.CheckConstraint(
                name="duplicate_open_or_decided",
                condition=Q(state="open", decided_at=None)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-score", "-id"], name="duplicates_to_decide", condition=Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_a_id} and {self.lead_b_id}"


@configured
class DuplicateFigures(models.Model):
    """What the matcher learnt from all leads (leads.duplicates.evidence.Model.kept); one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    learnt_at = models.DateTimeField()
    figures = models.JSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="duplicate_figures_one_row"),
        ]

    def __str__(self) -> str:
        return f"Figures of {self.learnt_at:%Y-%m-%d}"
