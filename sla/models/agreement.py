"""What was agreed: working calendars, the contract's versions and their terms."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.configuration import configured
from accounts.models import Team, User


class CalendarQuerySet(models.QuerySet["Calendar"]):
    def of_teams(self) -> Self:
        """Those that teams work by, or may: nobody's own, nobody's leave, not round the clock."""
        return self.filter(person=None, less_leave_of=None, always_open=False)

    def visible_to(self, user: User) -> Self:
        """Those of teams for everybody; a person's own for them, their managers and admins."""
        shown = self.filter(less_leave_of=None, always_open=False)
        if user.is_admin:
            return shown
        return shown.filter(Q(person=None) | Q(person__user__in=looked_after_by(user)))

    def editable_by(self, user: User) -> Self:
        """One's own, those of the people one manages, and those that only one's teams work by."""
        shown = self.filter(less_leave_of=None, always_open=False)
        if user.is_admin:
            return shown
        places = TeamCalendar.objects.all()
        mine = Q(team__in=user.managed_teams)
        return shown.filter(
            Q(person__user__in=looked_after_by(user))
            | Q(pk__in=places.filter(mine).values("calendar"))
            & ~Q(pk__in=places.exclude(mine).values("calendar"))
        )


def looked_after_by(user: User) -> models.QuerySet[User]:
    """Oneself and the members of the teams one manages; for an admin everybody."""
    if user.is_admin:
        return User.objects.all()
    return User.objects.filter(Q(pk=user.pk) | Q(memberships__team__in=user.managed_teams))


@configured
class Calendar(models.Model):
    """Working hours under a name; the hours themselves are in its versions."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    # The one that wall time is counted by (sla.hours.round_the_clock); nobody sees or edits it.
    always_open = models.BooleanField(default=False)
    teams = models.ManyToManyField(Team, through="TeamCalendar", related_name="calendars")

    objects = CalendarQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["always_open"], condition=Q(always_open=True), name="one_always_open"
            ),
        ]

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
    # As `holidays` names it: mostly a code, sometimes a city.
    subdivision = models.CharField(max_length=40, blank=True)
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
class PersonCalendar(models.Model):
    """Hours of somebody's own; without any they work by their team's.

    The second calendar is never shown: its versions are those hours less the person's leave,
    made when a clock needs them (sla.hours.leave), so that a clock can freeze what it ran under.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="working_calendar")
    own = models.OneToOneField(Calendar, null=True, on_delete=models.PROTECT, related_name="person")
    less_leave = models.OneToOneField(
        Calendar, null=True, on_delete=models.PROTECT, related_name="less_leave_of"
    )

    def __str__(self) -> str:
        return f"Hours of {self.user}"


class ContractQuerySet(models.QuerySet["Contract"]):
    def agreed(self) -> Self:
        """Those that are, were or will be in force."""
        return self.filter(is_draft=False)


@configured
class Contract(models.Model):
    """One version of the service-level agreement; in force from an instant until the next is.

    One may be a draft (sla.contracts): it binds nobody, and becomes a version of the agreement
    once both sides have signed it.
    """

    version = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=160)
    is_draft = models.BooleanField(default=False)
    # Of a draft the instant that is meant; None: as soon as both have signed.
    in_force_from = models.DateTimeField(null=True)
    in_force_to = models.DateTimeField(null=True, blank=True)
    signed_for_marketing_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_for_marketing_at = models.DateTimeField(null=True)
    signed_for_sales_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_for_sales_at = models.DateTimeField(null=True)
    # The words (sla.contracts.wording) as the first side signed them, and the SHA-256 of their
    # UTF-8; with both signatures a trigger keeps them, and the promises, as they are. Empty: not
    # signed, or agreed before words were kept.
    text = models.TextField(blank=True)
    text_sha256 = models.CharField(max_length=64, blank=True)
    # How often escalation may pass one handoff on before the manager gets it.
    hop_limit = models.PositiveSmallIntegerField(default=2)

    objects = ContractQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                name="contract_draft_or_in_force",
                condition=Q(is_draft=True, in_force_to=None)
                | Q(is_draft=False, in_force_from__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["is_draft"], condition=Q(is_draft=True), name="one_draft_at_a_time"
            ),
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
    TELL_OWNER = "tell_owner", "Remind the owner"
    TELL_MANAGER = "tell_manager", "Tell the manager"
    REASSIGN = "reassign", "Give it to another rep"
    BACK_TO_POOL = "back_to_pool", "Give it back to its pool"
    WEBHOOK = "webhook", "Call the webhooks"


class CountedIn(models.TextChoices):
    """Whose hours a promise is counted in."""

    TEAM = "team", "The team’s working hours"
    OWNER = "owner", "The owner’s own hours, less their leave"
    WALL = "wall", "Around the clock"


# What starts and keeps a promise that is about no lead: sales acknowledges a change of an offer.
# Beside these, terms start and stop on the kinds of activities (leads.models.Kind).
PUBLISHED, ACKNOWLEDGED = "published", "acknowledged"


class TermQuerySet(models.QuerySet["Term"]):
    def agreed(self) -> Self:
        """The promises of every version, without a draft's."""
        return self.filter(contract__is_draft=False)


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
    # The nth of those that are at least so many seconds (by the wall clock) apart stops it.
    stops_after = models.PositiveSmallIntegerField(default=1)
    spacing_seconds = models.PositiveIntegerField(default=0)
    # Working seconds of the calendar the term is counted in.
    target_seconds = models.PositiveIntegerField()
    calendar_of = models.CharField(max_length=8, choices=CountedIn.choices, default=CountedIn.TEAM)
    # An owner's promise starts afresh with the next owner; a lead's goes on.
    per_owner = models.BooleanField(default=False)
    steps = models.JSONField(default=list)
    # For which reasons the clock may stand still: [{"key": "…", "label": "…"}, …]; none: never.
    pause_reasons = models.JSONField(default=list, blank=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        ordering = ["contract", "measure", "order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "key"], name="term_key_once"),
            models.CheckConstraint(condition=Q(target_seconds__gt=0), name="term_has_target"),
            models.CheckConstraint(condition=Q(stops_after__gte=1), name="term_stops_after_one"),
            models.CheckConstraint(
                condition=Q(calendar_of__in=CountedIn.values), name="term_counted_in_known_hours"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def of_changes(self) -> bool:
        """Whether it is about changes of offers, and so about no lead."""
        return self.starts_on == PUBLISHED
