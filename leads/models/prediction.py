"""What was learned from earlier handoffs, and the chance it gives to later ones."""

from django.db import models
from django.db.models import Q

from accounts.models import Role
from leads.models.handoff import Handoff

# Who may see how good the prediction is, and is told when it no longer is.
READERS = (Role.MARKETING_MANAGER, Role.SALES_MANAGER, Role.ADMIN)


class Prediction(models.Model):
    """One fit of the model and how it did on later handoffs; at most one is in force.

    Written by leads.prediction.training. `body` is the fitted model, signed
    (leads.prediction.keeping); figures are those of leads.prediction.measuring.
    """

    fitted_at = models.DateTimeField()
    # Handoffs it was learned from, of which won; the newest of them was handed over then.
    learned = models.PositiveIntegerField()
    won = models.PositiveIntegerField()
    learned_until = models.DateTimeField()
    asked = models.PositiveIntegerField()
    auc = models.FloatField()
    brier = models.FloatField()
    always_usual = models.FloatField()
    calibration_error = models.FloatField()
    best_fifth = models.FloatField()
    # [{"rows", "foreseen", "won"}, …]: ten groups by chance, the lowest first.
    bins = models.JSONField(default=list)
    in_force = models.BooleanField(default=False)
    # Why it was put in force, or not.
    verdict = models.CharField(max_length=300)
    # Since when its chances no longer come true.
    drifted_at = models.DateTimeField(null=True)
    body = models.BinaryField()

    class Meta:
        ordering = ["-fitted_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["in_force"], name="one_prediction_in_force", condition=Q(in_force=True)
            ),
        ]

    def __str__(self) -> str:
        return f"Prediction of {self.fitted_at:%Y-%m-%d}"

    @property
    def usual(self) -> float:
        """The share of the handoffs learned from that were won."""
        return self.won / self.learned


class Chance(models.Model):
    """The chance that a handoff ends with a customer, from what was known when it was made.

    Written by leads.prediction.foreseeing while the handoff is open; then it stays as it was, to
    be held against what came.
    """

    handoff = models.OneToOneField(
        Handoff, primary_key=True, on_delete=models.CASCADE, related_name="chance"
    )
    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="chances")
    # Between 0 and 1.
    value = models.FloatField()
    # What moves it most: [{"label", "points"}, …], points of a hundred.
    reasons = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="chance_is_one", condition=Q(value__gte=0) & Q(value__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value:.0%} of {self.handoff}"

    @property
    def percent(self) -> int:
        return round(self.value * 100)
