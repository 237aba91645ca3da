"""A calendar as people fill it in: hours by weekday, zone, holidays, days of its own."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import holidays
from django import forms
from django.urls import reverse
from django.utils.text import slugify

from accounts.forms import time_zones
from accounts.models import Team, User
from leads import countries
from sla.hours import opening_hours
from sla.hours.calendars import WEEKDAYS, special_days
from sla.models import Calendar, CalendarVersion

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
YEARS_BACK, YEARS_AHEAD = 3, 7
LONGEST_RUN = 366
BLANK_DAYS = 2
HINT = "22:00–06:00 runs past midnight; 00:00–24:00 is the whole day; empty is closed."


@cache
def countries_with_holidays() -> list[tuple[str, str]]:
    """Countries whose public holidays are known, as choices of a select."""
    known, names = holidays.list_supported_countries(include_aliases=False), countries.names()
    return [("", "None"), *((code, name) for code, name in names.items() if code in known)]


@cache
def regions(country: str) -> list[tuple[str, str]]:
    """The regions of a country with holidays of their own, as choices of a select."""
    if not country:
        return [("", "None")]
    found = holidays.country_holidays(country)
    names: dict[str, str] = {}
    for name, code in found.subdivisions_aliases.items():
        names.setdefault(code, name)
    listed = sorted(
        ((code, names.get(code, code)) for code in found.subdivisions), key=lambda c: c[1]
    )
    return [("", "The whole country"), *listed]


class HoursField(forms.CharField):
    """Opening hours of a day, typed: "09:00–12:30, 13:30–18:00"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=200, **kwargs)
        self.widget.attrs |= {"placeholder": "closed", "autocomplete": "off"}

    def to_python(self, value: object) -> Any:
        try:
            return opening_hours.read(super().to_python(value) or "")
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from None

    def run_validators(self, value: Any) -> None:
        """Nothing is left to check: reading the text bounded it."""

    def prepare_value(self, value: Any) -> Any:
        return opening_hours.words(value) if value and not isinstance(value, str) else value or ""


class CalendarForm(forms.Form):
    """Everything about a calendar but its own days, which are ExtraDayForm's."""

    name = forms.CharField(max_length=120, help_text="Such as “London office”.")
    tz = forms.ChoiceField(
        label="Time zone", choices=[],
        error_messages={
            "invalid_choice": "“%(value)s” is not a time zone of the list; choose one from it."
        },
    )  # fmt: skip
    country = forms.ChoiceField(
        label="Holidays of", required=False, choices=[],
        error_messages={"invalid_choice": "“%(value)s” is not in the list; choose from it."},
    )  # fmt: skip
    subdivision = forms.CharField(label="Region", required=False, max_length=40)
    teams = forms.ModelMultipleChoiceField(
        queryset=Team.objects.none(), required=False, label="Teams that work by it",
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, version: CalendarVersion, user: User, **kwargs: Any) -> None:
        initial = {"tz": version.tz, "country": version.country, "subdivision": version.subdivision,
                   **kwargs.pop("initial", {})}  # fmt: skip
        initial |= {f"day{n}": version.weekly.get(str(n), []) for n in range(7)}
        super().__init__(*args, initial=initial, **kwargs)  # type: ignore[misc]
        self.fields["tz"].choices = _zones(version.tz)  # type: ignore[attr-defined]
        self.fields["country"].choices = countries_with_holidays()  # type: ignore[attr-defined]
        self.fields["country"].widget.attrs |= {
            "hx-get": reverse("calendar-regions"), "hx-target": "#id_subdivision",
            "hx-swap": "outerHTML", "hx-trigger": "change", "hx-sync": "this:replace",
        }  # fmt: skip
        country = self["country"].value() or ""
        known = country if country in dict(countries_with_holidays()) else ""
        self.fields["subdivision"].widget = forms.Select(choices=regions(known))
        for number, name in enumerate(WEEKDAYS):
            self.fields[f"day{number}"] = HoursField(label=name)
        teams = Team.objects.order_by("kind", "name")
        if not user.is_admin:
            teams = teams.filter(pk__in=user.managed_teams)
        self.fields["teams"].queryset = teams  # type: ignore[attr-defined]

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[f"day{number}"] for number in range(7)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        country, region = data.get("country", ""), data.get("subdivision", "")
        if "country" in data and region not in dict(regions(country)):
            where = dict(countries_with_holidays())[country]
            self.add_error(
                "subdivision", f"“{region}” is no region of {where}; choose one from the list."
            )
        return data


class ExtraDayForm(forms.Form):
    """A day, or a run of days, with hours of its own; without hours it is closed."""

    first = forms.DateField(label="Day", required=False, widget=DAY)
    last = forms.DateField(label="To", required=False, widget=DAY)
    hours = HoursField(label="Hours")

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if not first and (last or data.get("hours")) and "first" not in self.errors:
            self.add_error("first", "Say which day these hours are for, or empty the row.")
        if first and not abs(first.year - self.at.year) <= YEARS_AHEAD:
            self.add_error(
                "first", f"{first} is more than {YEARS_AHEAD} years away; check the year."
            )
        elif first and last and last < first:
            self.add_error("last", f"{last} is before the first day, {first}; pick a later day.")
        elif first and last and (last - first).days >= LONGEST_RUN:
            self.add_error("last", f"{last} is more than a year later; check the year.")
        return data

    def days(self) -> list[date]:
        """The days this row speaks of; none for an empty row."""
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if not first:
            return []
        return [first + timedelta(days=n) for n in range(((last or first) - first).days + 1)]


class _ExtraDays(forms.BaseFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        """Refuse two rows that speak of the same day."""
        seen: set[date] = set()
        for form in self.forms:
            if not form.is_valid():
                continue
            for day in form.days():
                if day in seen:
                    form.add_error("first", f"{day} is in the list twice; keep one of the rows.")
                    break
            seen |= set(form.days())


ExtraDays = forms.formset_factory(ExtraDayForm, formset=_ExtraDays, extra=BLANK_DAYS, max_num=400)


class CalendarDraft:
    """Both forms together: what was typed, and the unsaved version it amounts to."""

    def __init__(
        self, data: Mapping[str, Any] | None, *, version: CalendarVersion, user: User,
        at: datetime, initial: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self.version, self.at = version, at
        self.form = CalendarForm(data, version=version, user=user, initial=initial)
        self.extra = ExtraDays(data, prefix="extra", initial=_rows(version), form_kwargs={"at": at})

    def is_valid(self) -> bool:
        """Both forms are, and the calendar is open on some day at all."""
        valid = self.form.is_valid() and self.extra.is_valid()
        if valid and not self._opens():
            self.form.add_error(
                None, "It is open on no day, so nothing would ever be due; give a day its hours."
            )
            return False
        # Both are asked, so that every error is shown at once.
        return self.extra.is_valid() and valid

    def _opens(self) -> bool:
        draft = self.drawn()
        return any(draft.weekly.values()) or any(draft.opened.values())

    def drawn(self) -> CalendarVersion:
        """The version that was typed, not saved."""
        data, calendar = self.form.cleaned_data, self.version.calendar_id
        days = {d: f.cleaned_data["hours"] for f in self.extra.forms for d in f.days()}
        return CalendarVersion(
            calendar_id=calendar,
            tz=data["tz"],
            weekly={str(n): data[f"day{n}"] for n in range(7) if data[f"day{n}"]},
            country=data["country"],
            subdivision=data["subdivision"],
            closed=sorted(day.isoformat() for day, windows in days.items() if not windows),
            opened={day.isoformat(): w for day, w in sorted(days.items()) if w},
            created_at=self.at,
        )

    def errors(self) -> list[str]:
        """Every error with the name of its field, for where the fields are not at hand."""
        said = [str(error) for error in self.form.non_field_errors()]
        for form in (self.form, *self.extra.forms):
            for name, errors in form.errors.items():
                if name != "__all__":
                    said += [f"{form[name].label}: {error}" for error in errors]
        return said


def _rows(version: CalendarVersion) -> list[dict[str, Any]]:
    """A version's own days as rows of the form, runs of the same hours in one."""
    special = special_days(version)
    rows = []
    for windows in {opening_hours.words(w): w for w in special.values()}.values():
        for first, last in opening_hours.runs(d for d, w in special.items() if w == windows):
            rows.append({"first": first, "last": None if last == first else last, "hours": windows})
    return sorted(rows, key=lambda row: row["first"])


def _zones(mine: str) -> list[Any]:
    choices: list[Any] = time_zones()
    if not any(mine == name for _, group in choices for name, _ in group):
        choices.insert(0, ("Now", [(mine, mine)]))
    return choices


def free_slug(name: str) -> str:
    """An address for a calendar of this name that none has yet."""
    wanted = slugify(name)[:40] or "calendar"
    taken = set(Calendar.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    taken |= {"new", "preview", "regions"}  # addresses of their own
    return next(s for s in (wanted, *(f"{wanted}-{n}" for n in range(2, 1000))) if s not in taken)
