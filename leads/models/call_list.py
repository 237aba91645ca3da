"""Call lists: leads to be called one after the other, by one person or a team."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from accounts.models import Team, User
from leads.models.activity import Outcome
from leads.models.lead import Lead
from leads.models.shared import SharedQuerySet


class CallListQuerySet(SharedQuerySet["CallList"]):
    def in_use(self) -> Self:
        return self.filter(removed_at=None)


class CallList(models.Model):
    """Leads to call under a name, and why; for oneself or a team."""

    name = models.CharField(max_length=60)
    # What is said of it while one calls.
    about = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Whom it is shared with; nobody: it is one's own.
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT)
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = CallListQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                "by", Lower("name"), name="call_list_name_once", condition=Q(removed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("call-list", args=[self.pk])


class CallEntryQuerySet(models.QuerySet["CallEntry"]):
    def waiting(self) -> Self:
        """Still to be called."""
        return self.filter(state=CallEntry.State.WAITING, lead__deleted_at=None)

    def free(self, user: User, *, at: datetime) -> Self:
        """To be called now, and in nobody else's hands."""
        ours = Q(claimed_by=user) | Q(claimed_until=None) | Q(claimed_until__lte=at)
        return self.waiting().filter(ours, Q(not_before=None) | Q(not_before__lte=at))


class CallEntry(models.Model):
    """One lead on a list. While somebody calls it is claimed, for a while, so that nobody else
    gets the same (leads.calling)."""

    class State(models.TextChoices):
        WAITING = "waiting", "To call"
        DONE = "done", "Called"
        OUT = "out", "Left out"

    of = models.ForeignKey(
        CallList, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="call_entries")
    place = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    # Not before this; somebody asked for later, or nobody answered.
    not_before = models.DateTimeField(null=True)
    claimed_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    claimed_until = models.DateTimeField(null=True)
    # How the call went, or why it is left out.
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    why = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = CallEntryQuerySet.as_manager()

    class Meta:
        ordering = ["place", "id"]
        constraints = [
            models.UniqueConstraint(fields=["of", "lead"], name="call_entry_once"),
        ]
        indexes = [
            models.Index(
                fields=["of", "place"], name="call_entry_to_call", condition=Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} on {self.of_id}"
