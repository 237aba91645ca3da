"""What we say of an offer: proposed by one, agreed by another, taken away."""

import pytest
from django.test import Client

from accounts.refusals import Conflict, NotAllowed, Refused
from personas import saying
from personas.models import Message
from tests.factories import make_offer, ny, publish

AT = ny("2026-01-15 10:00")


@pytest.fixture
def lunch(cast):
    offer = make_offer()
    offer.personas.add(cast.persona)
    return offer


def said(lunch, cast, by=None, **more) -> Message:
    return saying.propose("Ask who orders.", by=by or cast.sam, at=AT, offer=lunch, **more)


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_another_agrees_than_proposed(cast, lunch):
    message = said(lunch, cast, by=cast.dana)
    with pytest.raises(Refused, match="another manager"):
        saying.agree(message, by=cast.dana, at=AT)
    with pytest.raises(NotAllowed):
        saying.agree(message, by=cast.sam, at=AT)
    saying.agree(message, by=cast.mona, at=AT)
    assert list(Message.objects.in_use()) == [message]
    with pytest.raises(Conflict):
        saying.agree(message, by=cast.mona, at=AT)


def test_who_proposed_takes_it_away_until_it_is_agreed(cast, lunch):
    message = said(lunch, cast)
    with pytest.raises(NotAllowed):
        saying.retire(message, by=cast.sue, at=AT)
    saying.retire(message, by=cast.sam, at=AT)
    message.refresh_from_db()
    saying.bring_back(message, by=cast.sam, at=AT)
    saying.agree(message, by=cast.mona, at=AT)
    message.refresh_from_db()
    with pytest.raises(NotAllowed):
        saying.retire(message, by=cast.sam, at=AT)


def test_what_is_agreed_stands_on_the_leads_it_is_for(cast, lunch):
    lead = cast.hot_lead(at=AT)
    for message in (
        said(lunch, cast, persona=cast.persona),
        said(lunch, cast, stage="customer"),
        said(make_offer("Dinner"), cast),
    ):
        saying.agree(message, by=cast.mona, at=AT)
    said(lunch, cast)
    page = client_of(cast.sam).get(f"/leads/{lead.pk}/")
    assert [m.persona for m in page.context["to_say"]] == [cast.persona]
    assert "Ask who orders." in page.content.decode()


def test_it_is_proposed_agreed_and_taken_away_on_the_page(cast, lunch):
    sam, mona = client_of(cast.sam), client_of(cast.mona)
    facts = {"text": "The business lunch is one of many.", "channel": "call",
             "collaterals": "Menu https://example.org/menu.pdf\nhttps://example.org/"}  # fmt: skip
    for typed, words in (
        ({"text": ""}, "Write what to say."),
        ({"collaterals": "javascript:alert(1)"}, "“javascript:alert(1)” is no address"),
    ):
        answer = sam.post("/offers/business-lunch/messages/new/", {**facts, **typed})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    sam.post("/offers/business-lunch/messages/new/", facts)
    message = Message.objects.get()
    assert message.collaterals == [
        {"title": "Menu", "url": "https://example.org/menu.pdf"},
        {"title": "https://example.org/", "url": "https://example.org/"},
    ]
    publish(lunch, by=cast.mona, at=AT, name="Meals for teams")
    page = mona.get("/offers/business-lunch/").content.decode()
    assert "<mark>Business lunch</mark>”, now called “Meals for teams”, $12." in page
    mona.post(f"/messages/{message.pk}/agree/")
    assert list(Message.objects.in_use()) == [message]
    page = mona.post(f"/messages/{message.pk}/retire/", follow=True).content.decode()
    assert f"/messages/{message.pk}/bring-back/" in page
    mona.post(f"/messages/{message.pk}/bring-back/")
    assert list(Message.objects.in_use()) == [message]
