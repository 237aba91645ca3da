"""Two leads become one: each field of one's own is chosen, what is not taken is kept in words."""

import pytest
from django.test import Client

from accounts.refusals import Refused
from leads import custom_fields, unmerging
from leads.custom_fields import changing
from leads.editing import edit
from leads.merge_choices import choices_of
from leads.merging import merge
from leads.models import Activity, Lead, Merge
from leads.templatetags.leads_ui import activity_words
from tests.factories import ny
from tests.leads.custom_fields.making import make

AT, NOW = ny("2027-01-15 10:00"), ny("2027-01-15 11:00")


@pytest.fixture
def pair(cast) -> tuple[Lead, Lead]:
    make(cast.mona, "Budget", "money", currency="EUR")
    make(cast.mona, "Wood", "choices", choices=["Cedar", "Oak"])
    hidden = make(cast.mona, "Hidden", "text")
    left = {"budget": 5, "wood": ["Cedar"], "hidden": "x", "note": "a"}
    gone = {"budget": 7, "wood": ["Oak", "Cedar"], "size": "big", "hidden": "y"}
    pair = tuple(
        cast.capture(at=AT, email=f"{n}@b.example", extra=extra).lead
        for n, extra in enumerate((left, gone))
    )
    changing.remove(hidden, by=cast.mona, at=AT)
    return pair


def test_the_choices_are_shown_by_label_and_as_they_are_said(pair):
    found = choices_of(*pair, {"extra.wood": "other"})[9:]
    assert [(c.name, c.label, c.survivor, c.other, c.taken) for c in found] == [
        ("extra.budget", "Budget", "€5", "€7", "survivor"),
        ("extra.wood", "Wood", "Cedar", "Cedar, Oak", "other"),
        ("extra.note", "Note", "a", "", "survivor"),
        ("extra.size", "Size", "", "big", "other"),
    ]


def test_without_a_choice_gaps_are_filled_and_the_rest_is_noted(cast, pair):
    left, gone = pair
    merge(left, gone, by=cast.maya, at=NOW)
    assert left.extra == {
        "budget": 5, "wood": ["Cedar"], "size": "big", "hidden": "x", "note": "a",
    }  # fmt: skip
    merged = Activity.objects.get(kind="merged")
    assert merged.data["aside"] == {
        "email": "1@b.example", "extra.budget": "7", "extra.wood": "Cedar; Oak",
        "extra.hidden": "y",
    }  # fmt: skip
    assert activity_words(merged).endswith("1@b.example, Cedar; Oak, 7, y")


def test_what_was_chosen_is_taken_a_gap_too(cast, pair):
    left, gone = pair
    chosen = {"extra.budget": "other", "extra.size": "survivor", "extra.note": "other"}
    merge(left, gone, by=cast.maya, at=NOW, choices=chosen)
    assert left.extra == {"budget": 7, "wood": ["Cedar"], "hidden": "x"}
    assert Activity.objects.get(kind="merged").data["aside"]["extra.budget"] == "5"


def test_a_choice_is_one_of_the_two(cast, pair):
    with pytest.raises(Refused) as refusal:
        merge(*pair, by=cast.maya, at=NOW, choices={"extra.budget": "both"})
    assert list(refusal.value.fields) == ["extra.budget"]


def test_from_the_page(cast, pair):
    left, gone = pair
    client = Client()
    client.force_login(cast.maya)
    url = f"/leads/{left.pk}/merge/"
    page = client.get(url, {"other": gone.pk}).content.decode()
    assert 'name="take_extra.budget"' in page
    assert "€7" in page
    assert "extra.hidden" not in page
    client.post(url, {"other": gone.pk, "keep": left.pk, "take_extra.budget": gone.pk})
    left.refresh_from_db()
    assert left.extra["budget"] == 7


def test_undone_key_by_key(cast, pair):
    left, gone = pair
    merge(left, gone, by=cast.maya, at=NOW, choices={"extra.budget": "other"})
    edit(left, {"extra.size": "small"}, by=cast.maya, at=NOW)
    unmerging.undo(Merge.objects.get(), by=cast.maya, at=NOW)
    left.refresh_from_db()
    assert left.extra == {
        "budget": 5, "wood": ["Cedar"], "hidden": "x", "note": "a", "size": "small",
    }  # fmt: skip
    assert Lead.objects.get(pk=gone.pk).extra["budget"] == 7
    assert custom_fields.of("lead")[0].label == "Budget"
