"""Changing details: normalised, recorded, scored anew; an address belongs to one lead."""

import pytest

from accounts.refusals import Conflict, Refused
from leads.editing import edit
from leads.models import Campaign, Kind, Lead, Stage
from tests.factories import ny

AT = ny("2027-01-15 10:00")
LATER = ny("2027-01-15 11:00")


@pytest.fixture
def lead(cast) -> Lead:
    return cast.capture(
        at=AT, email="Joe@Home.example", first_name="Joe", phone="(212) 555-0123", country="US"
    ).lead


def test_values_are_normalised_and_what_was_typed_is_kept(cast, lead):
    changed = edit(
        lead,
        {"email": " Joe.New@HOME.example ", "phone": "020 7946 0000", "country": "england"},
        by=cast.maya,
        at=LATER,
    )

    assert changed == ["email", "phone", "country"]
    assert (lead.email, lead.email_typed, lead.company_domain) == (
        "joe.new@home.example", "Joe.New@HOME.example", "home.example",
    )  # fmt: skip
    assert (lead.phone, lead.phone_typed, lead.country) == ("+442079460000", "020 7946 0000", "GB")
    assert lead.updated_at == LATER


def test_only_what_is_given_changes(cast, lead):
    assert edit(lead, {"last_name": "Okafor"}, by=cast.maya, at=LATER) == ["last_name"]
    assert (lead.first_name, lead.last_name, lead.email, lead.phone, lead.phone_typed) == (
        "Joe", "Okafor", "joe@home.example", "+12125550123", "(212) 555-0123",
    )  # fmt: skip
    assert lead.match_text == "joe okafor"


def test_moving_countries_does_not_change_the_number(cast, lead):
    edit(lead, {"country": "GB"}, by=cast.maya, at=LATER)
    assert (lead.country, lead.phone) == ("GB", "+12125550123")


def test_the_change_is_recorded_with_what_it_was(cast, lead):
    edit(lead, {"first_name": "Joseph", "company": "Spa"}, by=cast.maya, at=LATER)
    activity = lead.activities.get(kind=Kind.EDITED)
    assert (activity.actor, activity.occurred_at, activity.data) == (
        cast.maya,
        LATER,
        {
            "changed": {
                "first_name": {"from": "Joe", "to": "Joseph"},
                "company": {"from": "", "to": "Spa"},
            }
        },
    )


def test_the_same_again_changes_nothing(cast, lead):
    assert edit(lead, {"email": "JOE@home.example"}, by=cast.maya, at=LATER) == []
    assert (lead.updated_at, lead.activities.filter(kind=Kind.EDITED).count()) == (AT, 0)


def test_the_score_follows(cast, lead):
    before = lead.score
    edit(lead, {"job_title": "Director"}, by=cast.maya, at=LATER)
    assert (lead.score, lead.stage) == (before + 15, Stage.INQUIRY)
    assert lead.scored_at == LATER


def test_a_lead_that_reaches_the_definition_is_handed_over(cast, lead):
    edit(
        lead, {"job_title": "Director of Wellness", "company": "Spa Hotel"}, by=cast.maya, at=LATER
    )
    assert (lead.stage, lead.score, lead.owner) == (Stage.MQL, 55, cast.sam)
    handoff = lead.handoffs.get()
    assert (handoff.handed_over_at, handoff.receipt["score"]) == (LATER, 55)
    assert handoff.clocks.count() == 3


def test_where_the_campaign_says_so_it_waits_for_a_person(cast, lead):
    Campaign.objects.update(hand_over_at_once=False)
    edit(
        lead, {"job_title": "Director of Wellness", "company": "Spa Hotel"}, by=cast.maya, at=LATER
    )
    assert (lead.stage, lead.handoffs.count()) == (Stage.MQL, 0)


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"email": "joe@"}, "email", "“joe@” is not an e-mail address"),
        ({"phone": "twelve"}, "phone", "“twelve” is not a phone number"),
        ({"country": "Atlantis"}, "country", "“Atlantis” is not a country"),
        ({"email": "", "phone": ""}, "email", "Give an e-mail address or a phone number"),
        ({"first_name": "x" * 10_000_000}, "first_name", "This is 10,000,000 characters long"),
        ({"stage": "customer"}, "stage", "This can't be changed here."),
    ],
)
def test_what_can_not_be_is_refused_by_field(cast, lead, values, field, words):
    with pytest.raises(Refused) as refusal:
        edit(lead, {"last_name": "Half", **values}, by=cast.maya, at=LATER)
    assert words in refusal.value.fields[field]
    lead.refresh_from_db()
    assert lead.last_name == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Zoë 🙂", "Zoë 🙂"), ("ليلى", "ليلى"), ("a\x00b\x07", "ab"), ("  two\n words ", "two words")],
)
def test_any_script_is_kept_and_control_characters_are_not(cast, lead, typed, kept):
    edit(lead, {"first_name": typed}, by=cast.maya, at=LATER)
    assert lead.first_name == kept


def test_an_address_of_another_lead_is_a_conflict(cast, lead):
    cast.capture(at=AT, email="ann@home.example", first_name="Ann")
    with pytest.raises(Conflict) as conflict:
        edit(lead, {"email": "ANN@home.example", "first_name": "J"}, by=cast.maya, at=LATER)
    assert (conflict.value.code, conflict.value.fields) == (
        "email_taken",
        {
            "email": "ANN@home.example belongs to “Ann” already; two leads can't share an address.",
        },
    )
    lead.refresh_from_db()
    assert (lead.email, lead.first_name) == ("joe@home.example", "Joe")


def test_the_other_lead_is_not_named_to_those_who_may_not_see_it(cast, lead):
    cast.capture(at=AT, email="ann@home.example", first_name="Ann")
    with pytest.raises(Conflict) as conflict:
        edit(lead, {"email": "ann@home.example"}, by=cast.sam, at=LATER)
    assert "another lead" in conflict.value.message
    assert "Ann" not in conflict.value.message
