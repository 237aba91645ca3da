"""Managers make, change, order, remove, bring back and erase fields; values follow or stay."""

from datetime import timedelta

import pytest

from accounts.models import AuditEntry, OutboxMessage
from accounts.refusals import Conflict, Refused
from leads import custom_fields, merging
from leads.custom_fields import changing, converting, tending
from leads.editing import edit
from leads.models import Activity, CustomField, ImportBatch, Lead, Merge
from tests.leads.custom_fields.making import AT, change, facts, make, rules
from tests.leads.imports.files import received, worked


def extras() -> list[dict]:
    return list(Lead.objects.order_by("pk").values_list("extra", flat=True))


def filled(cast, *extra: dict) -> None:
    for n, each in enumerate(extra):
        assert cast.capture(at=AT, email=f"{n}@b.example", extra=each).refused == {}


class TestMaking:
    def test_the_name_is_made_of_the_label_and_free(self, cast):
        names = [make(cast.mona, label, "text").name for label in ("Größe (m²)", "3 seats", "日本")]
        assert names == ["groe_m2", "field_3_seats", "field"]
        CustomField.objects.update(removed_at=AT)
        assert make(cast.mona, "日本語", "text").name == "field_2"

    def test_the_last_is_the_last(self, cast):
        make(cast.mona, "B", "text"), make(cast.mona, "A", "text")
        assert [each.label for each in custom_fields.of("lead")] == ["B", "A"]

    def test_a_label_or_name_is_given_once(self, cast):
        make(cast.mona, "Budget", "money")
        with pytest.raises(Refused) as refusal:
            make(cast.mona, "BUDGET", "text")
        assert refusal.value.fields == {
            "label": "There is a field called “BUDGET” already; choose another label."
        }
        with pytest.raises(Refused) as refusal:
            make(cast.mona, "Other", "text", name="budget")
        assert list(refusal.value.fields) == ["name"]
        assert CustomField.objects.count() == 1

    def test_what_only_other_kinds_have_is_left_out(self, cast):
        made = make(cast.mona, "Size", "number", choices=["a"], currency="EUR")
        assert (made.choices, made.currency) == ([], "")

    def test_there_is_an_end_to_it(self, cast, monkeypatch):
        monkeypatch.setattr(changing, "MOST_FIELDS", 1)
        first = make(cast.mona, "A", "text")
        with pytest.raises(Refused):
            make(cast.mona, "B", "text")
        changing.remove(first, by=cast.mona, at=AT)
        make(cast.mona, "B", "text")
        with pytest.raises(Refused):
            changing.bring_back(first, by=cast.mona, at=AT)

    def test_values_that_are_there_become_its_own(self, cast):
        filled(cast, {"Annual Revenue": "1,200"}, {"Annual Revenue": ""}, {"revenue": "5"})
        make(cast.mona, "Revenue", "number", key="Annual Revenue")
        assert extras() == [{"revenue": 1200}, {}, {"revenue": 5}]

    def test_one_and_yes_are_told_apart(self, cast):
        filled(cast, {"sure": 1}, {"sure": 0})
        make(cast.mona, "Sure", "yes_no")
        assert [extra["sure"] is True for extra in extras()] == [True, False]
        assert [type(extra["sure"]) for extra in extras()] == [bool, bool]

    def test_what_has_both_keeps_what_is_under_the_name(self, cast):
        filled(cast, {"old": "1", "size": "2"})
        make(cast.mona, "Size", "number", key="old")
        assert extras() == [{"size": 2}]

    def test_values_that_do_not_read_are_named_and_nothing_is_made(self, cast):
        filled(cast, {"size": "ten"}, {"size": "ten"}, {"size": "big"}, {"size": "5"})
        with pytest.raises(Refused) as refusal:
            make(cast.mona, "Size", "number")
        assert refusal.value.message == (
            "3 of 4 leads have a value that does not read as number: “ten” (2), “big” (1). "
            "Change those first, or choose another kind."
        )
        assert CustomField.objects.count() == 0
        assert extras()[3] == {"size": "5"}

    def test_it_is_audited(self, cast):
        made = make(cast.mona, "Size", "number")
        entry = AuditEntry.objects.get(verb="custom_field_made")
        assert (entry.actor, entry.subject_id, entry.facts["name"]) == (cast.mona, made.pk, "size")


class TestChanging:
    @pytest.mark.parametrize(
        ("kind", "more", "typed", "to", "after"),
        [
            ("text", {}, ["1,200", "5"], {"kind": "number"}, [1200, 5]),
            ("number", {}, [5, 1.5], {"kind": "text"}, ["5", "1.5"]),
            ("number", {}, [5], {"kind": "money", "currency": "EUR"}, [5]),
            ("text", {}, ["yes", "NO"], {"kind": "yes_no"}, [True, False]),
            ("yes_no", {}, [True], {"kind": "choice", "choices": ["Yes", "No"]}, ["Yes"]),
            ("choice", {"choices": ["A", "B"]}, ["a"],
             {"kind": "choices", "choices": ["A", "B"]}, [["A"]]),
            ("choices", {"choices": ["A", "B"]}, [["B", "A"], ["B"]], {"kind": "text"},
             ["A; B", "B"]),
            ("date", {}, ["2027-01-31"], {"kind": "text"}, ["2027-01-31"]),
            ("text", {}, ["spa.example"], {"kind": "url"}, ["https://spa.example"]),
        ],
    )  # fmt: skip
    def test_values_are_turned_over_in_one_go(self, cast, kind, more, typed, to, after):
        field = make(cast.mona, "F", kind, name="f", **more)
        filled(cast, *({"f": value} for value in typed))
        saved = change(field, cast.mona, **to)
        assert [extra["f"] for extra in extras()] == after
        assert [type(extra["f"]) for extra in extras()] == [type(value) for value in after]
        assert (saved.turning, rules("f").kind) == (0, to["kind"])

    def test_all_or_none(self, cast):
        field = make(cast.mona, "F", "text", name="f")
        filled(cast, {"f": "5"}, {"f": "five"})
        with pytest.raises(Refused) as refusal:
            change(field, cast.mona, kind="number")
        assert refusal.value.fields == {"kind": "These do not read as number: “five” (1)."}
        assert (extras(), rules("f").kind) == ([{"f": "5"}, {"f": "five"}], "text")

    def test_several_choices_are_no_single_one(self, cast):
        field = make(cast.mona, "F", "choices", name="f", choices=["A", "B"])
        filled(cast, {"f": "A;B"}, {"f": "B"})
        with pytest.raises(Refused):
            change(field, cast.mona, kind="choice")

    def test_a_choice_that_is_gone_stands_and_is_told(self, cast):
        field = make(cast.mona, "F", "choice", name="f", choices=["A", "B", "C"])
        filled(cast, {"f": "A"}, {"f": "A"}, {"f": "B"})
        saved = change(field, cast.mona, choices=["B", "D"])
        assert saved.standing == (("A", 2),)
        assert extras()[0] == {"f": "A"}
        assert list(cast.capture(at=AT, email="x@b.example", extra={"f": "A"}).refused)

    def test_two_who_change_it_at_once(self, cast):
        field = make(cast.mona, "F", "text", name="f")
        seen = changing.ticket(field)
        change(field, cast.dana, label="G")
        with pytest.raises(Conflict) as conflict:
            change(field, cast.mona, label="H", seen=seen)
        assert conflict.value.code == "field_changed"
        assert rules("f").label == "G"

    def test_its_place_changes_one_at_a_time(self, cast):
        a, b, c = (make(cast.mona, label, "text") for label in "ABC")
        changing.remove(b, by=cast.mona, at=AT)
        changing.move(c, up=True, by=cast.mona, at=AT)
        changing.move(c, up=True, by=cast.mona, at=AT)
        assert [each.label for each in custom_fields.of("lead")] == ["C", "A"]
        changing.move(a, up=False, by=cast.mona, at=AT)
        assert [each.label for each in custom_fields.of("lead")] == ["C", "A"]


class TestMany:
    """With many values a worker turns them over, and who asked is told."""

    @pytest.fixture(autouse=True)
    def few_are_many(self, monkeypatch):
        monkeypatch.setattr(changing, "AT_ONCE", 1)

    def test_a_worker_turns_them_over(self, cast):
        filled(cast, {"f": "1"}, {"f": "2"})
        field = make(cast.mona, "F", "number", name="f")
        assert (extras(), rules("f").kind) == ([{"f": "1"}, {"f": "2"}], "text")
        filled(cast, {}, {}, {"f": "3"})
        with pytest.raises(Conflict):
            change(field, cast.mona, label="G")
        tending.tend(at=AT)
        assert (extras(), rules("f").kind) == ([{"f": 1}, {"f": 2}, {"f": 3}], "number")
        told = OutboxMessage.objects.get(kind="custom_field")
        assert (told.recipient, told.title) == (cast.mona, "“F” is number now")
        tending.tend(at=AT)
        assert OutboxMessage.objects.filter(kind="custom_field").count() == 1

    def test_one_that_came_meanwhile_and_does_not_read_leaves_all_as_it_was(self, cast):
        filled(cast, {"f": "1"}, {"f": "2"})
        field = make(cast.mona, "F", "number", name="f")
        filled(cast, {}, {}, {"f": "three"})
        tending.tend(at=AT)
        assert (extras()[0], rules("f").kind) == ({"f": "1"}, "text")
        told = OutboxMessage.objects.get(kind="custom_field")
        assert told.title == "“F” stays text"
        assert "“three” (1)" in told.body
        assert change(field, cast.mona, label="G").field.label == "G"

    def test_what_a_straggler_wrote_is_looked_after(self, cast):
        field = make(cast.mona, "F", "number", name="f")
        lead = cast.capture(at=AT, email="a@b.example").lead
        # As an import batch does that began before the field was made.
        Lead.objects.filter(pk=lead.pk).update(extra={"f": "1,200"})
        tending.tend(at=AT + timedelta(seconds=59))
        assert extras() == [{"f": "1,200"}]
        tending.tend(at=AT + timedelta(seconds=61))
        field.refresh_from_db()
        assert (extras(), field.turned_at) == ([{"f": 1200}], None)

    def test_chunks_of_different_values(self, cast, monkeypatch):
        monkeypatch.setattr(converting, "CHUNK", 2)
        filled(cast, *({"f": f"{n},000"} for n in range(1, 6)))
        make(cast.mona, "F", "number", name="f")
        tending.tend(at=AT)
        assert [extra["f"] for extra in extras()] == [1000, 2000, 3000, 4000, 5000]


class TestRemoving:
    def test_values_are_kept_and_shown_again(self, cast):
        field = make(cast.mona, "F", "number", name="f")
        make(cast.mona, "G", "number")
        filled(cast, {"f": 5})
        changing.remove(field, by=cast.mona, at=AT)
        assert [each.label for each in custom_fields.of("lead")] == ["G"]
        changing.bring_back(field, by=cast.mona, at=AT)
        assert [each.label for each in custom_fields.of("lead")] == ["G", "F"]
        assert extras() == [{"f": 5}]
        assert [*AuditEntry.objects.order_by("pk").values_list("verb", flat=True)][-2:] == [
            "custom_field_removed",
            "custom_field_brought_back",
        ]

    def test_one_whose_label_is_taken_stays_away(self, cast):
        field = make(cast.mona, "F", "text", name="f")
        changing.remove(field, by=cast.mona, at=AT)
        make(cast.mona, "F", "text", name="f2")
        with pytest.raises(Refused) as refusal:
            changing.bring_back(field, by=cast.mona, at=AT)
        assert refusal.value.code == "label_taken"

    def test_one_in_use_is_not_erased(self, cast):
        field = make(cast.mona, "F", "text", name="f")
        with pytest.raises(Refused):
            changing.erase(field, by=cast.mona, at=AT)


class TestErasing:
    def test_nothing_of_it_is_left_anywhere(self, cast):
        field = make(cast.mona, "F", "text", name="f")
        filled(cast, {"f": "secret", "g": "kept"}, {"f": "secret"})
        first, second = Lead.objects.order_by("pk")
        edit(first, {"extra.f": "secret2", "first_name": "Pat"}, by=cast.maya, at=AT)
        csv = b"email,extra.f,extra.g\n0@b.example,secret3,x\n1@b.example,,secret-not\n"
        importing = received(csv, cast.maya)
        importing.duplicates = "overwrite"
        importing.save()
        from leads.imports import running

        running.start(importing, by=cast.maya, at=AT)
        worked(importing)
        assert ImportBatch.objects.get().merged != []
        merging.merge(first, second, by=cast.mona, at=AT)
        changing.remove(field, by=cast.mona, at=AT)
        changing.erase(field, by=cast.mona, at=AT)
        # Who captures while it goes adds nothing.
        filled(cast, {}, {}, {"f": "late"})

        tending.tend(at=AT + timedelta(seconds=5))
        field.refresh_from_db()
        tending.tend(at=AT + timedelta(seconds=70))

        assert not CustomField.objects.exists()
        assert "secret" not in str(extras()).replace("secret-not", "")
        assert extras()[0]["g"] == "x"
        for model in (Activity, ImportBatch, Merge):
            kept = str([each.__dict__ for each in model.objects.all()]).replace("secret-not", "")
            assert "secret" not in kept, model
        changed = Activity.objects.filter(kind="edited").order_by("pk").first().data["changed"]
        assert changed == {"first_name": {"from": "", "to": "Pat"}}
        verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
        assert [*verbs][-2:] == ["custom_field_erasing", "custom_field_erased"]

    def test_batches(self, cast, monkeypatch):
        from leads.custom_fields import erasing

        monkeypatch.setattr(erasing, "BATCH", 2)
        field = make(cast.mona, "F", "text", name="f")
        filled(cast, *({"f": "x", "g": n} for n in range(5)))
        changing.remove(field, by=cast.mona, at=AT)
        changing.erase(field, by=cast.mona, at=AT)
        field.refresh_from_db()
        assert erasing.go_on(field, at=AT) == 5
        assert extras() == [{"g": n} for n in range(5)]

    def test_its_name_is_free_afterwards(self, cast):
        field = make(cast.mona, "F", "text", name="f")
        changing.remove(field, by=cast.mona, at=AT)
        changing.erase(field, by=cast.mona, at=AT)
        with pytest.raises(Conflict):
            changing.bring_back(field, by=cast.mona, at=AT)
        tending.tend(at=AT + timedelta(minutes=2))
        assert make(cast.mona, "F", "number").name == "f"


def test_facts_of_a_form_are_all_that_can_change():
    assert set(facts("F", "text")) == set(changing.CHANGEABLE)
