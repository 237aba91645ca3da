"""Sequences of touches: their steps in versions, who is in one, and how far each has come."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q, prefetch_related_objects
from django.db.models.functions import Lower
from django.urls import reverse

from accounts.models import Team, User
from leads.models.lead import Lead
from leads.models.mail import SentMail
from leads.models.shared import SharedQuerySet
from leads.models.task import Task


class SequenceQuerySet(SharedQuerySet["Sequence"]):
    def in_use(self) -> Self:
        return self.filter(removed_at=None)


class Sequence(models.Model):
    """A plan of touches under a name, for oneself or a team. Its steps are in its versions."""

    name = models.CharField(max_length=60)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Whom it is shared with; nobody: it is one's own.
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT)
    changed_at = models.DateTimeField()
    # Taken away: nobody is put into it any more; who is in it goes on.
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = SequenceQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints = [
            models.UniqueConstraint(
                "by", Lower("name"), name="sequence_name_once", condition=Q(removed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("sequence", args=[self.pk])

    @property
    def newest(self) -> "SequenceVersion":
        """The version that whoever begins now begins with; prefetch `versions`."""
        return max(self.versions.all(), key=lambda version: version.number)


class SequenceVersion(models.Model):
    """The steps of a sequence as they were kept once; never changed, so that whoever began under
    it goes on as begun.

    A step: `kind` (call, email, task), `wait` (working seconds after the step before),
    `words` (what is to be done), and of an e-mail `subject`, `body` and `sends` (by itself).
    """

    sequence = models.ForeignKey(
        Sequence, on_delete=models.CASCADE, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField()
    steps = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence", "number"], name="sequence_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence}, version {self.number}"


# Raw, for Django takes longer to write it than PostgreSQL to answer it.
UNDER_WAY = """
SELECT * FROM leads_enrolment WHERE lead_id = ANY(%s) AND state = 'active' ORDER BY id FOR UPDATE
"""


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def locked_of(self, leads: Collection[int]) -> list["Enrolment"]:
        """Those under way of these leads, locked in the caller's transaction, with what a step
        needs. Asked at every touch, when mostly there are none."""
        found: list[Enrolment] = list(self.raw(UNDER_WAY, [sorted(leads)]))
        prefetch_related_objects(found, "version", "owner", "by")
        return found


class Enrolment(models.Model):
    """One lead's way through a sequence; at most one at a time is under way."""

    class State(models.TextChoices):
        ACTIVE = "active", "Under way"
        FINISHED = "finished", "Gone through"
        STOPPED = "stopped", "Stopped"

    class Why(models.TextChoices):
        """Why it was stopped."""

        REPLIED = "replied", "They replied"
        MEETING = "meeting", "A meeting was agreed"
        BOUNCED = "bounced", "An e-mail came back"
        QUALIFIED = "qualified", "It was qualified"
        DISQUALIFIED = "disqualified", "It was disqualified"
        RECYCLED = "recycled", "It was set aside"
        REASSIGNED = "reassigned", "Somebody else has it now"
        LEFT = "left", "It left sales"
        MERGED = "merged", "It became part of another lead"
        DELETED = "deleted", "It was deleted"
        GONE = "gone", "Whoever did it has left"
        NO_MAIL = "no_mail", "They can't be written to"
        BY_HAND = "by_hand", "Stopped by hand"

    # Its index for the lead's page is enrolment_of_lead.
    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="enrolments", db_index=False
    )
    version = models.ForeignKey(SequenceVersion, models.PROTECT, related_name="enrolments")
    # Who does it, in whose working hours.
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=12, choices=Why.choices, blank=True)
    # More about why, in words.
    said = models.CharField(max_length=300, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], name="one_sequence_a_lead", condition=Q(state="active")
            ),
            models.CheckConstraint(
                name="enrolment_active_or_ended",
                condition=Q(state="active", ended_at=None, why="")
                | Q(state="finished", ended_at__isnull=False, why="")
                | Q(state="stopped", ended_at__isnull=False) & ~Q(why=""),
            ),
        ]
        indexes = [models.Index(fields=["lead", "-started_at"], name="enrolment_of_lead")]

    def __str__(self) -> str:
        return f"{self.lead_id} in {self.version}"


class EnrolmentStepQuerySet(models.QuerySet["EnrolmentStep"]):
    def waiting(self) -> Self:
        """Planned, and neither done nor dropped."""
        return self.filter(done_at=None)

    def to_send(self, *, at: datetime) -> Self:
        """E-mails that go out by themselves and are due."""
        return self.waiting().filter(sends=True, due_at__lte=at).order_by("due_at", "id")


class EnrolmentStep(models.Model):
    """One step of one lead's way, planned once: as a task, or as an e-mail that sends itself."""

    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.CASCADE, related_name="steps", db_index=False
    )
    # The index of the step in the version.
    place = models.PositiveSmallIntegerField()
    planned_at = models.DateTimeField()
    due_at = models.DateTimeField()
    sends = models.BooleanField(default=False)
    task = models.OneToOneField(Task, null=True, on_delete=models.SET_NULL, related_name="step")
    mail = models.OneToOneField(SentMail, null=True, on_delete=models.SET_NULL, related_name="step")
    done_at = models.DateTimeField(null=True)
    # Put off then, since an automatic reply came.
    put_off_at = models.DateTimeField(null=True)

    objects = EnrolmentStepQuerySet.as_manager()

    class Meta:
        ordering = ["enrolment", "place"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "place"], name="sequence_step_once"),
        ]
        indexes = [
            # leads.sequences.running sends by this.
            models.Index(
                fields=["due_at"], name="step_to_send", condition=Q(done_at=None, sends=True)
            ),
        ]

    def __str__(self) -> str:
        return f"Step {self.place + 1} of {self.enrolment_id}"

    @property
    def said(self) -> dict[str, Any]:
        """What the version says of it."""
        said: dict[str, Any] = self.enrolment.version.steps[self.place]
        return said
