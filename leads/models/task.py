"""What somebody means to do about a lead, and by when."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q

from accounts.models import User
from accounts.refusals import Refused
from leads.models.lead import Lead

# Beyond it lie years that no calendar can show, and some that can't be read again.
FARTHEST = timedelta(days=3650)


class TaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, user: User) -> Self:
        """Those about leads that this person may see."""
        return self.filter(lead__in=Lead.objects.visible_to(user))

    def open(self) -> Self:
        return self.filter(done_at=None)

    def of(self, user: User) -> Self:
        """What this person has to do: their own, and what goes with the leads they have."""
        return self.visible_to(user).filter(Q(owner=user) | Q(owner=None, lead__owner=user))

    def plan(
        self, lead: Lead, words: str, due_at: datetime, *, by: User, at: datetime,
        with_the_lead: bool,
    ) -> "Task":  # fmt: skip
        """Keep something to do; `with_the_lead` passes it on to whoever has the lead.

        Raises Refused for an instant that is over, or more than ten years ahead.
        """
        wrong = "That is over; choose a later time." if due_at <= at else ""
        if due_at > at + FARTHEST:
            wrong = "That is more than ten years ahead; choose an earlier day."
        if wrong:
            raise Refused(wrong, fields={"due_at": wrong})
        return self.create(
            lead=lead, words=words, due_at=due_at, by=by, made_at=at,
            owner=None if with_the_lead else by,
        )  # fmt: skip


class Task(models.Model):
    """One thing to do. Without an owner it is whoever's the lead is, however often that changes."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="tasks")
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="tasks")
    words = models.CharField(max_length=200)
    due_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            # leads.agenda asks for what is open, by the instant it is due.
            models.Index(fields=["due_at"], name="task_open", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return self.words

    def finish(self, *, by: User, at: datetime) -> None:
        """It is done; doing it twice keeps the first instant."""
        from leads.sequences.running import task_done

        with self._lead_locked():
            if Task.objects.open().filter(pk=self.pk).update(done_at=at, done_by=by):
                task_done(self, at=at)

    def reopen(self) -> None:
        """It is not done after all."""
        from leads.sequences.running import task_reopened

        with self._lead_locked():
            if Task.objects.filter(pk=self.pk).update(done_at=None, done_by=None):
                task_reopened(self)

    @contextmanager
    def _lead_locked(self) -> Iterator[None]:
        """Before the task, as whoever stops a sequence locks them."""
        with transaction.atomic():
            locked = Lead.objects.select_for_update(no_key=True, of=("self",))
            locked.filter(pk=self.lead_id).values_list("pk").first()
            yield
