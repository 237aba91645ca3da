"""What a deed for many leads must be told: a form of each."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.models import User
from leads import tagging
from leads.bulk.deeds import Deed
from leads.calling.lists import LONGEST, called
from leads.mail.templates import sharing
from leads.models import CallList, RejectReason, Sequence, Tag
from leads.qualification import DISQUALIFY_REASONS


def _note(label: str, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=300, required=False, **more)


class TagForm(forms.Form):
    """Which tag; a new name makes a new one."""

    tag = forms.CharField(
        max_length=tagging.LONGEST,
        widget=forms.TextInput(attrs={"list": "tags-known", "autocomplete": "off"}),
        error_messages={"required": "Write a tag."},
    )


class UntagForm(forms.Form):
    """Which of the tags there are."""

    tag = forms.ModelChoiceField(
        Tag.objects.filter(removed_at=None, merged_into=None),
        empty_label=None,
        error_messages={"required": "Choose a tag."},
    )


class AssignForm(forms.Form):
    """To whom."""

    rep = forms.ModelChoiceField(
        User.objects.none(), label="To", error_messages={"required": "Choose somebody in sales."}
    )
    reason = _note("Why")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reps = User.objects.filter(is_active=True, teams__kind="sales").distinct().order_by("name")
        self.fields["rep"].queryset = reps  # type: ignore[attr-defined]


class HandOverForm(forms.Form):
    """Why those that are no MQLs as agreed should go all the same."""

    reason = _note("Reason for those that are no MQLs yet, if they should go all the same")


class WhyForm(forms.Form):
    """Why, by the reasons there are; another one needs words."""

    why = forms.ChoiceField(label="Why?")
    reason = _note("Note")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("why") == "other" and not found.get("reason", "").strip():
            self.add_error("reason", "Say why when the reason is “Another reason”.")
        return found


class RecycleForm(WhyForm):
    """Why not now."""

    why = forms.ChoiceField(label="Why?", choices=list(DISQUALIFY_REASONS.items()))


class RejectForm(WhyForm):
    """Why sales will not take them."""

    why = forms.ChoiceField(label="Why?", choices=RejectReason.choices)
    reason = _note("Note for marketing")


class EnrolForm(forms.Form):
    """Which of one's sequences."""

    sequence = forms.ModelChoiceField(
        Sequence.objects.none(), empty_label=None,
        error_messages={"required": "Choose a sequence; there are some under Sales → Sequences."},
    )  # fmt: skip

    def __init__(self, data: QueryDict | None = None, *, by: User) -> None:
        super().__init__(data)
        mine = Sequence.objects.visible_to(by).in_use().prefetch_related("versions")
        self.fields["sequence"].queryset = mine  # type: ignore[attr-defined]


class CallListForm(forms.Form):
    """Which list; a new name makes a new one, with whom it is shared and why they are called."""

    name = forms.CharField(
        label="List", max_length=LONGEST,
        widget=forms.TextInput(attrs={"list": "lists-known", "autocomplete": "off"}),
        error_messages={"required": "Give the list a name."},
        help_text="One you have is filled up; a new name makes a new list.",
    )  # fmt: skip
    shared = forms.ChoiceField(label="Who calls, if it is new")
    about = forms.CharField(
        label="Why they are called, if it is new", max_length=300, required=False
    )

    def __init__(self, data: QueryDict | None = None, *, by: User) -> None:
        super().__init__(data)
        self.fields["shared"].choices = sharing(by)  # type: ignore[attr-defined]
        lists = CallList.objects.in_use().filter(by=by)
        self.known = list(lists.values_list("name", flat=True)[:50])


FORMS: dict[str, type[forms.Form]] = {
    "tag": TagForm,
    "untag": UntagForm,
    "assign": AssignForm,
    "hand_over": HandOverForm,
    "recycle": RecycleForm,
    "reject": RejectForm,
}
# Forms that offer what is somebody's own.
OWN: dict[str, type[EnrolForm] | type[CallListForm]] = {
    "enrol": EnrolForm,
    "call_list": CallListForm,
}


def of(deed: Deed, data: QueryDict | None, *, by: User) -> forms.Form:
    """The form of a deed, for whoever does it."""
    if deed.name in OWN:
        return OWN[deed.name](data, by=by)
    return FORMS.get(deed.name, forms.Form)(data)


def told(form: forms.Form, *, by: User, at: datetime) -> dict[str, Any]:
    """What a valid form says, as the run keeps it. Raises Refused for a tag that can't be."""
    found = dict(form.cleaned_data)
    if isinstance(form, TagForm):
        tag = tagging.called(found["tag"], by=by, at=at)
        return {"tag": tag.pk, "name": tag.name}
    if isinstance(form, UntagForm):
        return {"tag": found["tag"].pk, "name": found["tag"].name}
    if isinstance(form, CallListForm):
        made = called(**found, by=by, at=at)
        return {"list": made.pk, "name": made.name}
    if isinstance(form, EnrolForm):
        return {"version": found["sequence"].newest.pk, "name": str(found["sequence"])}
    if isinstance(form, AssignForm):
        return {"rep": found["rep"].pk, "name": str(found["rep"]), "reason": found["reason"]}
    return found
