"""A framework as a form: name, minimum, where it is in force, and its questions in rows."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.models import User
from leads.criteria.keeping import Wanted
from leads.models import Framework, Pool

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


class QuestionForm(forms.Form):
    """One question."""

    key = forms.CharField(max_length=KEY, required=False, widget=forms.HiddenInput)
    label = forms.CharField(label="Question", max_length=60)
    help = forms.CharField(label="What to find out", max_length=200, required=False)
    weight = forms.IntegerField(min_value=1, max_value=HEAVIEST, initial=1)

    def has_changed(self) -> bool:
        """A row that was added and left without a word is none."""
        typed = (self.data.get(self.add_prefix(name), "") for name in ("label", "help", "key"))
        return any(str(text).strip() for text in typed)


class QuestionRows(forms.BaseFormSet):  # type: ignore[type-arg]
    """The questions: none may be asked twice."""

    def clean(self) -> None:
        said: set[str] = set()
        left = [f for f in self.forms if f.has_changed() and not f.cleaned_data.get("DELETE")]
        for form in left:
            label = form.cleaned_data.get("label", "").casefold()
            if label and label in said:
                form.add_error("label", "There is a question of this name already.")
            said.add(label)
        if not left and not any(self.errors):
            raise forms.ValidationError("Ask at least one question.")


def rows(questions: Any, data: Mapping[str, Any] | None = None) -> Any:
    """The questions as rows, and one more to fill in."""
    made = forms.formset_factory(
        QuestionForm, formset=QuestionRows, extra=1, max_num=MOST, validate_max=True,
        can_delete=True,
    )  # fmt: skip
    return made(data, prefix="asks", initial=[dict(each) for each in questions])


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
        found.append({"key": key, **{name: said[name] for name in ("label", "help", "weight")}})
    return found


def _new_key(label: str, taken: set[str]) -> str:
    short = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")[: KEY - 4] or "question"
    key, number = short, 2
    while key in taken:
        key, number = f"{short}_{number}", number + 1
    return key
