"""Which column of somebody's file is what: by header, by values, or left alone."""

import pytest

from leads.duplicates.columns import plan
from leads.duplicates.records import CITY, COMPANY, FIRST, LAST, NUMBER, PHONE, STREET

PEOPLE = [
    (
        "Mary",
        "Osgood",
        "mary@osgood.example",
        "(212) 555-0101",
        "Osgood Tools Ltd",
        "7 Mill Street",
    ),
    ("John", "Tarrant", "jt@tarrant.example", "(212) 555-0102", "Tarrant Inc", "12 Church Road"),
    (
        "Anna",
        "Vespers",
        "anna.v@vespers.example",
        "(212) 555-0103",
        "Vespers LLC",
        "3 Station Road",
    ),
    ("Peter", "Quill", "pq@quill.example", "(212) 555-0104", "Quill & Sons Ltd", "99 Harbour Lane"),
    ("Robert", "Udall", "bob@udall.example", "(212) 555-0105", "Udall GmbH", "45 Garden Avenue"),
    ("Susan", "Ingram", "sue@ingram.example", "(212) 555-0106", "Ingram Corp", "6 Forest Drive"),
]


def fields(headers: str, *row: str) -> dict[str, list[str]]:
    """What each field is taken from, by header."""
    names = headers.split(",")
    found = plan(names, [row or [""] * len(names)])
    return {field: [names[column] for column in columns] for field, columns in found.taken.items()}


@pytest.mark.parametrize(
    ("header", "value", "field"),
    [
        ("given_name", "Ann", "first"), ("fname", "Ann", "first"), ("First Name", "Ann", "first"),
        ("vorname", "Ann", "first"), ("forename", "Ann", "first"), ("surname", "Lee", "last"),
        ("lname", "Lee", "last"), ("LastName", "Lee", "last"), ("Contact Name", "A B", "full_name"),
        ("E-mail 1", "a@b.example", "email"), ("Email ID", "a@b.example", "email"),
        ("Mobile No.", "0171 2345678", "phone"), ("phone_number", "0171 2345678", "phone"),
        ("Account Name", "Spa", "company"), ("employer_name", "Spa", "company"),
        ("address_1", "7 Mill St", "street"), ("addr", "7 Mill St", "street"),
        ("address_2", "Flat 3", "place"), ("street_number", "7", "number"),
        ("suburb", "Easton", "city"), ("Mailing City", "Easton", "city"),
        ("postcode_fake", "3165", "postcode"), ("zip", "3165", "postcode"),
        ("PLZ", "3165", "postcode"), ("state", "nsw", "state"), ("Country", "DE", "country"),
    ],
)  # fmt: skip
def test_headers_are_recognised(header, value, field):
    rows = [[value]] * 6
    assert plan([header], rows).taken == {field: [0]}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("rec_id", "rec-12-org"), ("soc_sec_id", "6089216"), ("date_of_birth", "19080419"),
        ("dob", "1971-06-24"), ("cluster", "7"), ("birth_place", "London"), ("Occupation", "Cook"),
        ("created_at", "2020-01-01"), ("customer id", "0301234567"), ("score", "17"),
        ("email_opt_in", "yes"), ("weight", "72"), ("last_seen", "2026-01-01 10:00"),
    ],
)  # fmt: skip
def test_other_things_are_left_alone(header, value):
    assert plan([header], [[value]] * 6).taken == {}


def test_columns_without_a_telling_header_are_known_by_their_values():
    found = plan(["a", "b", "c", "d", "e", "f"], PEOPLE).taken
    assert found == {
        "first": [0], "last": [1], "email": [2], "phone": [3], "company": [4], "street": [5],
    }  # fmt: skip


def test_a_name_that_is_no_persons_is_a_company():
    places = ["Arnie's Grill", "Blue Door", "Cafe Luxor", "Delmonico", "Empire Diner", "Fog House"]
    assert plan(["name", "addr"], [[p, "1 Mill St"] for p in places]).taken["company"] == [0]
    assert plan(["name"], [["Mary Lee"], ["John Ray"], ["Peter Fox"]] * 3).taken == {
        "full_name": [0]
    }


def test_of_several_columns_for_a_field_all_reach_and_the_first_filled_counts():
    headers = ["email", "email", "phone", "mobile", "city", "town"]
    found = plan(headers, [["a@b.example", "c@d.example", "212 555 0101", "212 555 0102", "", "X"]])
    record = found.record(["", "c@d.example", "212 555 0101", "212 555 0102", "", "Easton"])
    assert (record[2], record[PHONE], record[CITY]) == (
        "c@d.example", "125550101 125550102", "easton",
    )  # fmt: skip


def test_a_row_becomes_what_is_compared():
    found = plan(
        ["name", "company", "address"], [["Mary Lee", "Spa Ltd", "7 Mill St"], ["John Ray", "", ""]]
    )
    record = found.record(["Lee, Dr. Mary", "The Spa GmbH", "17a Mill St."])
    assert [record[i] for i in (FIRST, LAST, COMPANY, NUMBER, STREET)] == [
        "mary", "lee", "spa", "17a", "mill street",
    ]  # fmt: skip
