"""The deal a qualified lead becomes, won or lost with a reason."""

from datetime import datetime
from decimal import Decimal
from typing import Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts.models import User
from accounts.refusals import Conflict, Refused
from leads.models.activity import Activity, Kind
from leads.models.handoff import Handoff
from leads.models.lead import Lead
from leads.models.stages import AIDA_AT, Stage
from personas.models import Offer


class DealQuerySet(models.QuerySet["Deal"]):
    def open(self) -> Self:
        return self.filter(state=Deal.State.OPEN)

    def visible_to(self, user: User) -> Self:
        """Deals of leads this person may see, their first contact or a further one."""
        seen = Lead.objects.visible_to(user)
        joined = DealContact.objects.filter(deal=OuterRef("pk"), lead__in=seen)
        return self.filter(Exists(seen.filter(pk=OuterRef("lead"))) | Exists(joined))

    def with_rights(self, user: User) -> Self:
        """With `may_see`, whether this person sees the first contact, and `may_work`."""
        first = {"pk": OuterRef("lead")}
        return self.annotate(
            may_see=Exists(Lead.objects.visible_to(user).filter(**first)),
            may_work=Exists(Lead.objects.workable_by(user).filter(**first)),
        )

    def of(self, lead: Lead) -> Self:
        """Those that this lead is a contact of."""
        joined = DealContact.objects.filter(lead=lead)
        return self.filter(Q(lead=lead) | Q(pk__in=joined.values("deal")))


class Deal(models.Model):
    """An opportunity: what the lead may buy, for how much."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        WON = "won", "Won"
        LOST = "lost", "Lost"

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="deals")
    handoff = models.ForeignKey(Handoff, null=True, on_delete=models.CASCADE, related_name="deals")
    name = models.CharField(max_length=200)
    # What is sold, where it is one of our offers.
    offer = models.ForeignKey(Offer, null=True, on_delete=models.SET_NULL, related_name="deals")
    amount = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    currency = models.CharField(max_length=3, default="USD")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deals")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=200, blank=True)
    # The day somebody thinks it will be won.
    expected_on = models.DateField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = DealQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            # Converting twice changes nothing.
            models.UniqueConstraint(
                fields=["lead"], name="one_open_deal_a_lead", condition=Q(state="open")
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="deal_amount_not_negative"),
            models.CheckConstraint(
                name="deal_open_or_closed",
                condition=Q(state="open", closed_at=None)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its first contact's page; for who may not see that (`with_rights`), the company's."""
        if getattr(self, "may_see", True) or self.lead.of_company_id is None:
            return self.lead.get_absolute_url()
        return reverse("company", args=[self.lead.of_company_id])

    def is_current_for(self, lead: Lead, handoff: Handoff | None) -> bool:
        """Whether no later handoff of this contact came after it."""
        if handoff is None or self.handoff_id == handoff.pk:
            return True
        # Who joined it has handoffs of their own.
        ended = self.closed_at
        return self.lead_id != lead.pk and (ended is None or ended > handoff.handed_over_at)

    def close(self, state: str, *, by: User, reason: str, at: datetime) -> None:
        """Win or lose the deal; the lead becomes a customer or is recycled.

        Raises Refused without a reason, Conflict when it is closed already.
        """
        if state not in (self.State.WON, self.State.LOST):
            raise Refused(f"“{state}” is not an end of a deal; use won or lost.")
        if not reason.strip():
            raise Refused("Say why.", fields={"reason": "Say why it was won or lost."})
        with transaction.atomic():
            changed = Deal.objects.filter(pk=self.pk, state=self.State.OPEN).update(
                state=state, reason=reason.strip(), closed_at=at
            )
            self.refresh_from_db()
            if not changed:
                raise Conflict(f"This deal is {self.get_state_display().lower()} already.")
            stage = Stage.CUSTOMER if state == self.State.WON else Stage.RECYCLED
            came = {"aida": AIDA_AT[stage]} if stage in AIDA_AT else {}
            Lead.objects.filter(pk=self.lead_id).update(stage=stage, updated_at=at, **came)
            self.lead.record(
                Kind.WON if state == self.State.WON else Kind.LOST,
                by=by,
                at=at,
                handoff=self.handoff,
                occurred_at=at,
                note=reason,
                data={"amount": str(self.amount), "currency": self.currency},
            )
            self._close_for_others(stage, by=by, at=at, note=reason)

    def _close_for_others(self, stage: Stage, *, by: User, at: datetime, note: str) -> None:
        """Its further contacts go where the first goes."""
        from leads.activities import record_activities

        joined = Lead.objects.filter(joined__deal=self, stage=Stage.OPPORTUNITY)
        leads = list(joined.select_for_update(of=("self",)).order_by("pk"))
        came = {"aida": AIDA_AT[stage]} if stage in AIDA_AT else {}
        Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(
            stage=stage, updated_at=at, **came
        )
        kind = Kind.WON if stage == Stage.CUSTOMER else Kind.LOST
        activities = [
            Activity(
                lead=lead, handoff=lead.handoffs.order_by("-cycle").first(), kind=kind, actor=by,
                occurred_at=at, note=note, data={"deal": self.pk},
            )
            for lead in leads
        ]  # fmt: skip
        if activities:
            record_activities(activities, at=at)


class DealContact(models.Model):
    """A further contact of a deal: somebody else of the company who was converted into it."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="contacts")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="joined")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            # Joining twice changes nothing.
            models.UniqueConstraint(fields=["deal", "lead"], name="deal_contact_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} on {self.deal_id}"
