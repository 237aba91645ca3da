"""What a person changes about themselves: name, time zone, leave, keys."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.db.models import QuerySet

from accounts.models import Absence, ApiKey, Team, User

# Names people know come first in the list of zones; "Etc/…" and the single words are for machines.
REGIONS = ("America", "Europe", "Asia", "Australia", "Africa", "Pacific", "Atlantic", "Indian")


def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Time zones grouped by region, as choices of a select."""
    groups: dict[str, list[tuple[str, str]]] = {region: [] for region in REGIONS}
    for name in sorted(available_timezones()):
        region, _, place = name.partition("/")
        if place and region in groups:
            groups[region].append((name, place.replace("_", " ").replace("/", ", ")))
    return [("World", [("UTC", "UTC")]), *groups.items()]


class ProfileForm(forms.ModelForm):
    """Name and time zone."""

    class Meta:
        model = User
        fields = ["name", "time_zone"]
        labels = {"name": "Your name"}
        help_texts = {"time_zone": "Every time you see is told in this zone."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = time_zones()
        mine = self.instance.time_zone
        if not any(mine == name for _, group in choices for name, _ in group):
            choices.insert(0, ("Now", [(mine, mine)]))
        self.fields["time_zone"] = forms.ChoiceField(
            choices=choices, help_text=self.Meta.help_texts["time_zone"]
        )
        self.fields["name"].required = True
        self.fields["name"].widget.attrs["autocomplete"] = "name"


class QuietHoursForm(forms.ModelForm):
    """When no e-mail is to come, by the person's own clock."""

    class Meta:
        model = User
        fields = ["quiet_from", "quiet_to", "quiet_weekends"]
        labels = {
            "quiet_from": "Quiet from",
            "quiet_to": "Until",
            "quiet_weekends": "All of Saturday and Sunday too",
        }
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_to": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("quiet_from"), data.get("quiet_to")
        if "quiet_from" in data and "quiet_to" in data and (start is None) != (end is None):
            missing = "quiet_from" if start is None else "quiet_to"
            self.add_error(missing, "Give both times, or neither for no quiet hours.")
        elif start is not None and start == end:
            self.add_error("quiet_to", f"{end:%H:%M} is when it begins; give another end.")
        return data


class AbsenceForm(forms.Form):
    """Leave in whole days of the person's own zone, both days included."""

    first = forms.DateField(
        label="First day away", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label="Last day away", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    deputy = forms.ModelChoiceField(
        User.objects.none(), label="Deputy", required=False, empty_label="Nobody: leads stay",
        help_text="Gets the open leads when the leave begins.",
        error_messages={"invalid_choice": "Choose somebody of your own sales team, or nobody."},
    )  # fmt: skip
    note = forms.CharField(required=False, max_length=200)

    def __init__(self, *args: Any, user: User, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.at = user, at
        if not user.sales_teams:  # nobody hands leads to them
            del self.fields["deputy"]
            return
        who: forms.ModelChoiceField = self.fields["deputy"]  # type: ignore[assignment]
        who.queryset = deputies(user)
        last = user.absences.exclude(deputy=None).order_by("-starts_at").first()
        who.initial = last and last.deputy_id

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        today = self.at.astimezone(ZoneInfo(self.user.time_zone)).date()
        if first and last and last < first:
            self.add_error("last", f"{last} is before the first day, {first}; pick a later day.")
        elif last and last < today:
            self.add_error("last", f"{last} is over; leave can be entered up to its last day.")
        elif last and (last - today).days > 730:
            self.add_error("last", f"{last} is more than two years ahead; check the year.")
        return data

    def save(self) -> Absence:
        """Record the leave, from midnight to midnight of the person's zone."""
        zone, data = ZoneInfo(self.user.time_zone), self.cleaned_data
        midnight = datetime.min.time()
        ends = datetime.combine(data["last"], midnight, zone)
        return Absence.objects.create(
            user=self.user,
            starts_at=datetime.combine(data["first"], midnight, zone).astimezone(UTC),
            ends_at=_next_midnight(ends).astimezone(UTC),
            note=data["note"],
            deputy=data.get("deputy"),
        )


def deputies(user: User) -> QuerySet[User]:
    """Who may stand in for somebody: the others of their sales teams."""
    teams = Team.objects.filter(pk__in=user.sales_teams)
    others = User.objects.filter(is_active=True, teams__in=teams).exclude(pk=user.pk)
    return others.distinct().order_by("name", "email")


def _next_midnight(midnight: datetime) -> datetime:
    """The next local midnight: calendar arithmetic, so a day of 23 or 25 hours is one day."""
    return datetime.combine(
        midnight.date().fromordinal(midnight.date().toordinal() + 1),
        datetime.min.time(),
        midnight.tzinfo,
    )


class ApiKeyForm(forms.Form):
    """A new key: what it is for, and what it may do."""

    label = forms.CharField(
        label="What is it for?",
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": "Website form"}),
    )
    scope = forms.ChoiceField(label="It may", choices=ApiKey.Scope.choices)
