"""The handoff: one passing of a lead to sales."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q

from accounts.models import Role, User
from accounts.refusals import Conflict, Refused
from leads.models.activity import Activity, Kind
from leads.models.lead import Lead
from leads.models.routing import Assignment, Pool
from leads.models.stages import Sourced, Stage

if TYPE_CHECKING:
    from leads.models.returned import Return


class RejectReason(models.TextChoices):
    """Why sales will not take a handoff; structured, so that it can be counted."""

    WRONG_PERSONA = "wrong_persona", "Wrong persona"
    NOT_READY = "not_ready", "Not ready to buy"
    BAD_CONTACT = "bad_contact", "Contact details are wrong"
    DUPLICATE = "duplicate", "Already being worked"
    OUT_OF_REGION = "out_of_region", "Outside our region"
    SPAM = "spam", "Not a real person"
    OTHER = "other", "Another reason"


# Raw, for Django takes longer to write them than PostgreSQL to answer them.
LOCKED = "SELECT * FROM leads_handoff WHERE id = %s FOR UPDATE"
OPEN_LOCKED = "SELECT * FROM leads_handoff WHERE lead_id = %s AND closed_at IS NULL FOR UPDATE"


class HandoffQuerySet(models.QuerySet["Handoff"]):
    def open(self) -> Self:
        """Waiting for an answer or a disposition."""
        return self.filter(closed_at=None)

    def offered_to(self, user: User) -> Self:
        """Handoffs this person has or once had the chance to take: theirs and their pools'."""
        if user.role == Role.ADMIN:
            return self
        if user.role == Role.SALES_MANAGER:
            # Every handoff is some sales team's; what nobody could take is every manager's.
            return self
        if user.role != Role.SALES_REP:
            return self.none()
        # The ledger has a line without a rep when a pool was asked, or nobody was available.
        mine = Handoff.objects.filter(
            Q(owner=user)
            | Q(assignments__rep=user)
            | Q(assignments__rep=None, pool__members__user=user)
        )
        return self.filter(pk__in=mine.values("pk"))

    def workable_by(self, user: User) -> Self:
        """Handoffs this person may answer and work now."""
        if user.role in (Role.ADMIN, Role.SALES_MANAGER):
            return self
        if user.role != Role.SALES_REP:
            return self.none()
        return self.filter(
            Q(owner=user) | Q(owner=None, pool_id__in=user.pool_places.values("pool_id"))
        )

    def queue_for(self, user: User) -> Self:
        """A rep's queue: their own and what their pools offer, next deadline first."""
        return (
            self.open()
            .filter(Q(owner=user) | Q(owner=None, pool_id__in=user.pool_places.values("pool_id")))
            .order_by(models.F("lead__respond_by").asc(nulls_last=True), "id")
        )

    def locked_of(self, lead: Lead) -> "Handoff | None":
        """The lead's open handoff as it stands now, locked in the caller's transaction."""
        found = self.raw(OPEN_LOCKED, [lead.pk])
        return next(iter(found), None)

    def unassigned(self) -> Self:
        """Handed over, and nobody has it: the sales manager's list."""
        return (
            self.open()
            .filter(owner=None)
            .exclude(pool__mode=Pool.Mode.OPEN)
            .order_by(models.F("lead__respond_by").asc(nulls_last=True), "id")
        )


class Handoff(models.Model):
    """One passing of one lead from marketing to sales, with what was promised at that moment."""

    class State(models.TextChoices):
        OFFERED = "offered", "Offered"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        QUALIFIED = "qualified", "Qualified"
        DISQUALIFIED = "disqualified", "Disqualified"
        RECYCLED = "recycled", "Recycled"
        WITHDRAWN = "withdrawn", "Withdrawn"

    # Its index is handoff_cycle_once.
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="handoffs", db_index=False)
    cycle = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OFFERED)
    pool = models.ForeignKey(Pool, null=True, on_delete=models.PROTECT, related_name="handoffs")
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="handoffs")
    handed_over_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="handed_over", db_index=False
    )
    handed_over_at = models.DateTimeField()
    override_reason = models.CharField(max_length=300, blank=True)
    # Sales' own find is no part of the agreement: no clock of it runs (leads.sourcing).
    sourced_by = models.CharField(
        max_length=9, choices=Sourced.choices, default=Sourced.MARKETING,
        db_default=Sourced.MARKETING,
    )  # fmt: skip
    # Frozen: score, reasons, persona, touchpoints, definition version, as they stood.
    receipt = models.JSONField(default=dict)
    # The contract the handoff runs under: written by `sla` alone.
    contract_version = models.PositiveIntegerField(null=True)
    # Written with it, from the receipt, which is costly to open: which items of a packet it holds
    # (sla.models.Packet), and as which persona it was handed over ("": none). Nothing: not yet.
    packet = ArrayField(models.CharField(max_length=12), null=True)
    handed_persona = models.CharField(max_length=50, null=True)
    assigned_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    # First contact by a person of ours, for speed to lead.
    first_touch_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=24, blank=True)
    note = models.TextField(blank=True)
    hops = models.PositiveSmallIntegerField(default=0)

    objects = HandoffQuerySet.as_manager()

    class Meta:
        ordering = ["-handed_over_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], name="one_open_handoff_a_lead", condition=Q(closed_at=None)
            ),
            models.UniqueConstraint(fields=["lead", "cycle"], name="handoff_cycle_once"),
            models.CheckConstraint(
                name="handoff_open_or_closed",
                condition=Q(state__in=["offered", "accepted"], closed_at=None)
                | (~Q(state__in=["offered", "accepted"]) & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="handoff_accepted_has_owner",
                condition=~Q(state="accepted") | Q(owner__isnull=False, accepted_at__isnull=False),
            ),
        ]
        indexes = [
            # The queue: a rep's open handoffs, however many leads there are.
            models.Index(
                fields=["owner"], name="handoff_open_by_owner", condition=Q(closed_at=None)
            ),
            models.Index(
                fields=["pool"],
                name="handoff_open_in_pool",
                condition=Q(closed_at=None, owner=None),
            ),
            models.Index(fields=["-handed_over_at"], name="handoff_newest"),
        ]

    def __str__(self) -> str:
        return f"Handoff {self.cycle} of {self.lead_id}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_own(self) -> bool:
        """Whether sales found the person itself: marketing has promised and owes nothing."""
        return self.sourced_by == Sourced.SALES

    def accept(self, rep: User, *, at: datetime) -> bool:
        """Take the handoff. True if this call did it, False if it was theirs already.

        A manager's accept leaves it with its owner. Raises Conflict, naming who has it.
        """
        from leads.companies import owning  # it needs the models, of which this is one

        with transaction.atomic():
            now = self._locked()
            if now.state == self.State.ACCEPTED and now.owner_id == rep.pk:
                return False
            if now.state != self.State.OFFERED or not now._answerable_by(rep):
                raise now.gone()
            claimed = now.owner_id is None
            owner_id = rep.pk if claimed else now.owner_id
            self._set(
                state=self.State.ACCEPTED,
                owner_id=owner_id,
                accepted_at=at,
                assigned_at=now.assigned_at or at,
            )
            Lead.objects.filter(pk=self.lead_id).update(
                stage=Stage.SAL, owner_id=owner_id, updated_at=at
            )
            if claimed:
                Assignment.objects.create(
                    handoff=self,
                    at=at,
                    how=Assignment.How.CLAIMED,
                    rep=rep,
                    pool_id=now.pool_id,
                    by=rep,
                    reason=f"{rep} took it",
                )
            owning.keep([(self.lead_id, owner_id or rep.pk)], by=rep, at=at)
            self._record(Kind.ACCEPTED, by=rep, at=at)
        return True

    def gone(self) -> Conflict:
        """The answer to somebody who comes too late: who has it now, if anybody in sales."""
        back = self.state in (self.State.REJECTED, self.State.RECYCLED, self.State.WITHDRAWN)
        owner = None if back else self.owner
        who = "marketing" if back else str(owner or "nobody")
        state = self.get_state_display().lower()
        words = f"This lead is no longer on offer: it is {state} and {who} has it."
        if self.state == self.State.OFFERED and owner:
            words = f"This lead is no longer offered to you: {who} has it now."
        return Conflict(
            words,
            code="handoff_gone",
            facts={"state": self.state, "owner": owner.email if owner else None},
        )

    def reject(self, rep: User, *, reason: str, note: str = "", at: datetime) -> "Return":
        """Refuse the handoff: the lead goes back to marketing, which must answer.

        Raises Conflict if it is gone or sales' own find, Refused for an unknown reason or a
        missing note.
        """
        if reason not in RejectReason.values:
            raise Refused(
                f"“{reason}” is not a reason; use one of {', '.join(RejectReason.values)}.",
                fields={"reason": f"Choose one of {', '.join(RejectReason.values)}."},
            )
        if reason == RejectReason.OTHER and not note.strip():
            raise Refused(
                "Say why in the note when the reason is “other”.",
                fields={"note": "Say why in a few words."},
            )
        from leads.models.returned import Return

        with transaction.atomic():
            now = self._locked()
            if not now.is_open or not now._answerable_by(rep):
                raise now.gone()
            if now.is_own:
                raise Conflict(
                    "Sales found this lead itself, so there is nobody to send it back to: "
                    "disqualify it, rest it, or let a manager give it to somebody else.",
                    code="sourced_by_sales",
                )
            self.close(self.State.REJECTED, at=at, reason=reason, note=note)
            Lead.objects.filter(pk=self.lead_id).update(
                stage=Stage.RECYCLED, owner=None, pool=None, handed_over_at=None, updated_at=at
            )
            returned = Return.objects.create(
                handoff=self, returned_by=rep, returned_at=at, reason=reason, note=note
            )
            self._record(Kind.REJECTED, by=rep, at=at, note=note, data={"reason": reason})
        return returned

    def _locked(self) -> "Handoff":
        """The row as it stands now, locked; `self` takes its values over."""
        now = Handoff.objects.raw(LOCKED, [self.pk])[0]
        self._set_attributes(
            {f.attname: getattr(now, f.attname) for f in self._meta.concrete_fields}
        )
        return now

    def _answerable_by(self, rep: User) -> bool:
        """Whether it is on offer to this person; managers answer for their teams."""
        return self.owner_id in (None, rep.pk) or rep.role in (Role.SALES_MANAGER, Role.ADMIN)

    def close(self, state: str, *, at: datetime, reason: str = "", note: str = "") -> None:
        """End it; the caller holds its lock and records the activity that says why."""
        self._set(state=state, closed_at=at, reason=reason, note=note)

    def _set(self, **changes: Any) -> None:
        Handoff.objects.filter(pk=self.pk).update(**changes)
        self._set_attributes(changes)

    def _set_attributes(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(self, name, value)

    def _record(self, kind: str, *, by: User | None, at: datetime, **facts: object) -> Activity:
        return self.lead.record(kind, by=by, at=at, handoff=self, occurred_at=at, **facts)
