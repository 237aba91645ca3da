"""What a merge did, so that it can be taken back, and so that the old addresses lead on."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from leads.models.lead import Lead


class Merge(models.Model):
    """One lead that became part of another. Written by leads.merging, undone by leads.unmerging."""

    survivor = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="merges")
    other_id = models.BigIntegerField()
    # The address that is the survivor's as well since: whoever comes by it is known again.
    former_email = models.CharField(max_length=254, null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # Columns of both as they were, and of the survivor as they became.
    survivor_before = models.JSONField()
    survivor_after = models.JSONField()
    other_before = models.JSONField()
    # {"leads.activity.lead": [ids], …}: what was the other's; and each handoff's number before.
    moved = models.JSONField()
    cycles = models.JSONField()
    # The other's handoff that ended by it: {"id", "state", …} as it was, or null.
    withdrawn = models.JSONField(null=True)
    # The pair it came from, if it was proposed: {"score", "reasons"}.
    pair = models.JSONField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["other_id"], name="merged_once", condition=Q(undone_at=None)
            ),
        ]
        indexes = [
            models.Index(
                fields=["former_email"],
                name="merge_by_former_email",
                condition=Q(undone_at=None, former_email__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.other_id} into {self.survivor_id}"


class FormerLead(models.Model):
    """The number of a lead that was merged into another, and who it is now (leads.merging)."""

    id = models.BigIntegerField(primary_key=True)
    now = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="former")

    def __str__(self) -> str:
        return f"{self.pk}, now {self.now_id}"
