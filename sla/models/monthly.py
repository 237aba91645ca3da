"""What marketing promises a month: how many leads, how good, how complete."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.configuration import configured
from accounts.models import User
from leads.models import Handoff
from sla.models.agreement import Contract, Side


class Counted(models.TextChoices):
    """What of a month's handoffs is counted."""

    ACCEPTED = "accepted", "How many are accepted"
    SHARE = "share", "Which share is accepted"
    COMPLETE = "complete", "Which share comes with a complete packet"


class Packet(models.TextChoices):
    """What a packet may have to hold; each was frozen in the receipt of the handoff."""

    COMPANY = "company", "the company"
    JOB_TITLE = "job_title", "the job title"
    COUNTRY = "country", "the country"
    PERSONA = "persona", "a persona"
    SOURCE = "source", "where it came from"
    TOUCHPOINTS = "touchpoints", "what they did"
    DEFINITION = "definition", "the MQL definition met, without an exception"


@configured
class MonthlyPromise(models.Model):
    """One promise of marketing about the leads it hands over in a calendar month.

    Measured by sla.figures.monthly on the handoffs that the clocks run on.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="monthly")
    key = models.SlugField()
    name = models.CharField(max_length=120)
    counted = models.CharField(max_length=12, choices=Counted.choices)
    # Leads; of a share whole percents.
    target = models.PositiveIntegerField()
    # Only the leads that were handed over as one of these; none: all.
    personas = ArrayField(models.SlugField(), default=list, blank=True)
    # Of complete packets: what each holds.
    packet = ArrayField(models.CharField(max_length=12), default=list, blank=True)

    # As of a Term.
    side = Side.MARKETING.value

    class Meta:
        ordering = ["contract", "id"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "key"], name="monthly_key_once"),
            models.CheckConstraint(
                name="monthly_counts_something", condition=Q(counted__in=Counted.values)
            ),
            models.CheckConstraint(
                name="monthly_target_can_be_met",
                condition=Q(target__gte=1) & (Q(counted="accepted") | Q(target__lte=100)),
            ),
            models.CheckConstraint(
                name="monthly_packet_where_counted",
                condition=Q(counted="complete", packet__len__gte=1)
                | (~Q(counted="complete") & Q(packet__len=0)),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def target_words(self) -> str:
        """ "40 accepted leads", "at least 80 % accepted", "at least 95 % complete packets"."""
        if self.counted == Counted.ACCEPTED:
            return f"{self.target} accepted lead{'' if self.target == 1 else 's'}"
        what = "accepted" if self.counted == Counted.SHARE else "complete packets"
        return f"at least {self.target} % {what}"

    @property
    def for_words(self) -> str:
        """Which leads it is about, and what a complete packet holds."""
        who = f"persona {' or '.join(self.personas)}" if self.personas else "every lead"
        if self.counted != Counted.COMPLETE:
            return f"For {who}."
        holds = [Packet(each).label for each in self.packet]
        listed = f"{', '.join(holds[:-1])} and {holds[-1]}" if len(holds) > 1 else "".join(holds)
        return f"For {who}. A packet is complete with {listed}."


class Exclusion(models.Model):
    """A handoff that both sides leave out of the monthly promises; it counts until both agree.

    Written by sla.figures.exclusions.
    """

    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="exclusions")
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # fmt: skip
    asked_at = models.DateTimeField()
    signed_for_marketing_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    signed_for_sales_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # When the second side agreed.
    agreed_at = models.DateTimeField(null=True)
    # Refused, or taken back.
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["handoff"], name="one_exclusion_a_handoff", condition=Q(dropped_at=None)
            ),
            models.CheckConstraint(
                name="exclusion_agreed_by_both",
                condition=Q(agreed_at=None)
                | (
                    Q(signed_for_marketing_by__isnull=False, signed_for_sales_by__isnull=False)
                    & ~Q(signed_for_marketing_by=F("signed_for_sales_by"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"Exclusion of handoff {self.handoff_id}"
