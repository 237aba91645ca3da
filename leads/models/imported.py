"""Imports: one file of leads each, where it has got to, and what each part of it did."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Role, Team, User
from leads.models.campaign import Campaign


class Duplicates(models.TextChoices):
    """What a row does to a lead we have already."""

    FILL = "fill", "Fill in what we do not know yet"
    SKIP = "skip", "Leave the lead as it is"
    OVERWRITE = "overwrite", "Overwrite what differs"


class Left(models.TextChoices):
    """Why a lead we have was left as it was."""

    UNCHANGED = "unchanged", "Nothing new"
    SKIPPED = "skipped", "Known already"


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: User) -> Self:
        """A rep's own, a marketer's team's, a manager's side's, an admin's all."""
        role = user.role
        if role == Role.ADMIN:
            return self
        if role == Role.MARKETING_MANAGER:
            return self.filter(Q(by=user) | Q(team__kind=Team.Kind.MARKETING))
        if role == Role.SALES_MANAGER:
            return self.filter(Q(by=user) | Q(team_id__in=user.sales_teams))
        if role == Role.MARKETER:
            return self.filter(Q(by=user) | Q(team_id__in=user.marketing_teams))
        if role == Role.SALES_REP:
            return self.filter(by=user)
        return self.none()

    def unattended(self, at: datetime) -> Self:
        """Under way, and no worker has said lately that it is at it."""
        return self.filter(state__in=Import.UNDER_WAY).filter(
            Q(claimed_until=None) | Q(claimed_until__lte=at)
        )


class Import(models.Model):
    """One file on its way in. A worker holds it by `claim` until `claimed_until`."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Not started"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel workbook"

    UNDER_WAY = (State.RUNNING, State.UNDOING)
    ENDED = (State.FINISHED, State.CANCELLED, State.FAILED)

    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Whose leads they are when no campaign says so; nobody's for an admin without a team.
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    # The file: its bytes are in ImportChunk until they are erased.
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    format = models.CharField(max_length=8, choices=Format.choices, default=Format.CSV)
    encoding = models.CharField(max_length=20, blank=True)
    # Whether no byte of the file is lost by reading it in this encoding.
    encoding_is_sure = models.BooleanField(default=False)
    delimiter = models.CharField(max_length=1, blank=True)
    headers = models.JSONField()
    # Of the headers: who sends such a file again finds their choices again.
    fingerprint = models.CharField(max_length=64)
    erased_at = models.DateTimeField(null=True)

    # What was chosen. One target a column: "", "extra" or a field (leads.imports.mapping).
    targets = models.JSONField(default=list)
    # By the number of the column: what a word in it stands for.
    words = models.JSONField(default=dict)
    dates = models.CharField(max_length=8, blank=True)
    # Which sign stands before decimals (leads.imports.numbers.Style).
    numbers = models.CharField(max_length=8, default="point")
    campaign = models.ForeignKey(
        Campaign, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    duplicates = models.CharField(
        max_length=10, choices=Duplicates.choices, default=Duplicates.FILL
    )
    # False: new MQLs wait for a marketer, whatever their campaign says.
    hand_over = models.BooleanField(default=True)

    # Where it has got to. `position` counts the records dealt with, in the transaction that did so.
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(null=True)
    position = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    merged = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    mqls = models.PositiveIntegerField(default=0)
    handed_over = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    # What an undo did: leads removed, merges reverted, leads left as they are.
    undone_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    undone_at = models.DateTimeField(null=True)
    removed = models.PositiveIntegerField(default=0)
    reverted = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["by", "fingerprint", "-created_at"], name="import_remembered"),
            # What leads.imports.running looks for every few seconds.
            models.Index(
                fields=["claimed_until"],
                name="import_under_way",
                condition=Q(state__in=["running", "undoing"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(position=F("created") + F("merged") + F("unchanged") + F("refused")),
                name="import_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("import", args=[self.pk])

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    @property
    def can_undo(self) -> bool:
        return (
            self.state in self.ENDED and self.erased_at is None and self.created + self.merged > 0
        )

    def seconds_left(self, at: datetime) -> float | None:
        """How long it will go on at the pace so far; None while nobody can say."""
        if not (self.total and self.position and self.started_at):
            return None
        pace = (at - self.started_at).total_seconds() / self.position
        return pace * max(0, self.total - self.position)

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; None while the rows are being counted."""
        if not self.total:
            return None
        return min(1.0, self.position / self.total)


class ImportChunk(models.Model):
    """A piece of an imported file, in PostgreSQL so that any machine's worker can read it."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="import_chunk_once")]

    def __str__(self) -> str:
        return f"Chunk {self.number} of import {self.of_id}"


class ImportBatch(models.Model):
    """What some records did, written in the transaction that did it: for resuming and undoing.

    `created` holds ids of leads, `merged` {"lead", "before", "after"} of leads we had,
    `refused` [record, line, reason], `kept` [lead, why an undo left it].
    """

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="batches", db_index=False)
    # The first record (counted from 0), and how many there are.
    first = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    # The instant of everything that was recorded with it.
    at = models.DateTimeField()
    created = models.JSONField(default=list)
    merged = models.JSONField(default=list)
    refused = models.JSONField(default=list)
    kept = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["first"]
        constraints = [models.UniqueConstraint(fields=["of", "first"], name="import_batch_once")]

    def __str__(self) -> str:
        return f"Records from {self.first} of import {self.of_id}"
