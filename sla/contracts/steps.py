"""The steps of a promise as rows of a form: a warning before the deadline, what follows after it.

The breach is no row: it is at the deadline of every promise.
"""

import re
from typing import Any

from django import forms

from sla.models import Action, Term
from sla.reading import WORKING_DAY, day_of
from sla.spans import span_written, written

MOST_STEPS, BLANK_STEPS = 12, 2
AT_ONCE = ("", "0", "at once")
# Before the deadline, at a share of the time; all others come after it.
BEFORE = (Action.WARN.value,)
KNOWN = ("action", "share", "after")


def actions() -> list[tuple[str, str]]:
    """What a step may do: whatever there is, but the breach itself."""
    return [("", "–"), *(choice for choice in Action.choices if choice[0] != Action.BREACH)]


class StepForm(forms.Form):
    """One step: what happens, and when."""

    action = forms.ChoiceField(
        label="Step", required=False, choices=actions,
        error_messages={"invalid_choice": "“%(value)s” is not in the list; choose from it."},
    )  # fmt: skip
    when = forms.CharField(label="When", required=False, max_length=40)

    def __init__(self, *args: Any, day: int = WORKING_DAY, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        action, text = data.get("action", ""), data.get("when", "").strip().lower()
        if not action:
            if text and "action" not in self.errors:
                self.add_error("action", f"Say what happens at “{text[:20]}”, or empty the row.")
            return data
        try:
            data["step"] = _before(action, text) if action in BEFORE else self._after(action, text)
        except ValueError as problem:
            self.add_error("when", str(problem))
        return data

    def _after(self, action: str, text: str) -> dict[str, Any]:
        if "%" in text:
            raise ValueError(
                "A share of the time is for warnings; write how long after the deadline, such as "
                "30 min."
            )
        text = re.sub(r"\b(later|after)\b", "", text).strip()
        return {
            "action": action,
            "after": 0 if text in AT_ONCE else span_written(text, day=self.day),
        }


def _before(action: str, text: str) -> dict[str, Any]:
    found = re.fullmatch(r"(\d{1,2})\s*%?", text, re.ASCII)
    if found is None or int(found[1]) == 0:
        raise ValueError(f"“{text[:20]}” is not a share of the time; write 1 % to 99 %.")
    return {"action": action, "share": int(found[1]) / 100}


class _Steps(forms.BaseFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        """Refuse the same step twice."""
        seen = []
        for form in self.forms:
            step = form.cleaned_data.get("step") if form.is_valid() else None
            if step is not None and step in seen:
                form.add_error("when", "This step is in the list twice; keep one of the rows.")
            seen.append(step)


Steps = forms.formset_factory(
    StepForm, formset=_Steps, extra=BLANK_STEPS, max_num=MOST_STEPS, absolute_max=MOST_STEPS + 8,
    validate_max=True,
)  # fmt: skip


def steps_of(
    rows: "forms.BaseFormSet[StepForm]", before: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The steps of valid rows in the order of their moments, the breach among them.

    What a step knew besides (of an action that takes more than its moment) stays with it.
    """
    more = {step["action"]: {k: v for k, v in step.items() if k not in KNOWN} for step in before}
    found = [form.cleaned_data["step"] for form in rows.forms if "step" in form.cleaned_data]
    warnings = sorted((s for s in found if "share" in s), key=lambda s: s["share"])
    later = sorted((s for s in found if "after" in s), key=lambda s: s["after"])
    steps = [*warnings, {"action": Action.BREACH.value}, *later]
    return [{**more.get(step["action"], {}), **step} for step in steps]


def rows_of(term: Term) -> list[dict[str, str]]:
    """A promise's steps as rows of the form."""
    rows = []
    for step in term.steps:
        if step["action"] == Action.BREACH:
            continue
        if "share" in step:
            when = f"{round(step['share'] * 100)} %"
        else:
            when = written(step["after"], day=day_of(term)) or "at once"
        rows.append({"action": step["action"], "when": when})
    return rows
