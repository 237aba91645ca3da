"""What runs under the agreement: clocks, their alarms and breaches."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from accounts.models import Team, User
from leads.models import Activity, Handoff, Lead
from personas.models import Acknowledgement
from sla.models.agreement import Action, CalendarVersion, Term


def in_time(due_at: datetime | None, instant: datetime) -> bool:
    """Whether an instant is in time for a deadline: the deadline itself is; without one, any."""
    return due_at is None or instant <= due_at


class ClockQuerySet(models.QuerySet["Clock"]):
    def visible_to(self, user: User) -> Self:
        """Clocks on the leads this person may see, and the ones they own or owned."""
        if user.is_admin:
            return self
        return self.filter(
            Q(lead__in=Lead.objects.visible_to(user)) | Q(owner=user) | Q(breach__owner=user)
        )

    def with_subject(self) -> Self:
        """Each with what it runs on, for `title`, `beside` and `url`."""
        return self.select_related("lead", "acknowledgement__change__offer")

    def running(self) -> Self:
        return self.filter(state__in=[Clock.State.RUNNING, Clock.State.PAUSED])

    def unended(self) -> Self:
        """Running, or missed and still waiting for its answer: escalation goes on."""
        return self.filter(ended_at=None)

    def with_warning(self) -> Self:
        """Each with `warn_at`, the instant from which it is at risk (None: it warns nobody)."""
        warnings = Alarm.objects.filter(clock=OuterRef("pk"), action=Action.WARN)
        return self.annotate(warn_at=Subquery(warnings.order_by("fire_at").values("fire_at")[:1]))


class Clock(models.Model):
    """One term running on one subject, frozen under the contract and calendar it started with.

    Outcome is arithmetic: met iff `stopped_at` <= `due_at`. Written by sla.clocks and
    sla.sweep.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        MET = "met", "Met"
        MISSED = "missed", "Missed"
        VOIDED = "voided", "Voided"

    # Foreign keys without an index of their own are found by a wider one, or never looked for.
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="clocks", db_index=False)
    handoff = models.ForeignKey(
        Handoff, null=True, on_delete=models.CASCADE, related_name="clocks", db_index=False
    )
    # The handoff's; a change to acknowledge is about no lead.
    lead = models.ForeignKey(Lead, null=True, on_delete=models.CASCADE, related_name="clocks")
    acknowledgement = models.ForeignKey(
        Acknowledgement, null=True, on_delete=models.CASCADE, related_name="clocks", db_index=False
    )
    # The nth time this term runs on this handoff (per_owner terms restart).
    round = models.PositiveSmallIntegerField(default=0)
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="clocks")
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="clocks")
    calendar_version = models.ForeignKey(
        CalendarVersion, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # The lead's at the start: figures of the past don't change when the lead does.
    persona = models.ForeignKey(
        "personas.Persona", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    campaign = models.ForeignKey(
        "leads.Campaign", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    source = models.CharField(max_length=60, blank=True)
    target_seconds = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    # None: the calendar never opens, or the clock is paused: no deadline.
    due_at = models.DateTimeField(null=True)
    # Working seconds left while paused.
    remaining_seconds = models.PositiveIntegerField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(
        Activity, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # When nothing more can happen to it: stopped, voided, or passed to another owner.
    ended_at = models.DateTimeField(null=True)
    excused = models.BooleanField(default=False)

    objects = ClockQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            # A handoff with its lead, or a change that somebody was asked to acknowledge.
            models.CheckConstraint(
                condition=Q(handoff__isnull=False, lead__isnull=False, acknowledgement=None)
                | Q(handoff=None, lead=None, acknowledgement__isnull=False),
                name="clock_has_one_subject",
            ),
            models.UniqueConstraint(fields=["term", "handoff", "round"], name="clock_round_once"),
            # Partial, so that the clocks of handoffs have no further index to write.
            models.UniqueConstraint(
                fields=["acknowledgement", "term"],
                name="clock_of_acknowledgement_once",
                condition=Q(acknowledgement__isnull=False),
            ),
            models.CheckConstraint(
                name="clock_met_in_time",
                condition=~Q(state="met")
                | Q(stopped_at__isnull=False, due_at=None)
                | Q(stopped_at__lte=F("due_at")),
            ),
            models.CheckConstraint(
                name="clock_stopped_late_is_missed",
                condition=~Q(state="missed") | Q(stopped_at=None) | Q(stopped_at__gt=F("due_at")),
            ),
            models.CheckConstraint(
                name="clock_ended_iff_over",
                condition=Q(state__in=["running", "paused"], ended_at=None)
                | Q(state="missed")
                | Q(state__in=["met", "voided"], ended_at__isnull=False),
            ),
            models.CheckConstraint(
                condition=~Q(excused=True) | Q(state="missed"), name="only_a_miss_is_excused"
            ),
        ]
        # None has `state`, and pages are kept a little empty (migration 0015): a miss is written
        # beside the old row and touches no index.
        indexes = [
            models.Index(fields=["handoff"], name="clock_by_handoff"),
            # Only a deleted activity looks for the clocks it stopped.
            models.Index(
                fields=["stopped_by"],
                name="clock_by_stop",
                condition=Q(stopped_by__isnull=False),
            ),
            models.Index(
                fields=["lead", "due_at"], name="clock_unended", condition=Q(ended_at=None)
            ),
            # sla.figures.compliance: a period's clocks.
            models.Index(fields=["started_at"], name="clock_by_start"),
            # sla.figures.compliance: what runs or waits for its answer, next deadline first.
            models.Index(
                fields=["due_at"],
                name="clock_waiting",
                include=["owner", "team"],
                condition=Q(ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        if self.acknowledgement_id is not None:
            return f"{self.term} on acknowledgement {self.acknowledgement_id}"
        return f"{self.term} on handoff {self.handoff_id}"

    @property
    def title(self) -> str:
        """What it runs on: the lead's name, or the change."""
        if self.lead is not None:
            return self.lead.name
        assert self.acknowledgement is not None
        return self.acknowledgement.change.title

    @property
    def beside(self) -> str:
        """What is said beside the title: the lead's company, or the offer."""
        if self.lead is not None:
            return self.lead.company
        assert self.acknowledgement is not None
        return self.acknowledgement.change.offer.name

    @property
    def url(self) -> str:
        """The page of what it runs on."""
        if self.lead is not None:
            return self.lead.get_absolute_url()
        assert self.acknowledgement is not None
        return self.acknowledgement.change.get_absolute_url()

    def outcome_at(self, stopped_at: datetime) -> str:
        """Met or missed, had it been stopped then."""
        return self.State.MET if in_time(self.due_at, stopped_at) else self.State.MISSED

    def is_overdue(self, at: datetime) -> bool:
        """Running past its deadline: a miss, recorded or not. The deadline itself is in time."""
        return self.state == self.State.RUNNING and not in_time(self.due_at, at)

    def brief(self) -> dict[str, Any]:
        """The clock as the API and the receipt show it."""
        return {
            "term": self.term.key,
            "state": self.state,
            "excused": self.excused,
            "due_at": self.due_at,
            "stopped_at": self.stopped_at,
        }


class Alarm(models.Model):
    """A moment at which a clock must act. Fired by sla.sweep, once."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        FIRED = "fired", "Fired"
        VOID = "void", "No longer needed"
        ASIDE = "aside", "Set aside after an error"

    # No index of its own: alarm_once_a_step begins with it.
    clock = models.ForeignKey(
        Clock, on_delete=models.CASCADE, related_name="alarms", db_index=False
    )
    step = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=12, choices=Action.choices)
    fire_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    fired_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock", "step"], name="alarm_once_a_step"),
        ]
        indexes = [
            # sla.sweep claims by this, and /readyz reads the oldest from it.
            models.Index(fields=["fire_at"], name="alarm_waiting", condition=Q(state="waiting")),
            # sla.escalation claims by this, however many alarms of other kinds are due.
            models.Index(
                fields=["fire_at", "id"],
                name="alarm_moving",
                condition=Q(state="waiting", action__in=["reassign", "back_to_pool"]),
            ),
            # sla.lag counts what failed; there should be none.
            models.Index(fields=["id"], name="alarm_aside", condition=Q(state="aside")),
        ]

    def __str__(self) -> str:
        return f"{self.action} of clock {self.clock_id} at {self.fire_at:%Y-%m-%d %H:%M:%S}"


class Breach(models.Model):
    """A promise not kept. One writer's SQL (sla.clocks.breaches), two callers: the sweep,
    and a late stop that comes before the sweep."""

    clock = models.OneToOneField(Clock, on_delete=models.CASCADE, related_name="breach")
    # Whoever owned the lead at `due_at`; None: nobody did.
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="breaches")
    team = models.ForeignKey(
        Team, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # The clock's: figures of a period count its misses by it.
    started_at = models.DateTimeField()
    breached_at = models.DateTimeField()
    noticed_at = models.DateTimeField()
    # Later evidence showed that the promise was kept.
    overturned_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["breached_at"], name="breach_by_instant"),
            # sla.figures.trend: a period's misses by the hour of their deadline.
            models.Index(
                fields=["started_at"],
                name="breach_standing",
                include=["breached_at", "owner", "team"],
                condition=Q(overturned_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"Breach of clock {self.clock_id}"
