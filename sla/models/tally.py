"""Clocks counted, so that figures need not read each of them."""

from django.db import models


class Tally(models.Model):
    """Judged and voided clocks, counted per hour or day (UTC) in which they started.

    Derived from sla_clock: a trigger notes every change in TallyChange, sla.figures.tallies
    folds those in. A figure is always the sum of both, so it is never behind. 0 and ""
    stand for "none".
    """

    class Cut(models.TextChoices):
        """What is told apart besides owner and team, and how finely in time."""

        HOUR = "hour", "Hour"
        TERM = "term", "Day and term"
        PERSONA = "persona", "Day and persona"
        CAMPAIGN = "campaign", "Day and campaign"
        SOURCE = "source", "Day and source"

    cut = models.CharField(max_length=8, choices=Cut.choices)
    slot = models.DateTimeField()
    owner_id = models.BigIntegerField()
    team_id = models.BigIntegerField()
    value = models.CharField(max_length=60)
    met = models.IntegerField()
    missed = models.IntegerField()
    excused = models.IntegerField()
    voided = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cut", "slot", "owner_id", "team_id", "value"], name="tally_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cut} {self.value} from {self.slot:%Y-%m-%d %H:%M}"


class TallyChange(models.Model):
    """What a change of clocks adds to the tallies; written by a trigger, folded and deleted."""

    # The hour in which the clocks started.
    slot = models.DateTimeField()
    owner_id = models.BigIntegerField()
    team_id = models.BigIntegerField()
    term_id = models.BigIntegerField()
    persona_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField()
    source = models.CharField(max_length=60)
    met = models.IntegerField()
    missed = models.IntegerField()
    excused = models.IntegerField()
    voided = models.IntegerField()

    def __str__(self) -> str:
        return f"Change of clocks started from {self.slot:%Y-%m-%d %H:%M}"
