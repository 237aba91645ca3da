"""What sales hears about a persona from the people who are one."""

from typing import Self

from django.db import models
from django.db.models.functions import Lower

from accounts.models import User
from leads.models.lead import Lead
from personas.models import Persona


class InsightQuerySet(models.QuerySet["Insight"]):
    def visible_to(self, user: User) -> Self:
        """Those from conversations with leads that this person may see."""
        return self.filter(lead__in=Lead.objects.visible_to(user))


class Insight(models.Model):
    """One thing one lead said. What several say in the same words is counted as one."""

    class About(models.TextChoices):
        WHY_NOT = "why_not", "Why they do not buy"
        OBJECTION = "objection", "What they object"
        PAIN = "pain", "What hurts them"
        GOAL = "goal", "What they want"
        CHANNEL = "channel", "Where they look"

    persona = models.ForeignKey(Persona, on_delete=models.CASCADE, related_name="insights")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="insights")
    about = models.CharField(max_length=10, choices=About.choices)
    words = models.CharField(max_length=200)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    objects = InsightQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            # Saying it again changes nothing.
            models.UniqueConstraint("lead", "about", Lower("words"), name="insight_once_a_lead"),
        ]

    def __str__(self) -> str:
        return self.words
