"""Personas: words, criteria, and the leads behind them as each may see them."""

import pytest
from django.test import Client

from accounts.instants import database_now
from leads.agreed.persona_words import in_words
from personas.models import Offer, Persona
from tests.accounts.test_own_pages import signed_in

PAGE = "/personas/spa-director/"


def test_everybody_reads_them_with_the_leads_they_may_see(cast):
    lead = cast.hot_lead(at=database_now())
    lead.refresh_from_db()
    other = cast.sue if lead.owner == cast.sam else cast.sam
    for person, count in (
        (cast.maya, 1), (cast.mona, 1), (cast.dana, 1), (cast.admin, 1), (lead.owner, 1),
        (other, 0),
    ):  # fmt: skip
        client = signed_in(person)
        assert client.get("/personas/").context["rows"] == [(cast.persona, count)]
        page = client.get(PAGE)
        assert (page.context["count"], list(page.context["leads"])) == (count, [lead][:count])


def test_the_page_says_who_they_are_and_what_to_offer(cast):
    Persona.objects.update(
        pains="Guests with a bad back", objections=["Too dear", {"objection": "No room",
        "answer": "It is 2 m wide"}],
    )  # fmt: skip
    offer = Offer.objects.create(slug="tub", name="Tub XL", price=8900)
    offer.former.create(name="Tub L")
    offer.personas.add(cast.persona)
    text = signed_in(cast.sam).get(PAGE).content.decode()
    for words in (
        "Guests with a bad back", "Too dear", "No room", "It is 2 m wide", "Tub XL", "$8,900",
        "Was: Tub L", "Job title contains “wellness” or “spa”",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"field": "country", "op": "in", "value": ["US", "CA"]}, "country is one of “US” or “CA”"),
        ({"field": "extra.rooms", "op": "at_least", "value": 20}, "rooms is at least “20”"),
        ({"field": "company_domain", "op": "present"}, "company domain is known"),
        ({"field": "email", "op": "starts_with", "value": "info@"}, "email starts with “info@”"),
    ],
)
def test_criteria_in_words(rule, words):
    assert in_words(rule) == words


def test_unknown_outsider_stranger_and_wrong_method(cast):
    assert signed_in(cast.maya).get("/personas/none/").status_code == 404
    for path in ("/personas/", PAGE):
        assert signed_in(cast.outsider).get(path).status_code == 403
        assert Client().get(path).status_code == 302
        assert signed_in(cast.maya).post(path).status_code == 405


def test_without_personas_it_says_what_they_are(cast):
    Persona.objects.update(is_active=False)
    client = signed_in(cast.maya)
    assert "No persona agreed yet" in client.get("/personas/").content.decode()
    assert "Retired" in client.get(PAGE).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_the_personas(cast, count, django_assert_num_queries):
    for n in range(1, count):
        Persona.objects.create(slug=f"p{n}", name=f"P{n}")
    client = signed_in(cast.maya)
    # session, user, memberships, counts, personas, instant, bell, whom to ask
    with django_assert_num_queries(9):
        client.get("/personas/")
