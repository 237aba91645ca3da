"""Files on a lead: what is known of them. Their bytes lie on the disk (leads.files.disk)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from leads.models.activity import Activity
from leads.models.lead import Lead


class LeadFileQuerySet(models.QuerySet["LeadFile"]):
    def visible_to(self, user: User) -> Self:
        """Those of leads that this person may see, without what was removed."""
        return self.filter(lead__in=Lead.objects.visible_to(user)).kept()

    def kept(self) -> Self:
        """Not removed."""
        return self.filter(removed_at=None)


class LeadFile(models.Model):
    """One file. `key` is its name on the disk, made by us; `name` is what people read."""

    class State(models.TextChoices):
        WAITING = "waiting", "Not scanned"
        CLEAN = "clean", "Scanned, clean"
        INFECTED = "infected", "A virus was found"

    key = models.CharField(max_length=32, unique=True)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    # Nobody: it came with a mail, whose activity is named.
    by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    activity = models.ForeignKey(
        Activity, null=True, on_delete=models.SET_NULL, related_name="files"
    )
    at = models.DateTimeField()
    # Erased for good a while after; until then it can be put back.
    removed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    scan_attempts = models.PositiveIntegerField(default=0)
    next_scan_at = models.DateTimeField()
    # The virus by name, or why the scanner failed.
    scan_said = models.CharField(max_length=300, blank=True)

    objects = LeadFileQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            # leads.files.scanning claims by this.
            models.Index(
                fields=["next_scan_at"], name="file_to_scan", condition=Q(state="waiting")
            ),
            # leads.files.tidying erases by this.
            models.Index(
                fields=["removed_at"], name="file_removed", condition=Q(removed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ready(self) -> bool:
        """Whether it may be given out: where there is a scanner, not before it said so."""
        return self.state == self.State.CLEAN or (
            self.state == self.State.WAITING and settings.VIRUS_SCANNER is None
        )
