"""Versions of the scoring rules."""

from django.db import models

from accounts.configuration import configured


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
