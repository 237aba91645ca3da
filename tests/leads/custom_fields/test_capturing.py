"""Values of fields of one's own come in by capture, and are asked for in SQL."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from leads import custom_fields
from leads.custom_fields import querying
from leads.models import CustomField, Lead

AT = datetime(2027, 3, 1, 15, tzinfo=UTC)
KINDS = [str(kind) for kind in CustomField.Kind]


def made(name: str, kind: str, **more) -> custom_fields.FieldRules:
    CustomField.objects.create(name=name, label=name.capitalize(), kind=kind, **more)
    return custom_fields.by_name("lead")[name]


def test_values_are_kept_in_the_form_of_their_kind(cast):
    made("budget", "money", currency="USD")
    made("wood", "choices", choices=["Cedar", "Acrylic"])
    captured = cast.capture(
        at=AT,
        email="a@b.example",
        extra={"budget": "$1,200", "wood": "acrylic;cedar", "size": "big", "n": 4},
    )
    lead = Lead.objects.get(pk=captured.lead.pk)
    assert lead.extra == {"budget": 1200, "wood": ["Cedar", "Acrylic"], "size": "big", "n": 4}


def test_a_wrong_value_is_refused_by_its_name(cast):
    made("budget", "money", currency="USD")
    captured = cast.capture(at=AT, email="a@b.example", extra={"budget": "lots"})
    assert captured.refused == {
        "extra.budget": "“lots” is not a sum of money; write it as 1200.50."
    }
    assert Lead.objects.count() == 0


def test_an_empty_value_is_no_key(cast):
    made("budget", "money", currency="USD")
    captured = cast.capture(at=AT, email="a@b.example", extra={"budget": "", "note": ""})
    assert captured.lead.extra == {"note": ""}


def test_a_removed_field_goes_on_reading_and_one_being_erased_takes_nothing(cast):
    made("budget", "money", currency="USD", removed_at=AT)
    made("floor", "number", removed_at=AT, erasing_since=AT)
    captured = cast.capture(at=AT, email="a@b.example", extra={"budget": "5", "floor": "2"})
    assert captured.lead.extra == {"budget": 5}
    assert custom_fields.of("lead") == []


def test_fields_are_in_their_order_and_of_one_kind_of_thing(cast):
    made("second", "text", position=2)
    made("first", "text", position=1)
    CustomField.objects.create(name="first", label="First", kind="number", about="deal")
    assert [rules.name for rules in custom_fields.of("lead")] == ["first", "second"]
    assert [rules.kind for rules in custom_fields.of("deal")] == ["number"]


def test_fields_cost_capture_no_query(cast, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    cast.capture(at=AT, email="warm@b.example")
    with CaptureQueriesContext(connection) as without:
        cast.capture(at=AT, email="a@b.example")
    made("budget", "money", currency="USD")
    cast.capture(at=AT, email="warm2@b.example")
    with django_assert_num_queries(len(without)):
        cast.capture(at=AT, email="c@b.example", extra={"budget": 5})


@settings(max_examples=30)
@given(
    extra=st.dictionaries(
        st.sampled_from([*KINDS, "further"]),
        st.one_of(
            st.text(max_size=60), st.floats(), st.integers(), st.booleans(), st.none(),
            st.lists(st.one_of(st.text(max_size=8), st.none(), st.integers()), max_size=4),
            st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
            st.sampled_from(["a; b", "yes", "2027-01-31", "$5", "1.200,50", "\x00", "x.example"]),
        ),
    )
)  # fmt: skip
def test_whatever_comes_is_kept_in_its_form_or_refused_by_its_name(every_kind, extra):
    """Never half, and never an error of ours; what is kept is read the same again."""
    cast, fields = every_kind
    with transaction.atomic():
        captured = cast.capture(at=AT, email="fuzz@b.example", extra=extra)
        if captured.refused:
            assert all(name.removeprefix("extra.") in extra for name in captured.refused)
            assert not Lead.objects.filter(email="fuzz@b.example").exists()
        else:
            kept = Lead.objects.get(email="fuzz@b.example").extra
            for name, value in kept.items():
                assert name == "further" or custom_fields.read(fields[name], value) == value
        transaction.set_rollback(True)


@pytest.fixture
def every_kind(cast):
    """A field of each kind, by the name of the kind."""
    for kind in KINDS:
        made(kind, kind, choices=["a", "b"] if kind in ("choice", "choices") else [])
    return cast, custom_fields.by_name("lead")


@pytest.fixture
def three(cast):
    fields = {
        "size": made("size", "number"),
        "day": made("day", "date"),
        "wood": made("wood", "choices", choices=["Cedar", "Acrylic"]),
        "sure": made("sure", "yes_no"),
    }
    for n, extra in enumerate(
        [
            {"size": 9, "day": "2027-01-02", "wood": ["Cedar", "Acrylic"], "sure": True},
            {"size": "10.5", "day": "2026-12-31", "wood": "Acrylic", "sure": False},
            {},
        ]
    ):
        cast.capture(at=AT, email=f"{n}@b.example", extra=extra)
    # As a program may leave behind that wrote while the kind was changed.
    stray = cast.capture(at=AT, email="3@b.example").lead
    Lead.objects.filter(pk=stray.pk).update(extra={"size": "many", "day": True})
    return fields


def emails(leads) -> list[str]:
    return [email[0] for email in leads.values_list("email", flat=True)]


def test_numbers_are_compared_as_numbers_whatever_else_stands_there(three):
    leads = Lead.objects.annotate(size=querying.value(three["size"]))
    assert emails(leads.filter(size__gte=9.5)) == ["1"]
    assert emails(leads.exclude(size=None).order_by("size")) == ["0", "1"]


def test_dates_are_compared_by_their_days(three):
    leads = Lead.objects.annotate(day=querying.value(three["day"]))
    assert emails(leads.filter(day__range=("2027-01-01", "2027-12-31"))) == ["0"]


def test_choices_and_yes_or_no_are_held(three):
    def held(name, wanted):
        return emails(Lead.objects.filter(querying.holds(three[name], wanted)).order_by("pk"))

    assert held("wood", ["Acrylic"]) == ["0", "1"]
    assert held("wood", ["Cedar", "Acrylic"]) == ["0"]
    assert held("sure", False) == ["1"]
    assert emails(Lead.objects.filter(querying.known(three["wood"])).order_by("pk")) == ["0", "1"]
