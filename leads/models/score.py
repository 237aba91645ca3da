"""Versions of the scoring rules, the draft of the next one, and the runs that apply them."""

from django.db import models
from django.db.models import Q

from accounts.configuration import configured
from accounts.models import User


@configured
class ScoreRules(models.Model):
    """One version of the rules (see leads.scoring for their form); the newest in force counts."""

    version = models.PositiveIntegerField(unique=True)
    rules = models.JSONField()
    in_force_from = models.DateTimeField()

    class Meta:
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"Scoring v{self.version}"


class ScoreDraft(models.Model):
    """Rules that somebody proposes; at most one draft is open.

    Written by leads.score_rules.drafting: both sides sign it, a change takes their signatures
    back, and with both it becomes the next ScoreRules.
    """

    rules = models.JSONField()
    based_on = models.PositiveIntegerField()
    # Counts the changes, so that nobody saves over another's.
    edits = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    signed_for_marketing_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_for_sales_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Published as this version, or thrown away: then it is no longer open.
    published_as = models.PositiveIntegerField(null=True)
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # One expression that is the same for every open draft.
            models.UniqueConstraint(
                models.Value(1),
                name="one_open_score_draft",
                condition=Q(published_as=None, discarded_at=None),
            ),
            models.CheckConstraint(
                name="score_draft_published_or_discarded",
                condition=Q(published_as=None) | Q(discarded_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"Draft of scoring v{self.based_on + 1}"


class ScoreRun(models.Model):
    """Every open lead scored again after the rules changed, batch by batch.

    Written by leads.rescoring with each batch, so that a run whose worker died goes on from where
    it was.
    """

    version = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    last_lead = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Scoring again by v{self.version}: {self.done} of {self.total}"

    @property
    def percent(self) -> int:
        return 100 if self.finished_at else min(99, self.done * 100 // max(1, self.total))
