"""Meetings with a lead: planned and invited to, moved, cancelled, held."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from leads.models.handoff import Handoff
from leads.models.lead import Lead


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, user: User) -> Self:
        """Those with leads that this person may see, and those somebody booked with them."""
        booked = Q(by=user, guest_secret__isnull=False, lead__in=Lead.objects.all())
        return self.filter(booked | Q(lead__in=Lead.objects.visible_to(user)))

    def planned(self) -> Self:
        """Ahead, or waiting for a word on how it went."""
        return self.filter(state=Meeting.State.PLANNED)


class Meeting(models.Model):
    """One meeting. The lead's calendar knows it by `uid`; `sequence` counts what it was told."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        CANCELLED = "cancelled", "Cancelled"
        HELD = "held", "Held"
        NO_SHOW = "no_show", "They did not come"

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        TENTATIVE = "tentative", "Perhaps"
        DECLINED = "declined", "Declined"

    uid = models.CharField(max_length=120, unique=True)
    # Of the form it was planned in: a second click finds the first meeting.
    once = models.UUIDField(unique=True)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="meetings")
    handoff = models.ForeignKey(
        Handoff, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="meetings")
    title = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=500, blank=True)
    words = models.TextField(blank=True)
    sequence = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    # Of one that they booked themselves: what its link has, and whose clock they read it by.
    guest_secret = models.CharField(max_length=43, null=True, unique=True)
    guest_zone = models.CharField(max_length=64, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gt=0), name="meeting_takes_time"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)
