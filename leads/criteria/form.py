"""A framework as a form: name, minimum, where it is in force, and its questions in rows."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.models import User
from leads import custom_fields
from leads.criteria.checks import BESIDE, NUMBERS
from leads.criteria.keeping import Wanted, said_twice
from leads.custom_fields.rules import EXTRA
from leads.models import CustomField, Framework, Pool
from leads.score_rules.form import OPERATORS, FitForm, typed_rule
from personas.definitions import persona_rules

MOST = 20
HEAVIEST = 10
KEY = 40


class FrameworkForm(forms.Form):
    """What it is called, how much is enough, and for which leads."""

    name = forms.CharField(max_length=60)
    about = forms.CharField(label="What it is good for", max_length=300, required=False)
    minimum = forms.IntegerField(
        label="Enough from", min_value=0, max_value=100, initial=0,
        help_text="Percent of all weights. Below it, qualifying asks for a reason; 0 never does.",
    )  # fmt: skip
    for_all = forms.BooleanField(
        label="For all leads whose pool has none of its own", required=False
    )
    pools = forms.ModelMultipleChoiceField(
        Pool.objects.none(), label="For the leads of", required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, data: Any = None, *, user: User, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        mine = Pool.objects.managed_by(user).filter(is_active=True)
        self.fields["pools"].queryset = mine  # type: ignore[attr-defined]


class QuestionForm(FitForm):
    """One question, and the fact that answers it, where one does."""

    points = None  # type: ignore[assignment]
    key = forms.CharField(max_length=KEY, required=False, widget=forms.HiddenInput)
    label = forms.CharField(label="Question", max_length=60)
    help = forms.CharField(label="What to find out", max_length=200, required=False)
    weight = forms.IntegerField(min_value=1, max_value=HEAVIEST, initial=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        facts = self.fields["field"]
        mine: Any = facts.choices  # type: ignore[attr-defined]
        facts.choices = [("", "Nothing: a rep asks"), *BESIDE.items(), *mine]  # type: ignore[attr-defined]
        for name in ("field", "op"):
            self.fields[name].required = False
        self.fields["field"].label = "Answers itself by"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        name, op = data.get("field", ""), data.get("op", "")
        if not name:
            return data
        if not op:
            self.add_error("op", "Choose how it is compared.")
            return data
        fitting = {"persona": ("in", "present"), **dict.fromkeys(NUMBERS, ("at_least", "at_most"))}
        if name in fitting and op not in fitting[name]:
            tests = " or ".join(f"“{OPERATORS[each]}”" for each in fitting[name])
            self.add_error("op", f"{BESIDE[name]} asks for {tests}.")
            return data
        data = super().clean()
        if name == "persona" and "words" in data:
            data["words"] = self._personas(data["words"])
        return data

    def _personas(self, typed: list[str]) -> list[str]:
        """Slugs of personas by name or slug."""
        known = {key.casefold(): each.slug for each in persona_rules()
                 for key in (each.slug, each.name)}  # fmt: skip
        unknown = [word for word in typed if word.casefold() not in known]
        if unknown:
            there = ", ".join(each.name for each in persona_rules()) or "none yet"
            self.add_error("value", f"“{unknown[0][:60]}” is no persona; there are: {there}.")
            return []
        return list(dict.fromkeys(known[word.casefold()] for word in typed))

    def check(self) -> dict[str, Any] | None:
        """The condition as personas.matching reads it; None where a rep asks."""
        data = self.cleaned_data
        if not data.get("field"):
            return None
        rule = {"field": data["field"], "op": data["op"]}
        return rule if data["op"] == "present" else {**rule, "value": data["words"]}

    def has_changed(self) -> bool:
        """A row that was added and left without a word is none."""
        typed = (self.data.get(self.add_prefix(name), "") for name in ("label", "help", "key"))
        return any(str(text).strip() for text in typed)


class QuestionRows(forms.BaseFormSet):  # type: ignore[type-arg]
    """The questions: none may be asked twice."""

    def clean(self) -> None:
        left = [f for f in self.forms if f.has_changed() and not f.cleaned_data.get("DELETE")]
        for place, words in said_twice([form.cleaned_data for form in left]).items():
            left[place].add_error("label", words)
        if not left and not any(self.errors):
            raise forms.ValidationError("Ask at least one question.")


def rows(questions: Any, data: Mapping[str, Any] | None = None) -> Any:
    """The questions as rows, and one more to fill in."""
    made = forms.formset_factory(
        QuestionForm, formset=QuestionRows, extra=1, max_num=MOST, validate_max=True,
        can_delete=True,
    )  # fmt: skip
    own = {rules.key: rules for rules in custom_fields.of(CustomField.About.LEAD)}
    named = {str(each["check"]["field"]) for each in questions if each.get("check")}
    further = tuple(sorted(name for name in named if name.startswith(EXTRA)))
    return made(
        data, prefix="asks", initial=[_typed(each) for each in questions],
        form_kwargs={"own": own, "extra": further},
    )  # fmt: skip


def _typed(question: Mapping[str, Any]) -> dict[str, Any]:
    """A question as its row shows it: personas by name, where that can be typed."""
    check = typed_rule(question["check"]) if question.get("check") else {}
    if check.get("field") == "persona" and check["value"]:
        names = {each.slug: each.name for each in persona_rules() if "," not in each.name}
        check["value"] = ", ".join(names.get(slug, slug) for slug in question["check"]["value"])
    return {**question, **check}


def initial(framework: Framework) -> dict[str, Any]:
    """What the form of one begins with."""
    return {
        "name": framework.name,
        "about": framework.about,
        "minimum": framework.minimum,
        "for_all": framework.for_all,
        "pools": list(Pool.objects.filter(framework=framework).values_list("pk", flat=True)),
    }


def wanted(form: FrameworkForm, filled: Any, framework: Framework | None) -> Wanted:
    """What two valid forms say. Pools that are others' to manage stay as they are."""
    said = form.cleaned_data
    pools = {pool.pk for pool in said["pools"]}
    if framework is not None:
        shown = {pool.pk for pool in form.fields["pools"].queryset}  # type: ignore[attr-defined]
        mine = Pool.objects.filter(framework=framework).values_list("pk", flat=True)
        pools |= set(mine) - shown
    known = {each["key"] for each in framework.questions} if framework else set()
    return Wanted(
        said["name"], said["about"], said["minimum"], _questions(filled, known), said["for_all"],
        pools,
    )  # fmt: skip


def _questions(filled: Any, known: set[str]) -> list[dict[str, Any]]:
    """Questions keep their key; a new one gets one of its words that nobody has."""
    found: list[dict[str, Any]] = []
    taken = set(known)
    for form in filled.forms:
        if not form.has_changed() or form.cleaned_data.get("DELETE"):
            continue
        said = form.cleaned_data
        key = said["key"] if said["key"] in known else _new_key(said["label"], taken)
        taken.add(key)
        question = {"key": key, **{name: said[name] for name in ("label", "help", "weight")}}
        check = form.check()
        found.append({**question, "check": check} if check else question)
    return found


def _new_key(label: str, taken: set[str]) -> str:
    short = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")[: KEY - 4] or "question"
    key, number = short, 2
    while key in taken:
        key, number = f"{short}_{number}", number + 1
    return key
