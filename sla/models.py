"""The agreement and what runs under it: calendars, contract, terms, clocks, alarms, breaches."""

from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.configuration import configured
from accounts.models import Team, User
from leads.models import Activity, Handoff, Lead


@configured
class Calendar(models.Model):
    """Working hours under a name; the hours themselves are in its versions."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    teams = models.ManyToManyField(Team, through="TeamCalendar", related_name="calendars")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@configured
class CalendarVersion(models.Model):
    """One state of a calendar: weekly windows, public holidays of a country, extra days.

    `weekly` maps "0" (Monday) … "6" to [["09:00", "17:00"], …]; `closed` lists ISO dates;
    `opened` maps ISO dates to windows (see sla.business_time.WorkingCalendar).
    """

    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    tz = models.CharField(max_length=64)
    weekly = models.JSONField()
    country = models.CharField(max_length=2, blank=True)
    subdivision = models.CharField(max_length=8, blank=True)
    closed = models.JSONField(default=list, blank=True)
    opened = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["calendar", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "number"], name="calendar_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar} v{self.number}"


@configured
class TeamCalendar(models.Model):
    """Which calendar a team works by."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="working_calendar")
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.team}: {self.calendar}"


@configured
class Contract(models.Model):
    """One version of the service-level agreement; in force from an instant until the next is."""

    version = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=160)
    in_force_from = models.DateTimeField()
    in_force_to = models.DateTimeField(null=True, blank=True)
    signed_for_marketing_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_for_sales_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # How often escalation may pass one handoff on before the manager gets it.
    hop_limit = models.PositiveSmallIntegerField(default=2)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                name="contract_ends_after_start",
                condition=Q(in_force_to=None) | Q(in_force_to__gt=F("in_force_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"


class Side(models.TextChoices):
    MARKETING = "marketing", "Marketing"
    SALES = "sales", "Sales"


class Action(models.TextChoices):
    """What an alarm does."""

    WARN = "warn", "Warn the owner"
    BREACH = "breach", "Record the breach"
    TELL_MANAGER = "tell_manager", "Tell the manager"
    REASSIGN = "reassign", "Give it to another rep"


@configured
class Term(models.Model):
    """One promise: from this activity to that one within so many working seconds.

    Terms of one `measure` are tried in `order`; the first whose filters fit the lead counts.
    `steps` are its alarms: {"action": "warn", "share": 0.75}, {"action": "breach"},
    {"action": "tell_manager", "after": 1800}: a share of the target, or working seconds
    after the deadline.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="terms")
    key = models.SlugField()
    measure = models.SlugField()
    name = models.CharField(max_length=120)
    side = models.CharField(max_length=12, choices=Side.choices)
    order = models.PositiveSmallIntegerField(default=0)
    tiers = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    personas = ArrayField(models.SlugField(), default=list, blank=True)
    sources = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    starts_on = models.CharField(max_length=20)
    stops_on = ArrayField(models.CharField(max_length=20))
    target_seconds = models.PositiveIntegerField()
    # An owner's promise starts afresh with the next owner; a lead's goes on.
    per_owner = models.BooleanField(default=False)
    steps = models.JSONField(default=list)

    class Meta:
        ordering = ["contract", "measure", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "key"], name="term_key_once"),
            models.CheckConstraint(condition=Q(target_seconds__gt=0), name="term_has_target"),
        ]

    def __str__(self) -> str:
        return self.name


class ClockQuerySet(models.QuerySet["Clock"]):
    def visible_to(self, user: User) -> Self:
        """Clocks on the leads this person may see, and the ones they own or owned."""
        if user.is_admin:
            return self
        return self.filter(
            Q(lead__in=Lead.objects.visible_to(user)) | Q(owner=user) | Q(breach__owner=user)
        )

    def running(self) -> Self:
        return self.filter(state__in=[Clock.State.RUNNING, Clock.State.PAUSED])

    def unended(self) -> Self:
        """Running, or missed and still waiting for its answer: escalation goes on."""
        return self.filter(ended_at=None)


class Clock(models.Model):
    """One term running on one subject, frozen under the contract and calendar it started with.

    Outcome is arithmetic: met iff `stopped_at` <= `due_at`. Written by sla.clocks and sla.sweep.
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
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="clocks")
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
            # One subject kind so far; the next one widens this to num_nonnulls(…) = 1.
            models.CheckConstraint(
                condition=Q(handoff__isnull=False), name="clock_has_one_subject"
            ),
            models.UniqueConstraint(fields=["term", "handoff", "round"], name="clock_round_once"),
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
            # sla.compliance: a period's clocks.
            models.Index(fields=["started_at"], name="clock_by_start"),
            # sla.compliance: what runs or waits for its answer, next deadline first.
            models.Index(
                fields=["due_at"],
                name="clock_waiting",
                include=["state", "owner", "team"],
                condition=Q(ended_at=None),
            ),
            # sla.trend: a period's misses by the hour of their deadline.
            models.Index(
                fields=["started_at"],
                name="clock_missed",
                include=["due_at", "owner", "team"],
                condition=Q(state="missed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.term} on handoff {self.handoff_id}"

    def outcome_at(self, stopped_at: datetime) -> str:
        """Met or missed, had it been stopped then."""
        in_time = self.due_at is None or stopped_at <= self.due_at
        return self.State.MET if in_time else self.State.MISSED

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
        ]

    def __str__(self) -> str:
        return f"{self.action} of clock {self.clock_id} at {self.fire_at:%Y-%m-%d %H:%M:%S}"


class Breach(models.Model):
    """A promise not kept. One writer's SQL (sla.clocks.RECORD_BREACHES), two callers: the sweep,
    and a late stop that comes before the sweep."""

    clock = models.OneToOneField(Clock, on_delete=models.CASCADE, related_name="breach")
    # Whoever owned the lead at `due_at`; None: nobody did.
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="breaches")
    team = models.ForeignKey(
        Team, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    breached_at = models.DateTimeField()
    noticed_at = models.DateTimeField()
    # Later evidence showed that the promise was kept.
    overturned_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["breached_at"], name="breach_by_instant")]

    def __str__(self) -> str:
        return f"Breach of clock {self.clock_id}"


class Tally(models.Model):
    """Judged and voided clocks, counted per hour or day (UTC) in which they started.

    Derived from sla_clock: a trigger notes every change in TallyChange, sla.tallies folds those
    in. A figure is always the sum of both, so it is never behind. 0 and "" stand for "none".
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
