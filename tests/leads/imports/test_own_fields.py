"""Columns of a file go to fields of one's own, or become one on the columns page."""

import pytest
from django.core.management import call_command
from django.test import Client

from leads import custom_fields
from leads.custom_fields import changing
from leads.imports.numbers import style_of
from leads.models import CustomField, Lead
from tests.leads.custom_fields.making import AT, make
from tests.leads.imports.files import counts, imported, received, table, worked

pytestmark = pytest.mark.django_db


def refused(importing) -> list[str]:
    return [why for batch in importing.batches.all() for _, _, why in batch.refused]


def extras() -> list[dict]:
    return list(Lead.objects.order_by("email").values_list("extra", flat=True))


def columns(importing, **more) -> dict[str, str]:
    """The columns page as it is sent unchanged, and `more` on top."""
    sent = {f"column-{n}": target for n, target in enumerate(importing.targets)}
    return sent | {"duplicates": "fill", "dates": importing.dates, "campaign": ""} | more


def sent(importing, person, **more):
    client = Client()
    client.force_login(person)
    return client.post(f"/imports/{importing.pk}/columns/", columns(importing, **more))


class TestMapping:
    def test_a_header_names_a_field_by_label_or_name(self, cast):
        make(cast.mona, "Annual revenue", "money", name="revenue")
        make(cast.mona, "Wood", "choices", choices=["Cedar", "Oak"])
        gone = make(cast.mona, "Gone", "text")
        changing.remove(gone, by=cast.mona, at=AT)
        data = table([
            ["email", "ANNUAL REVENUE", "extra.wood", "Gone", "extra.other"],
            ["a@b.example", "$1,200", "oak; cedar", "x", "y"],
        ])  # fmt: skip
        importing = received(data, cast.maya)
        assert importing.targets == ["email", "extra.revenue", "extra.wood", "extra", "extra"]
        assert counts(imported(data, cast.maya)) == (1, 0, 0, 0)
        assert extras() == [
            {"revenue": 1200, "wood": ["Cedar", "Oak"], "Gone": "x", "other": "y"}
        ]  # fmt: skip

    def test_a_value_that_does_not_fit_refuses_its_row_with_column_value_and_remedy(self, cast):
        make(cast.mona, "Budget", "money")
        data = table([["email", "Budget"], ["a@b.example", "lots"], ["c@b.example", "5"]])
        done = imported(data, cast.maya)
        assert counts(done) == (1, 0, 0, 1)
        assert refused(done) == ["Budget: “lots” is not a sum of money; write it as 1200.50."]

    def test_days_are_read_as_the_file_writes_them(self, cast):
        make(cast.mona, "Move in", "date")
        data = table([
            ["email", "Move in"], ["a@b.example", "31.01.2027"], ["b@b.example", "01.02.2027"],
        ])  # fmt: skip
        importing = received(data, cast.maya)
        assert (importing.targets, importing.dates) == (["email", "extra.move_in"], "day")
        imported(data, cast.maya)
        assert extras() == [{"move_in": "2027-01-31"}, {"move_in": "2027-02-01"}]
        done = imported(table([["email", "Move in"], ["c@b.example", "soon"]]), cast.maya,
                        dates="day")  # fmt: skip
        assert refused(done) == ["Move in: “soon” is not a date written day first (31/01/2027)."]

    def test_of_two_columns_for_one_field_the_first_that_is_filled_counts(self, cast):
        make(cast.mona, "Budget", "number")
        data = table([["email", "Budget", "extra.budget"], ["a@b.example", "1", "2"],
                      ["b@b.example", "", "2"]])  # fmt: skip
        imported(data, cast.maya)
        assert extras() == [{"budget": 1}, {"budget": 2}]

    def test_fifty_further_fields_leave_room_for_ones_own(self, cast):
        make(cast.mona, "Last", "number")
        headers = [f"h{n}" for n in range(50)]
        data = table([["email", *headers, "Last"], ["a@b.example", *headers, "7"]])
        assert counts(imported(data, cast.maya)) == (1, 0, 0, 0)
        assert len(extras()[0]) == 51
        assert extras()[0]["last"] == 7

    def test_a_field_removed_since_the_file_was_mapped_is_kept_as_any_other(self, cast):
        field = make(cast.mona, "Budget", "number")
        data = table([["email", "Budget"], ["a@b.example", "1"]])
        imported(data, cast.maya)
        changing.remove(field, by=cast.mona, at=AT)
        importing = received(data, cast.maya)
        client = Client()
        client.force_login(cast.maya)
        page = client.get(f"/imports/{importing.pk}/columns/")
        assert page.context["form"]["column-1"].initial == "extra"


class TestDecimalCommas:
    def test_a_column_with_them_is_known_and_read_so(self, cast):
        make(cast.mona, "Umsatz", "money", currency="EUR")
        make(cast.mona, "Sitze", "number")
        data = table([
            ["email", "Umsatz", "Sitze"], ["a@b.example", "1.200,50", "1.234"],
            ["b@b.example", "-3 EUR", "0,5"], ["c@b.example", "1,234.5", "2"],
        ], delimiter=";")  # fmt: skip
        importing = received(data, cast.maya)
        assert importing.numbers == "comma"
        done = imported(data, cast.maya)
        assert extras() == [{"umsatz": 1200.5, "sitze": 1234}, {"umsatz": -3, "sitze": 0.5}]
        assert refused(done) == ["Umsatz: “1,234.5” is not a number written as 1.200,50."]

    def test_without_a_sure_one_a_point_is_a_point(self, cast):
        make(cast.mona, "Sitze", "number")
        data = table([["email", "Sitze"], ["a@b.example", "1.234"], ["b@b.example", "1,234"]])
        assert received(data, cast.maya).numbers == "point"
        imported(data, cast.maya)
        assert extras() == [{"sitze": 1.234}, {"sitze": 1234}]

    def test_what_was_found_can_be_corrected(self, cast):
        make(cast.mona, "Sitze", "number")
        importing = received(table([["email", "Sitze"], ["a@b.example", "1.234"]]), cast.maya)
        assert sent(importing, cast.maya, numbers="comma").status_code == 302
        importing.refresh_from_db()
        assert importing.numbers == "comma"
        client = Client()
        client.force_login(cast.maya)
        client.post(f"/imports/{importing.pk}/start/")
        worked(importing)
        assert extras() == [{"sitze": 1234}]

    def test_a_new_field_is_guessed_by_them(self, cast):
        data = table([["email", "Umsatz"], ["a@b.example", "1.200,50"], ["b@b.example", "7,25"]],
                     delimiter=";")  # fmt: skip
        importing = received(data, cast.mona)
        client = Client()
        client.force_login(cast.mona)
        page = client.get(f"/imports/{importing.pk}/columns/").content.decode()
        assert '<option value="new:number">Number, as it looks</option>' in page
        new = {"column-1": "new:money", "numbers": "comma"}
        assert sent(importing, cast.mona, **new).status_code == 302
        client.post(f"/imports/{importing.pk}/start/")
        worked(importing)
        assert extras() == [{"umsatz": 1200.5}, {"umsatz": 7.25}]


@pytest.mark.parametrize(
    ("values", "style"),
    [
        (["1.200,50"], "comma"), (["7,5", "1.200"], "comma"), (["€ 7,50"], "comma"),
        (["1 200,5"], "comma"), (["1,200"], "point"), (["1.200"], "point"), ([], "point"),
        (["7,5", "7.5"], "point"), (["7,5", "x"], "point"), (["9" * 10_000 + ",5"], "point"),
        (["31,12"], "comma"), (["1,2,3"], "point"),
    ],
)  # fmt: skip
def test_how_numbers_are_written(values, style):
    assert style_of(values) == style


class TestNewFields:
    DATA = table([
        ["email", "Annual Revenue", "Wood", "Since"],
        ["a@b.example", "1,200", "Cedar", "03.01.2027"],
        ["b@b.example", "5", "Oak", "01.02.2027"],
        ["c@b.example", "7", "Oak", "01.02.2027"],
        ["d@b.example", "7", "cedar", "01.02.2027"],
    ])  # fmt: skip

    def test_columns_become_fields_on_the_page_and_their_values_typed(self, cast):
        importing = received(self.DATA, cast.mona)
        client = Client()
        client.force_login(cast.mona)
        page = client.get(f"/imports/{importing.pk}/columns/").content.decode()
        for kind in ("new:number", "new:choice", "new:date"):
            assert f'<option value="{kind}">' in page
        assert "Number, as it looks" in page
        new = {"column-1": "new:number", "column-2": "new:choice", "column-3": "new:date"}
        asked = sent(importing, cast.mona, **new)
        assert asked.context["form"].errors == {
            "dates": ["Say how dates are written in this file."]
        }
        assert CustomField.objects.count() == 0
        done = sent(importing, cast.mona, **new, dates="day")
        assert done.status_code == 302
        importing.refresh_from_db()
        assert importing.targets == [
            "email", "extra.annual_revenue", "extra.wood", "extra.since",
        ]  # fmt: skip
        fields = [(rules.label, rules.kind, rules.choices) for rules in custom_fields.of("lead")]
        assert fields == [
            ("Annual Revenue", "number", ()),
            ("Wood", "choice", ("Cedar", "Oak")),
            ("Since", "date", ()),
        ]
        client.post(f"/imports/{importing.pk}/start/")
        assert counts(worked(importing)) == (4, 0, 0, 0)
        assert extras()[3] == {"annual_revenue": 7, "wood": "Cedar", "since": "2027-02-01"}

    def test_how_its_dates_are_written_is_not_asked_where_they_say_so(self, cast):
        data = table([["email", "Since"], ["a@b.example", "31.01.2027"]])
        importing = received(data, cast.mona)
        assert sent(importing, cast.mona, **{"column-1": "new:date"}).status_code == 302
        importing.refresh_from_db()
        assert (importing.dates, importing.targets[1]) == ("day", "extra.since")

    def test_what_came_in_before_as_text_joins_it(self, cast):
        data = table([["email", "Annual Revenue"], ["z@b.example", "900"]])
        imported(data, cast.mona)
        importing = received(self.DATA, cast.mona)
        sent(importing, cast.mona, **{"column-1": "new:number"}, dates="day")
        assert extras() == [{"annual_revenue": 900}]

    def test_all_or_none_and_why_not_beside_the_column(self, cast):
        make(cast.mona, "Other", "text", name="wood_old")
        cast.capture(at=AT, email="z@b.example", extra={"Annual Revenue": "much"})
        importing = received(self.DATA, cast.mona)
        answer = sent(importing, cast.mona, **{"column-1": "new:number", "column-2": "new:choice"})
        assert answer.status_code == 422
        errors = answer.context["form"].errors
        assert list(errors) == ["column-1"]
        assert "“much” (1)" in errors["column-1"][0]
        assert [rules.label for rules in custom_fields.of("lead")] == ["Other"]

    def test_a_marketer_makes_none(self, cast):
        importing = received(self.DATA, cast.maya)
        answer = sent(importing, cast.maya, **{"column-1": "new:number"})
        assert list(answer.context["form"].errors) == ["column-1"]
        assert CustomField.objects.count() == 0


def test_the_command_knows_them_too(cast, tmp_path, capsys):
    make(cast.mona, "Annual revenue", "money", name="revenue")
    file = tmp_path / "leads.csv"
    file.write_bytes(table([["email", "Annual Revenue"], ["a@b.example", "$1,200"],
                            ["b@b.example", "lots"]]))  # fmt: skip
    call_command("import_leads", str(file), campaign=cast.campaign.slug, by=cast.maya.email)
    assert extras() == [{"revenue": 1200}]
