"""Of which kind a column looks: only what every value fits."""

import pytest

from leads.imports.own_fields import look_of


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "text"),
        (["yes", "No", "yes"], "yes_no"),
        (["1", "0", "1"], "number"),
        (["1,200", "5.5", "-3"], "number"),
        (["1,200", "n/a"], "text"),
        (["$1,200.50", "$5"], "money"),
        (["€5", "€1,000"], "money"),
        (["€5", "$5"], "text"),
        (["2027-01-31", "2026-12-01"], "date"),
        (["31.01.2027", "01.12.2026"], "date"),
        (["https://a.example/x", "http://b.example"], "url"),
        (["a.example", "b.example"], "text"),
        (["Cedar", "Oak", "cedar", "Oak"], "choice"),
        (["Cedar", "Oak"], "text"),
        (["Cedar; Oak", "Oak", "Cedar; Oak"], "choices"),
        (["a long text, that nobody writes twice", "another one"], "text"),
        (["x" * 200, "x" * 200], "text"),
    ],
)
def test_the_kind_of_a_column(values, kind):
    assert look_of(values).kind == kind


def test_what_a_guess_brings_along():
    assert look_of(["€5", "€1,000"]).currency == "EUR"
    assert look_of(["Cedar", "Oak", "cedar", "Oak"]).choices == ("Cedar", "Oak")
    assert look_of(["B; A", "A", "B"]).choices == ("B", "A")
