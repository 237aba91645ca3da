"""Lists somebody keeps: a filter, an order and columns under a name, for themselves or others."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from accounts.configuration import configured
from accounts.models import Team, User


@configured
class SavedView(models.Model):
    """A list of leads, or a queue, under a name. It says what is asked, never who may see what."""

    class Shared(models.TextChoices):
        OWN = "own", "Only me"
        TEAM = "team", "A team"
        EVERYBODY = "everybody", "Everybody"

    class Place(models.TextChoices):
        LEADS = "leads", "The list of leads"
        QUEUE = "queue", "The queue"

    name = models.CharField(max_length=60)
    # Which list it is of.
    place = models.CharField(max_length=10, choices=Place.choices, default=Place.LEADS)
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="views")
    shared = models.CharField(max_length=10, choices=Shared.choices, default=Shared.OWN)
    # Whom it is shared with.
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE)
    # What the address says, by name; and the columns in their order, none for everybody's own.
    query = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    made_at = models.DateTimeField()
    # Taken away; kept for a while, so that it can be put back.
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                "by", Lower("name"), name="view_name_once", condition=Q(removed_at=None)
            ),
            models.CheckConstraint(
                condition=Q(shared="team", team__isnull=False) | (~Q(shared="team") & Q(team=None)),
                name="view_shared_with_a_team",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        where = "queue" if self.place == self.Place.QUEUE else "lead-list"
        return f"{reverse(where)}?view={self.pk}"

    def remove(self, *, at: datetime) -> None:
        """Take it away from everybody's lists."""
        self.removed_at = at
        self.save(update_fields=["removed_at"])

    def put_back(self) -> None:
        self.removed_at = None
        self.save(update_fields=["removed_at"])


@configured
class ListSettings(models.Model):
    """How one person's lists begin: their columns, the views that list and queue open with, and
    by what the rows of the queue are grouped."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE)
    columns = models.JSONField(default=list)
    opens_with = models.ForeignKey(
        SavedView, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    queue_opens_with = models.ForeignKey(
        SavedView, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    queue_group = models.CharField(max_length=12, blank=True)

    def __str__(self) -> str:
        return f"Lists of {self.user}"

    @classmethod
    def change(cls, user: User, **changes: Any) -> None:
        """Write some of it."""
        cls.objects.update_or_create(user=user, defaults=changes)
