"""Words that are said no more, found in a text."""

import pytest

from personas.models import Offer
from personas.retired import spoken, vocabulary
from tests.factories import make_offer, ny, publish

AT = ny("2026-01-15 10:00")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("about the Business Lunch, please", ["business lunch"]),
        ("business\n  lunch", ["business lunch"]),
        ("Business lunches", []),
        ("our business launch", []),
        ("Businesslunch", []),
        ("an agribusiness lunch", []),
        ("“business lunch”?", ["business lunch"]),
        ("Business lunch deluxe", []),
        ("business lunch and Business lunch deluxe", ["business lunch"]),
        ("", []),
    ],
)
def test_whole_words_in_any_case_but_not_within_a_name_in_use(text, said):
    names = ["business lunch deluxe"]
    found = [s for s in spoken(text, ["Business lunch"], names) if s not in names]
    assert found == said


@pytest.mark.parametrize("name", ["C++ (basic)", "50 % off?", "a.b*c", "[x]", "Ünïcode ß"])
def test_any_name_is_only_a_name(name):
    assert spoken(f"we sell {name}, too", [name]) == [" ".join(name.casefold().split())]


def test_the_remedy_names_what_is_sold_now(cast):
    lunch, dinner = make_offer(), make_offer("Dinner", "30")
    publish(lunch, by=cast.mona, at=AT, name="Meals for teams", price="14.50")
    publish(dinner, by=cast.mona, at=AT, claim="always organic", say="mostly organic")
    found = vocabulary().found_in("The business lunch is always organic. Business lunch!")
    assert [(one.words, one.remedy) for one in found] == [
        ("Business lunch", "now called “Meals for teams”, $14.50"),
        ("always organic", "no longer said of “Dinner”; say: mostly organic"),
    ]


def test_a_name_that_is_sold_again_is_retired_no_more(cast):
    lunch = make_offer()
    publish(lunch, by=cast.mona, at=AT, name="Meals for teams")
    Offer.objects.create(slug="again", name="business LUNCH", price=9)
    assert vocabulary().found_in("Business lunch") == []


def test_what_is_not_sold_any_more(cast):
    lunch = make_offer()
    publish(lunch, by=cast.mona, at=AT, name="Meals for teams")
    publish(lunch, by=cast.mona, at=AT, is_active=False)
    (one,) = vocabulary().found_in("the business lunch")
    assert one.remedy == "no longer sold"
