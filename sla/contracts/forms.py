"""A promise of the draft as people fill it in, and the contract's own few fields."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.text import slugify

from leads.models import Kind, Tier
from personas.models import Persona
from sla.contracts import of_changes
from sla.contracts.steps import Steps, rows_of, steps_of
from sla.models import PUBLISHED, Contract, CountedIn, Side, Term
from sla.reading import DAY, STARTS, STOPS, WORKING_DAY, day_of
from sla.spans import read_instant, span_written, written

MOST_REASONS, MOST_SOURCES, MOST_ATTEMPTS = 12, 20, 20
LONGEST_WORD = 60
LISTS = ("stops_on", "tiers", "personas")
NOT_A_CHOICE = "“%(value)s” is not in the list; choose from it."
CHOOSE = {"invalid_choice": NOT_A_CHOICE}


def _words(kinds: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(str(kind), words[0].upper() + words[1:]) for kind, words in kinds.items()]


class TermForm(forms.Form):
    """Everything one promise says but its steps, which are a formset beside it."""

    name = forms.CharField(
        max_length=120, help_text="Such as “First touch of a hot lead”.",
        error_messages={"required": "Give the promise a name."},
    )  # fmt: skip
    side = forms.ChoiceField(
        label="Owed by", choices=Side.choices, widget=forms.RadioSelect, error_messages=CHOOSE
    )
    measure = forms.CharField(
        label="Kind of promise", required=False, max_length=50,
        help_text="Promises of one kind are tried from the top, and the first that fits the lead "
        "counts. Empty: a kind of its own.",
        widget=forms.TextInput(attrs={"list": "measures", "autocomplete": "off"}),
    )  # fmt: skip
    target = forms.CharField(
        label="Within", max_length=LONGEST_WORD,
        help_text="15 min, 4 h, 1 h 30 min, 5 days. A working day has 8 hours, one around the "
        "clock 24.",
        error_messages={"required": "Say within which time, such as 4 h or 2 days."},
    )  # fmt: skip
    calendar_of = forms.ChoiceField(
        label="Counted in", choices=CountedIn.choices, widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )  # fmt: skip
    starts_on = forms.ChoiceField(
        label="Starts when", choices=_words(STARTS), error_messages=CHOOSE
    )
    stops_on = forms.MultipleChoiceField(
        label="Kept by", choices=_words(STOPS), widget=forms.CheckboxSelectMultiple,
        error_messages={**CHOOSE, "required": "Choose what keeps the promise."},
    )  # fmt: skip
    stops_after = forms.IntegerField(
        label="How many of them", min_value=1, max_value=MOST_ATTEMPTS,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value", "required"),
            f"Give a whole number from 1 to {MOST_ATTEMPTS}.",
        ),
    )  # fmt: skip
    spacing = forms.CharField(
        label="At least so far apart", required=False, max_length=LONGEST_WORD,
        help_text="By the wall clock, such as 4 h or 1 day. One that follows sooner does not "
        "count.",
    )  # fmt: skip
    per_owner = forms.BooleanField(label="Starts afresh with the next owner", required=False)
    tiers = forms.MultipleChoiceField(
        label="Tier", choices=Tier.choices, required=False, widget=forms.CheckboxSelectMultiple,
        error_messages=CHOOSE,
    )  # fmt: skip
    personas = forms.MultipleChoiceField(
        label="Persona", required=False, widget=forms.CheckboxSelectMultiple, error_messages=CHOOSE
    )
    sources = forms.CharField(
        label="Source", required=False, max_length=600,
        help_text="Such as website, fair; with commas between. Empty: any.",
    )  # fmt: skip
    pauses = forms.CharField(
        label="May be paused when", required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A reason a line, such as “The prospect asked for later”. Empty: never.",
    )  # fmt: skip

    def __init__(self, data: Mapping[str, Any] | None, *, term: Term) -> None:
        self.term = term
        super().__init__(data, initial=_initial(term))
        found = dict(Persona.objects.in_use().values_list("slug", "name"))
        known = found | {slug: slug for slug in term.personas if slug not in found}
        self.fields["personas"].choices = list(known.items())  # type: ignore[attr-defined]

    def clean_measure(self) -> str:
        """As it is kept: letters, digits, lines between."""
        typed = self.cleaned_data["measure"]
        kept = slugify(typed).replace("-", "_")
        if typed.strip() and not kept:
            raise forms.ValidationError(
                f"“{typed[:30]}” has no letters in it; write a word such as first_touch."
            )
        return kept

    def clean_sources(self) -> list[str]:
        """The sources, each once."""
        found = [part.strip() for part in self.cleaned_data["sources"].split(",")]
        found = list(dict.fromkeys(filter(None, found)))
        long = next((source for source in found if len(source) > LONGEST_WORD), None)
        if long is not None:
            raise forms.ValidationError(
                f"“{long[:30]}…” is too long for a source; {LONGEST_WORD} letters are the most."
            )
        if len(found) > MOST_SOURCES:
            raise forms.ValidationError(f"{len(found)} sources; {MOST_SOURCES} are the most.")
        return found

    def clean_pauses(self) -> list[dict[str, str]]:
        """The reasons, each once; one that was there before keeps its key."""
        lines = [line.strip() for line in self.cleaned_data["pauses"].splitlines()]
        lines = list(dict.fromkeys(filter(None, lines)))
        if len(lines) > MOST_REASONS:
            raise forms.ValidationError(f"{len(lines)} reasons; {MOST_REASONS} are the most.")
        known = {reason["label"]: reason["key"] for reason in self.term.pause_reasons}
        found: dict[str, str] = {}
        for line in lines:
            if len(line) > 120:
                raise forms.ValidationError(f"“{line[:40]}…” is too long; use at most 120 letters.")
            key = known.get(line) or slugify(line).replace("-", "_")[:40]
            if not key or key in found:
                raise forms.ValidationError(f"“{line[:40]}” can't be told from another reason.")
            found[key] = line
        return [{"key": key, "label": label} for key, label in found.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        wall = data.get("calendar_of") == CountedIn.WALL
        self._span("target", "target_seconds", day=DAY if wall else WORKING_DAY)
        self._span("spacing", "spacing_seconds", day=DAY)
        if data.get("spacing") and data.get("stops_after") == 1:
            self.add_error("spacing", "Of one alone nothing is apart; ask for more, or empty this.")
        if data.get("per_owner") and data.get("starts_on") != Kind.HANDED_OVER:
            self.add_error("per_owner", "Only what starts with the handoff can start afresh.")
        for name, words in of_changes.wrong(data):
            if name not in self.errors:
                self.add_error(name, words)
        if data.get("starts_on") in data.get("stops_on", []):
            self.add_error("stops_on", "What starts it can't keep it; choose something later.")
        return data

    def _span(self, name: str, seconds: str, *, day: int) -> None:
        text = self.cleaned_data.get(name, "")
        try:
            self.cleaned_data[seconds] = span_written(text, day=day) if text else 0
        except ValueError as problem:
            self.add_error(name, str(problem))

    def values(self) -> dict[str, Any]:
        """What a valid form says, by the fields of a term."""
        data = self.cleaned_data
        same = ("name", "side", "measure", "calendar_of", "starts_on", "stops_on", "stops_after",
                "per_owner", "tiers", "personas", "sources", "target_seconds",
                "spacing_seconds")  # fmt: skip
        listed = {name: _in_order(data[name], getattr(self.term, name)) for name in LISTS}
        return {name: data[name] for name in same} | listed | {"pause_reasons": data["pauses"]}


def _in_order(chosen: list[str], before: list[str]) -> list[str]:
    """What was there in the order it had, then what is new: boxes know no order."""
    return [*(each for each in before if each in chosen), *(c for c in chosen if c not in before)]


def _initial(term: Term) -> dict[str, Any]:
    same = ("name", "side", "calendar_of", "starts_on", "stops_on", "stops_after", "per_owner",
            "tiers", "personas")  # fmt: skip
    return {name: getattr(term, name) for name in same} | {
        "measure": term.measure.replace("_", " "),
        "target": written(term.target_seconds, day=day_of(term)) if term.target_seconds else "",
        "spacing": written(term.spacing_seconds, day=DAY),
        "sources": ", ".join(term.sources),
        "pauses": "\n".join(reason["label"] for reason in term.pause_reasons),
    }


class TermDraft:
    """Both forms together: the promise and its steps."""

    def __init__(self, data: Mapping[str, Any] | None, *, term: Term) -> None:
        self.term = term
        self.form = TermForm(data, term=term)
        wall = (data or {}).get("calendar_of") == CountedIn.WALL
        kwargs = {"day": DAY if wall else WORKING_DAY}
        # What is sent stands for itself: a row that says what was there is no row left blank.
        rows = rows_of(term) if data is None else None
        self.steps = Steps(data, prefix="steps", initial=rows, form_kwargs=kwargs)

    def is_valid(self) -> bool:
        """Both are asked, so that every error is shown at once."""
        valid = self.form.is_valid()
        return self.steps.is_valid() and valid and self._steps_fit()

    def _steps_fit(self) -> bool:
        if self.form.cleaned_data["starts_on"] != PUBLISHED:
            return True
        words = of_changes.wrong_steps(steps_of(self.steps, self.term.steps))
        if words:
            self.form.add_error("starts_on", words)
        return not words

    def values(self) -> dict[str, Any]:
        """What valid forms say, by the fields of a term."""
        return self.form.values() | {"steps": steps_of(self.steps, self.term.steps)}

    def drawn(self) -> Term:
        """The promise as it was typed, not saved."""
        return Term(key=self.term.key, **self.values())


class SettingsForm(forms.Form):
    """What the contract is called, how often a lead is passed on, from when it is meant."""

    name = forms.CharField(max_length=160)
    hop_limit = forms.IntegerField(
        label="Passed on at most", min_value=0, max_value=20,
        help_text="Times; then the manager decides.",
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value", "required"), "Give a whole number from 0 to 20."
        ),
    )  # fmt: skip
    starts = forms.CharField(
        label="In force from", required=False, max_length=40,
        widget=forms.TextInput(attrs={"type": "datetime-local"}),
    )  # fmt: skip

    def __init__(
        self, data: Mapping[str, Any] | None, *, contract: Contract, zone: ZoneInfo, at: datetime
    ) -> None:
        starts = contract.in_force_from
        super().__init__(data, initial={
            "name": contract.name, "hop_limit": contract.hop_limit,
            "starts": f"{starts.astimezone(zone):%Y-%m-%dT%H:%M}" if starts else "",
        })  # fmt: skip
        self.zone, self.at = zone, at
        self.fields[
            "starts"
        ].help_text = f"Empty: as soon as both have signed. The time is yours, {zone.key}."

    def clean_starts(self) -> datetime | None:
        """An instant to come, or None."""
        text = self.cleaned_data["starts"].strip()
        if not text:
            return None
        try:
            starts = read_instant(text, self.zone)
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from None
        if starts <= self.at:
            raise forms.ValidationError(
                f"{starts:%Y-%m-%d %H:%M} is over; choose a later time, or leave it empty."
            )
        return starts

    def values(self) -> dict[str, Any]:
        """What a valid form says, by the fields of a contract."""
        data = self.cleaned_data
        return {"name": data["name"], "hop_limit": data["hop_limit"],
                "in_force_from": data["starts"]}  # fmt: skip
