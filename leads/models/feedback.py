"""What sales says of a lead's quality: 1 to 5, and why."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from leads.models.handoff import Handoff
from leads.models.lead import Lead


class Rating(models.IntegerChoices):
    USELESS = 1, "1 · Useless"
    WEAK = 2, "2 · Weak"
    FAIR = 3, "3 · Fair"
    GOOD = 4, "4 · Good"
    EXCELLENT = 5, "5 · Excellent"


# From here down sales says why, so that marketing can do something about it.
POOR = Rating.WEAK


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def visible_to(self, user: User) -> Self:
        """What was said of leads that this person may see."""
        return self.filter(handoff__lead__in=Lead.objects.visible_to(user))


class Feedback(models.Model):
    """One handoff's quality as sales found it; the last word counts, the record keeps them all."""

    handoff = models.OneToOneField(Handoff, on_delete=models.CASCADE, related_name="feedback")
    rating = models.PositiveSmallIntegerField(choices=Rating.choices)
    why = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__gte=1, rating__lte=5), name="feedback_one_to_five"
            ),
        ]
        indexes = [models.Index(fields=["-at"], name="feedback_newest")]

    def __str__(self) -> str:
        return f"{self.rating} of 5"
