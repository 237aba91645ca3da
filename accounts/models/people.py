"""People and teams: who somebody is, and on which side of the handoff they stand."""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q

from accounts.configuration import configured


def validate_time_zone(value: str) -> None:
    """Refuse a name that is not in the time zone database."""
    if value not in available_timezones():
        raise ValidationError(
            f"“{value}” is not a time zone; use a name such as Europe/London or America/New_York."
        )


class Role(models.TextChoices):
    """What somebody may do, read from their teams (see DESIGN: who may do what)."""

    MARKETER = "marketer", "Marketer"
    MARKETING_MANAGER = "marketing_manager", "Marketing manager"
    SALES_REP = "sales_rep", "Sales rep"
    SALES_MANAGER = "sales_manager", "Sales manager"
    ADMIN = "admin", "Admin"
    NONE = "none", "No team yet"


class UserManager(BaseUserManager["User"]):
    """Users by their e-mail address, compared without case."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Add a person; without a password they must reset it before signing in."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Add an admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def admins(self) -> "models.QuerySet[User]":
        """Those who run the install."""
        return self.filter(Q(is_staff=True) | Q(is_superuser=True), is_active=True)

    def with_roles(self, people: "Iterable[User]") -> "list[User]":
        """These people, their memberships read in one: asking each for a role asks nothing more."""
        found = list(people)
        places: dict[int, list[Membership]] = {person.pk: [] for person in found}
        for place in Membership.objects.filter(user__in=found).select_related("team"):
            places[place.user_id].append(place)
        for person in found:
            person._memberships = places[person.pk]
        return found

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by e-mail as typed, in any case."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in, by e-mail address."""

    email = models.EmailField("e-mail", unique=True, max_length=254)
    name = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(
        max_length=64, default="America/New_York", validators=[validate_time_zone]
    )
    # Between these (by their own clock, over midnight too) no e-mail is sent; see accounts.quiet.
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    quiet_weekends = models.BooleanField(default=False)
    is_staff = models.BooleanField("admin", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: object, **kwargs: object) -> None:
        self.email = self.email.lower()
        # Django's own mark of a password that was set; a stronger hash of the same one has none.
        changed = self.pk is not None and getattr(self, "_password", None) is not None
        with transaction.atomic():
            super().save(*args, **kwargs)  # type: ignore[arg-type]
            if changed:
                self._end_links()

    def _end_links(self) -> None:
        """Whoever changes a password because somebody else knows it wants nobody to read on."""
        from accounts.models.feed import CalendarFeed  # whose person is made here

        CalendarFeed.objects.filter(user=self).delete()

    def get_full_name(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        words = (self.name or self.email).split()
        return "".join(word[0] for word in words[:2]).upper()

    @cached_property
    def _memberships(self) -> list["Membership"]:
        return list(self.memberships.select_related("team"))

    @property
    def is_admin(self) -> bool:
        return self.is_staff or self.is_superuser

    @property
    def role(self) -> Role:
        """The strongest role their memberships give; a manager's beats a member's."""
        if self.is_admin:
            return Role.ADMIN
        kinds = {(m.team.kind, m.is_manager) for m in self._memberships}
        for kind, manager, role in (
            (Team.Kind.SALES, True, Role.SALES_MANAGER),
            (Team.Kind.MARKETING, True, Role.MARKETING_MANAGER),
            (Team.Kind.SALES, False, Role.SALES_REP),
            (Team.Kind.MARKETING, False, Role.MARKETER),
        ):
            if (kind, manager) in kinds:
                return role
        return Role.NONE

    @property
    def is_manager(self) -> bool:
        return self.role in (Role.MARKETING_MANAGER, Role.SALES_MANAGER, Role.ADMIN)

    @property
    def is_marketing(self) -> bool:
        return self.role in (Role.MARKETER, Role.MARKETING_MANAGER, Role.ADMIN)

    @property
    def is_sales(self) -> bool:
        return self.role in (Role.SALES_REP, Role.SALES_MANAGER, Role.ADMIN)

    @property
    def marketing_teams(self) -> list[int]:
        """Ids of the marketing teams they belong to."""
        return [m.team_id for m in self._memberships if m.team.kind == Team.Kind.MARKETING]

    @property
    def sales_teams(self) -> list[int]:
        """Ids of the sales teams they belong to."""
        return [m.team_id for m in self._memberships if m.team.kind == Team.Kind.SALES]

    @cached_property
    def pools(self) -> list[int]:
        """Ids of the pools they take turns in. As numbers, for a condition that asks for a lead's
        pool by a second query can't be answered by indexes once it is one of several."""
        return list(self.pool_places.values_list("pool_id", flat=True))

    @property
    def home_team(self) -> "Team | None":
        """Whose a lead is that they capture for no campaign: marketing's before sales'."""
        places = sorted(self._memberships, key=lambda m: (m.team.kind != Team.Kind.MARKETING, m.pk))
        return places[0].team if places else None

    @property
    def managed_teams(self) -> list[int]:
        """Ids of the teams they manage."""
        return [m.team_id for m in self._memberships if m.is_manager]


@configured
class Team(models.Model):
    """A marketing or a sales team."""

    class Kind(models.TextChoices):
        MARKETING = "marketing", "Marketing"
        SALES = "sales", "Sales"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@configured
class Membership(models.Model):
    """One person's place in one team."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    is_manager = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "team"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def covering(self, at: datetime) -> "AbsenceQuerySet":
        """Absences under way at an instant; the end is exclusive."""
        return self.filter(starts_at__lte=at, ends_at__gt=at)

    def to_pass_on(self) -> "AbsenceQuerySet":
        """With a deputy who has not been given yet what their person has open."""
        return self.filter(passed_on_at=None, deputy__isnull=False)


@configured
class Absence(models.Model):
    """Leave: from the start (inclusive) to the end (exclusive) this person gets no leads."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    # Who gets what is open when it begins; without one it stays, and its clocks run.
    deputy = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="stands_in"
    )
    # When that was passed on (leads.standing_in).
    passed_on_at = models.DateTimeField(null=True, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="absence_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(deputy=None) | ~Q(deputy=F("user")), name="absence_deputy_is_another"
            ),
        ]
        indexes = [
            # What begins and is not passed on yet (leads.standing_in), looked for all the time.
            models.Index(
                fields=["starts_at"],
                name="absence_to_pass_on",
                condition=Q(passed_on_at=None, deputy__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} away {self.starts_at:%Y-%m-%d} to {self.ends_at:%Y-%m-%d}"
