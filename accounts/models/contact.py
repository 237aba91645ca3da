"""Who to turn to about what."""

from django.db import models
from django.db.models import F, Q

from accounts.models.people import User


class Contact(models.Model):
    """Whom to ask about one topic, and who answers while they are away."""

    class Topic(models.TextChoices):
        CONTRACT = "contract", "The contract, deadlines and figures"
        UNASSIGNED = "unassigned", "Leads that nobody takes"
        RETURNS = "returns", "Leads that came back"
        DEFINITIONS = "definitions", "What our words mean"
        PERSONAS = "personas", "Personas"
        OFFERS = "offers", "Offers and what we say of them"
        SCORING = "scoring", "Scores"
        IMPORTS = "imports", "Imports and duplicates"
        ACCESS = "access", "Accounts, teams and rights"

    topic = models.CharField(max_length=20, choices=Topic.choices, unique=True)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    deputy = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(deputy=None) | ~Q(deputy=F("person")), name="contact_deputy_is_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_topic_display()}: {self.person}"
