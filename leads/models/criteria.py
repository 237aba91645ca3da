"""Agreed criteria of qualification: a framework of questions, and what a lead's answers are."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.configuration import configured
from accounts.models import User
from leads.models.lead import Lead


class FrameworkQuerySet(models.QuerySet["Framework"]):
    def in_use(self) -> Self:
        return self.filter(removed_at=None)


@configured
class Framework(models.Model):
    """Questions that a lead is qualified by, in their order.

    `questions` are `{"key", "label", "help", "weight"}`: the key never changes, so that answers
    stay with their question when it is worded anew. With a `check`, a rule of personas.matching,
    a question answers itself (leads.criteria.checks).
    """

    name = models.CharField(max_length=60)
    about = models.CharField(max_length=300, blank=True)
    questions = models.JSONField(default=list)
    # The share of the weights, in percent, below which qualifying needs a reason; 0: none.
    minimum = models.PositiveSmallIntegerField(default=0)
    # In force where a lead's pool has none of its own.
    for_all = models.BooleanField(default=False)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    # How often it was changed: what a form was opened on.
    edits = models.PositiveIntegerField(default=1)
    removed_at = models.DateTimeField(null=True)

    objects = FrameworkQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="framework_name_once", condition=Q(removed_at=None)
            ),
            models.UniqueConstraint(
                fields=["for_all"],
                name="one_framework_for_all",
                condition=Q(for_all=True, removed_at=None),
            ),
            models.CheckConstraint(
                condition=Q(minimum__lte=100), name="framework_minimum_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Answer(models.Model):
    """What somebody found out about one question; of several the last counts, all are kept."""

    class Said(models.TextChoices):
        YES = "yes", "Yes"
        PARTLY = "partly", "Partly"
        NO = "no", "No"
        OPEN = "open", "Not known"

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="answers", db_index=False)
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="+", db_index=False)
    question = models.CharField(max_length=40)
    said = models.CharField(max_length=8, choices=Said.choices)
    # What they said or did that shows it.
    evidence = models.CharField(max_length=500, blank=True)
    # What the question had answered itself, where somebody sees it otherwise.
    instead_of = models.CharField(max_length=8, choices=Said.choices, blank=True, default="")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["lead", "framework", "question"], name="answer_of_lead")]

    def __str__(self) -> str:
        return f"{self.question}: {self.get_said_display()}"
