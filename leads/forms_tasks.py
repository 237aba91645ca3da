"""What somebody fills in to keep a task."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

MORNING = time(9)
SATURDAY = 5


def next_morning(at: datetime, zone: ZoneInfo) -> datetime:
    """Nine o'clock on the next weekday, by somebody's own clock."""
    day = at.astimezone(zone).date() + timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, MORNING, zone)


class TaskForm(forms.Form):
    """What, when, and whose it is when the lead passes to somebody else."""

    words = forms.CharField(
        label="What", max_length=200, initial="Call back",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        error_messages={"required": "Say what is to be done."},
    )  # fmt: skip
    due_at = forms.DateTimeField(
        label="When", input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "invalid": "Write it as 2027-01-31T09:30.",
            "required": "Say by when; write it as 2027-01-31T09:30.",
        },
    )  # fmt: skip
    with_the_lead = forms.BooleanField(
        label="It goes with the lead, whoever has it", required=False, initial=True
    )

    def __init__(
        self, data: Any = None, *, zone: ZoneInfo, at: datetime, may_pass_on: bool
    ) -> None:
        super().__init__(data, initial={"due_at": next_morning(at, zone).replace(tzinfo=None)})
        self.zone = zone
        if not may_pass_on:
            self.fields["with_the_lead"].disabled = True
            self.initial["with_the_lead"] = False

    def clean_due_at(self) -> datetime:
        """The time as typed, by the clock of whoever typed it."""
        typed: datetime = self.cleaned_data["due_at"]
        return typed.replace(tzinfo=self.zone)
