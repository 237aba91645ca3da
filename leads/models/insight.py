"""What leads said of themselves: what each needs, and what their personas are like."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import User
from leads.models.lead import Lead
from personas.models import Persona


class InsightQuerySet(models.QuerySet["Insight"]):
    def visible_to(self, user: User) -> Self:
        """Those from conversations with leads that this person may see."""
        return self.filter(lead__in=Lead.objects.visible_to(user))

    def standing(self) -> Self:
        """Those that nobody has taken back."""
        return self.filter(taken_back_at=None)

    def about(self, persona: Persona) -> Self:
        """Of leads that were of this persona when they said it, or are by now where it was of
        none."""
        return self.filter(Q(persona=persona) | Q(persona=None, lead__persona=persona))


class Insight(models.Model):
    """One thing one lead said. What several say in the same words is counted as one.

    Nothing is changed: what was taken back stays on record, and other words are another row.
    """

    class About(models.TextChoices):
        PAIN = "pain", "What hurts them"
        GOAL = "goal", "What they want"
        CHALLENGE = "challenge", "What is in their way"
        SOLUTION = "solution", "What they use today"
        DECISION = "decision", "How they decide"
        TIMELINE = "timeline", "By when they want it"
        OBJECTION = "objection", "What they object"
        WHY_NOT = "why_not", "Why they do not buy"
        CHANNEL = "channel", "Where they look"

    # Of a lead that fits none it is what that lead needs, and counts for nobody yet.
    persona = models.ForeignKey(
        Persona, null=True, on_delete=models.CASCADE, related_name="insights"
    )
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="insights")
    about = models.CharField(max_length=10, choices=About.choices)
    words = models.CharField(max_length=200)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    # Who of theirs said it, where it was not the lead, and on which day, where not then.
    said_by = models.CharField(max_length=120, blank=True, default="")
    said_on = models.DateField(null=True)
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = InsightQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            # Saying it again changes nothing.
            models.UniqueConstraint(
                "lead",
                "about",
                Lower("words"),
                name="insight_once_a_lead",
                condition=Q(taken_back_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.words
