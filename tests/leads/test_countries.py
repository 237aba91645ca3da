"""Countries by the names people give them."""

import pytest

from leads import countries, normalise


@pytest.mark.parametrize(
    ("typed", "code"),
    [("Argentina", "AR"), ("Deutschland", "DE"), ("ÖSTERREICH", "AT"), ("uk", "GB"), ("日本", "JP"),
     ("se", "SE"), ("Georgia", "GE")],
)  # fmt: skip
def test_a_country_is_known_by_its_name_in_any_language(typed, code):
    assert normalise.country(typed) == code


def test_an_unknown_country_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match="“Atlantis” is not a country; use its name"):
        normalise.country("Atlantis")


def test_the_list_to_choose_from_is_sorted_by_name():
    listed = list(countries.names().values())
    assert listed == sorted(listed)
    assert countries.names()["US"] == "United States"
