"""What somebody does to many leads at once: what was asked, how far it is, what became of it."""

from datetime import datetime

from django.db import models
from django.urls import reverse

from accounts.models import User


class BulkRun(models.Model):
    """One deed for a fixed set of leads; one that is refused does not stop the others."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        FINISHED = "finished", "Done"
        STOPPED = "stopped", "Stopped"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

    UNDER_WAY = (State.RUNNING, State.UNDOING)

    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="bulk_runs", db_index=False)
    deed = models.CharField(max_length=16)
    # What the deed was told: the tag, the rep, the reason.
    told = models.JSONField(default=dict)
    leads = models.JSONField(default=list)
    # How many of them were dealt with; while it is undone, of those it changed.
    position = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(fields=["by", "-started_at"], name="bulk_run_newest"),
            models.Index(
                fields=["started_at"],
                name="bulk_run_under_way",
                condition=models.Q(state__in=["running", "undoing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deed} for {len(self.leads)} leads"

    def get_absolute_url(self) -> str:
        return reverse("bulk-run", args=[self.pk])

    @property
    def total(self) -> int:
        return self.changed if self.state == self.State.UNDOING else len(self.leads)

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    def end(self, state: str, *, at: datetime) -> None:
        """Say that it is over, in the caller's transaction."""
        self.state, self.ended_at = state, at
        self.save(update_fields=["state", "ended_at"])


class BulkLine(models.Model):
    """What became of one lead of a run that was changed, or could not be. The lead may be gone."""

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="lines", db_index=False)
    lead_number = models.BigIntegerField()
    name = models.CharField(max_length=254, blank=True)
    # Why it could not be done (or, later, undone); empty for what was changed.
    why = models.CharField(max_length=500, blank=True)
    undone = models.BooleanField(default=False)

    class Meta:
        ordering = ["run", "lead_number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "lead_number"], name="bulk_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_number} in {self.run_id}"
