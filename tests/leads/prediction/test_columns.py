"""What a column is follows from its values."""

import math

import pytest

from leads.prediction.columns import Column, Kind, columns_of, layout_of, matrix, read_number


def column(*values, name="x"):
    return columns_of([{name: value} for value in values], [name])[0]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", "", "3"], Kind.NUMBER),
        (["1,5", "2,5", "2,5"], Kind.NUMBER),
        (["red", "blue", "red"], Kind.WORD),
        (["1", "2", "many"], Kind.WORD),
        (["2026-01-02", "2026-01-03", "N/A"], Kind.DAY),
        (["2026-01-02T10:00:00Z", "2026-01-03T11:30:00+02:00"], Kind.DAY),
        (["31.12.2025", "01.02.2026"], Kind.DAY),
        (["12/31/2025", "02/01/2026"], Kind.DAY),
        (["same", "same"], Kind.SAME),
        (["", "NULL", "n/a"], Kind.SAME),
        (["yes", "", "yes"], Kind.WORD),  # filled in or not is a difference
        ([f"person {n}" for n in range(60)], Kind.NAME),
        ([str(n) for n in range(60)], Kind.NAME),
        ([f"{n / 7}" for n in range(60)], Kind.NUMBER),
        ([str(n) for n in range(50)], Kind.NUMBER),
    ],
)
def test_kinds(values, kind):
    assert column(*values).kind == kind


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3.0), ("-2.5", -2.5), ("2,5", 2.5), ("1e3", 1000.0)]
)
def test_numbers_are_read_with_point_or_comma(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["", "abc", "nan", "inf", "1,2,3"])
def test_no_number_is_none(text):
    assert math.isnan(read_number(text))


def test_a_matrix_has_numbers_first_and_says_what_is_missing():
    rows = [{"n": "1", "w": "a"}, {"n": "", "w": "b"}, {"n": "x" and "3", "w": ""}]
    layout = layout_of(columns_of(rows, ["w", "n"]))
    made = matrix(rows, layout)
    assert layout.sources == ("n", "w")
    assert [list(line) for line in made[[0, 2]]] == [[1.0, "a"], [3.0, ""]]
    assert math.isnan(made[1, 0])


def test_a_day_says_its_weekday_and_hour_and_the_month_only_after_two_years():
    short = [{"d": "2026-03-02T10:30:00"}, {"d": "2026-04-02T11:30:00"}]
    long = [{"d": "2024-03-04T10:30:00"}, {"d": "2026-04-02T11:30:00"}, {"d": ""}]
    assert [list(r) for r in matrix(short, layout_of(columns_of(short, ["d"])))] == [
        ["", "0", "10"],
        ["", "3", "11"],
    ]
    assert [list(r) for r in matrix(long, layout_of(columns_of(long, ["d"])))] == [
        ["3", "0", "10"],
        ["4", "3", "11"],
        ["", "", ""],
    ]


def test_rows_without_the_column_or_of_another_form_count_as_missing():
    layout = layout_of([Column("n", Kind.NUMBER), Column("d", Kind.DAY, "%d.%m.%Y")])
    made = matrix([{"n": "word", "d": "2026-01-01"}, {}], layout)
    assert all(math.isnan(line[0]) for line in made)
    assert [list(line[1:]) for line in made] == [["", "", ""], ["", "", ""]]
