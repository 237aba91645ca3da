"""The scoring rules as a form: rules in rows, each with its points, and what bounds them."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from django import forms

from leads import custom_fields, normalise
from leads.custom_fields import FieldRules
from leads.custom_fields.rules import EXTRA, FITTING, compared
from leads.models import TOUCHPOINTS, CustomField, Kind
from leads.scoring import LIMIT

FACTS = {
    "job_title": "Job title", "company": "Company", "company_domain": "Company’s domain",
    "country": "Country", "phone": "Phone", "source": "Source", "email": "E-mail",
    "first_name": "First name", "last_name": "Last name",
}  # fmt: skip
OPERATORS = {
    "contains": "contains one of", "in": "is one of", "starts_with": "starts with one of",
    "present": "is known", "at_least": "is at least", "at_most": "is at most",
}  # fmt: skip
MOST_RULES = 60
MOST_WORDS = 60


def points_field(**more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        min_value=-LIMIT, max_value=LIMIT,
        error_messages={"required": "Say how many points."}, **more,
    )  # fmt: skip


class FitForm(forms.Form):
    """One fact that earns or costs points."""

    field = forms.ChoiceField(label="Fact", choices=[])
    op = forms.ChoiceField(label="Test", choices=list(OPERATORS.items()))
    value = forms.CharField(
        label="Values, with commas", required=False, max_length=2000,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    points = points_field(label="Points")
    label = forms.CharField(
        label="What it is called where the score is explained", max_length=60,
        error_messages={"required": "Say what people read beside the points."},
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        extra: tuple[str, ...] = (),
        own: Mapping[str, FieldRules] | None = None,
        **kwargs: Any,
    ) -> None:
        """`own` are the fields of one's own in use, `extra` what rules go by beside them."""
        super().__init__(*args, **kwargs)
        self.own = own or {}
        mine = [(name, rules.label) for name, rules in self.own.items()]
        mine += [(name, name.removeprefix(EXTRA)) for name in extra if name not in self.own]
        self.fields["field"].choices = [*FACTS.items(), *mine]  # type: ignore[attr-defined]

    def has_changed(self) -> bool:
        """A row that was added and left empty is none."""
        return bool({"value", "points", "label"} & set(self.changed_data))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        op, typed = data.get("op"), data.get("value", "")
        words = [word for part in typed.split(",") if (word := part.strip())]
        rules = self.own.get(data.get("field", ""))
        if rules is not None and op and op not in FITTING[rules.kind]:
            fitting = ", ".join(f"“{OPERATORS[each]}”" for each in FITTING[rules.kind])
            self.add_error("op", f"{rules.label} asks for one of {fitting}.")
        elif op == "present":
            return data
        elif not words:
            self.add_error("value", "Say what it is compared with.")
        elif len(words) > MOST_WORDS:
            self.add_error("value", f"These are {len(words)} values; at most {MOST_WORDS} fit.")
        elif rules is not None and op:
            try:
                data["words"] = compared(rules, op, typed, words)
            except ValueError as error:
                self.add_error("value", normalise.sentence(error))
        elif op in ("at_least", "at_most"):
            try:
                data["words"] = float(typed)
                if not isfinite(data["words"]):
                    raise ValueError
            except ValueError:
                self.add_error("value", f"“{typed[:40]}” is not a number; write one, such as 50.")
        else:
            data["words"] = words
        return data

    def rule(self) -> dict[str, Any]:
        """The rule as leads.scoring reads it."""
        data = self.cleaned_data
        rule = {name: data[name] for name in ("field", "op", "points", "label")}
        return rule if data["op"] == "present" else {**rule, "value": data["words"]}


class EngagementForm(forms.Form):
    """One sign of interest, its points, and how it fades."""

    kind = forms.ChoiceField(
        label="Sign", choices=[(kind.value, kind.label) for kind in Kind if kind in TOUCHPOINTS]
    )
    contains = forms.CharField(label="Whose page or title has", required=False, max_length=100)
    points = points_field(label="Points each")
    most = forms.IntegerField(
        label="At most", min_value=1, max_value=LIMIT,
        error_messages={"required": "Say how many points at most."},
    )  # fmt: skip
    half_life_days = forms.IntegerField(
        label="Half of it fades in days", min_value=1, max_value=3650,
        error_messages={"required": "Say in how many days half of it fades."},
    )  # fmt: skip
    label = FitForm.base_fields["label"]

    def has_changed(self) -> bool:
        """A row that was added and left empty is none."""
        return bool({"points", "most", "half_life_days", "label"} & set(self.changed_data))

    def rule(self) -> dict[str, Any]:
        """The rule as leads.scoring reads it."""
        data = self.cleaned_data
        names = ("kind", "points", "most", "half_life_days", "label")
        contains = {"contains": data["contains"]} if data["contains"] else {}
        return {**{name: data[name] for name in names}, **contains}


class BoundsForm(forms.Form):
    """What belongs to the score as a whole."""

    persona = points_field(label="Points for fitting a persona", initial=0)
    quiet_after = forms.IntegerField(
        label="Quiet after days", min_value=1, max_value=3650, required=False
    )
    quiet_points = forms.IntegerField(
        label="Costs points", min_value=-LIMIT, max_value=0, required=False,
        error_messages={"max_value": "Being quiet costs points: write a negative number."},
    )  # fmt: skip
    hot = forms.IntegerField(label="Hot from", min_value=1, max_value=LIMIT)
    warm = forms.IntegerField(label="Warm from", min_value=1, max_value=LIMIT)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        hot, warm = data.get("hot"), data.get("warm")
        if hot is not None and warm is not None and warm >= hot:
            self.add_error("warm", f"Warm starts below hot: write less than {hot}.")
        if (data.get("quiet_after") is None) != (data.get("quiet_points") is None):
            self.add_error("quiet_after", "Say both, the days and what they cost, or neither.")
        return data


class RulesForm:
    """The whole of the rules: bounds, fit and engagement, checked together."""

    def __init__(self, rules: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> None:
        extra = sorted({r["field"] for r in rules.get("fit", []) if r["field"].startswith(EXTRA)})
        own = {field.key: field for field in custom_fields.of(CustomField.About.LEAD)}
        row = {"extra": 0, "max_num": MOST_RULES, "validate_max": True, "can_delete": True}
        fit = forms.formset_factory(FitForm, **row)  # type: ignore[arg-type]
        engagement = forms.formset_factory(EngagementForm, **row)  # type: ignore[arg-type]
        self.bounds = BoundsForm(data, initial=_bounds(rules), prefix="bounds")
        self.fit = fit(
            data, prefix="fit", form_kwargs={"extra": tuple(extra), "own": own},
            initial=[typed_rule(rule) for rule in rules.get("fit", [])],
        )  # fmt: skip
        self.engagement = engagement(
            data, prefix="engagement", initial=list(rules.get("engagement", []))
        )

    def is_valid(self) -> bool:
        parts = (self.bounds, self.fit, self.engagement)
        # Each is asked, so that every error is told at once.
        return sum(part.is_valid() for part in parts) == len(parts)

    def rules(self) -> dict[str, Any]:
        """The rules as leads.scoring reads them."""
        data = self.bounds.cleaned_data
        quiet = data["quiet_after"] is not None
        return {
            "fit": [form.rule() for form in kept(self.fit)],
            "persona": data["persona"],
            "engagement": [form.rule() for form in kept(self.engagement)],
            **(
                {"quiet": {"after_days": data["quiet_after"], "points": data["quiet_points"]}}
                if quiet
                else {}
            ),
            "tiers": {"hot": data["hot"], "warm": data["warm"]},
        }


def kept(formset: Any) -> list[Any]:
    """The rows that say something and were not dropped."""
    return [
        form for form in formset.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")
    ]


def typed_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as its row shows it."""
    value = rule.get("value", "")
    op = "in" if rule["op"] == "equals" else rule["op"]
    words = ", ".join(map(str, value)) if isinstance(value, list) else value
    return {**rule, "op": op, "value": words}


def _bounds(rules: Mapping[str, Any]) -> dict[str, Any]:
    quiet, tiers = rules.get("quiet") or {}, rules.get("tiers") or {}
    return {
        "persona": rules.get("persona", 0),
        "quiet_after": quiet.get("after_days"),
        "quiet_points": quiet.get("points"),
        "hot": tiers.get("hot", 80),
        "warm": tiers.get("warm", 50),
    }
