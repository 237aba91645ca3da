"""The pages of offers and their changes: from marketing's proposal to the rep who has read it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client

from personas import announcing
from personas.models import Acknowledgement, Offer, OfferChange
from sla.models import Clock
from tests.factories import (
    hours,
    make_cast,
    make_offer,
    ny,
    promise_acknowledgement,
    propose,
    publish,
)
from tests.leads.mail.test_meetings import until_somebody_waits

AT = ny("2026-01-15 10:00")
RENAME = {
    "name": "Meals for teams", "price": "14.50", "currency": "USD", "is_active": "on",
    "say": "Same kitchen, for five or more.", "reason": "Teams ask for it by that name",
}  # fmt: skip


@pytest.fixture
def lunch(cast):
    promise_acknowledgement(cast.contract)
    return make_offer()


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer) -> str:
    return answer.content.decode()


def test_from_a_proposal_to_a_rep_who_has_read_it(cast, lunch):
    maya, mona, sam = (signed_in(person) for person in (cast.maya, cast.mona, cast.sam))
    page = maya.post("/offers/business-lunch/change/", {"seen": "", **RENAME}, follow=True)
    change = OfferChange.objects.get()
    assert page.redirect_chain == [(f"/changes/{change.pk}/", 302)]
    assert "A manager of marketing publishes it." in text(page)
    assert sam.get(f"/changes/{change.pk}/").status_code == 404

    seen = announcing.ticket(change)
    assert "Publish to 3 in sales" in text(mona.get(f"/changes/{change.pk}/"))
    page = mona.post(f"/changes/{change.pk}/publish/", {"seen": seen}, follow=True)
    assert f"/changes/{change.pk}/take-back/" in text(page)  # the toast's undo

    assert "1 change of offers to acknowledge" in text(sam.get("/"))
    page = sam.get("/changes/")
    for words in ("Same kitchen, for five or more.", "<del>$12</del> <ins>$14.50</ins>",
                  "Acknowledge", "data-due"):  # fmt: skip
        assert words in text(page), words
    page = sam.post(f"/changes/{change.pk}/acknowledge/", follow=True)
    assert page.redirect_chain == [("/changes/", 302)]
    assert "You have read everything" in text(page)
    assert Clock.objects.get(owner=cast.sam).state == "met"
    assert "1 of 3" in text(mona.get(f"/changes/{change.pk}/"))


def test_the_compliance_pages_name_the_change(cast, lunch):
    change = publish(lunch, by=cast.mona, at=AT, name="Meals for teams")
    dana = signed_in(cast.dana)
    for path in ("/sla/at-risk/", "/sla/clocks/?term=acknowledge"):
        page = text(dana.get(path))
        assert change.title in page, path
        assert f'href="/changes/{change.pk}/"' in page, path
    clock = Clock.objects.get(owner=cast.sam)
    assert change.title in text(dana.get(f"/sla/clocks/{clock.pk}/excuse/"))
    assert "Acknowledge a change" in text(dana.get("/sla/?by=term&period=year"))


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(cast, lunch):
    make_offer("Dinner", "30")
    maya = signed_in(cast.maya)
    for typed, words in (
        ({"price": "abc"}, "Write an amount such as 14.50."),
        ({"price": "-1"}, "A price is not below 0."),
        ({"name": ""}, "Say what it is called."),
        ({"reason": ""}, "Say why; everybody in sales reads it."),
        ({"name": "dinner"}, "Another offer is called “dinner”"),
        ({"seen": "1.1"}, "The proposal was published or thrown away"),
    ):
        answer = maya.post("/offers/business-lunch/change/", {"seen": "", **RENAME, **typed})
        assert answer.status_code in (409, 422)
        assert words in text(answer), words
        assert "Same kitchen, for five or more." in text(answer)
    assert not OfferChange.objects.exists()


def test_two_who_propose_see_each_other(cast, lunch):
    propose(lunch, by=cast.maya, at=AT, price="13.00")
    answer = signed_in(cast.mona).post("/offers/business-lunch/change/", {"seen": "", **RENAME})
    assert answer.status_code == 409
    assert "Maya has proposed something since you opened this." in text(answer)
    again = {**RENAME, "seen": answer.context["seen"]}
    assert signed_in(cast.mona).post("/offers/business-lunch/change/", again).status_code == 302
    assert OfferChange.objects.get().renamed


def test_something_new_is_sold_once_it_is_published(cast):
    facts = {"name": "Brunch", "price": "21", "currency": "USD", "summary": "Eggs",
             "personas": [cast.persona.pk], "say": "Sundays", "reason": "Asked for"}  # fmt: skip
    mona = signed_in(cast.mona)
    mona.post("/offers/new/", facts)
    offer, change = Offer.objects.get(), OfferChange.objects.get()
    assert (offer.is_active, change.title) == (False, "New: “Brunch”, $21")
    mona.post(f"/changes/{change.pk}/publish/", {"seen": announcing.ticket(change)})
    offer.refresh_from_db()
    assert offer.is_active
    assert Acknowledgement.objects.count() == 3
    answer = mona.post("/offers/new/", {**facts, "name": "brunch"})
    assert "“brunch” is, or was, what “Brunch” is called" in text(answer)


@pytest.mark.django_db(transaction=True)
def test_proposed_twice_in_the_same_moment_it_is_one_offer(db):
    cast = make_cast()
    facts = {"name": "Brunch", "price": "21", "currency": "USD", "reason": "Asked for"}
    mona = signed_in(cast.mona)

    def again():
        try:
            return mona.post("/offers/new/", facts)
        finally:
            connection.close()

    with ThreadPoolExecutor() as other, transaction.atomic():
        make_offer("Brunch")
        answer = other.submit(again)
        until_somebody_waits()
    answer = answer.result(timeout=10)
    assert answer.status_code == 422
    assert "“Brunch” is, or was, what “Brunch” is called" in text(answer)
    assert Offer.objects.count() == 1


def test_a_stale_publication_is_refused(cast, lunch):
    change = propose(lunch, by=cast.maya, at=AT, price="13.00")
    mona = signed_in(cast.mona)
    page = mona.post(f"/changes/{change.pk}/publish/", {"seen": "x"}, follow=True)
    assert "has changed since you looked at it" in text(page)
    mona.post(f"/changes/{change.pk}/discard/", {"seen": announcing.ticket(change)})
    page = mona.post(f"/changes/{change.pk}/publish/", {"seen": "x"}, follow=True)
    assert "This proposal was thrown away meanwhile." in text(page)


def test_lists_ask_as_much_for_three_as_for_one(cast, lunch, django_assert_num_queries):
    sam = signed_in(cast.sam)
    for path, queries in (("/offers/", 10), ("/changes/", 9)):
        sam.get(path)
        for n in range(3):
            publish(make_offer(f"{path} {n}"), by=cast.mona, at=AT + hours(n), name=f"{path}{n}!")
            if n != 1:
                with django_assert_num_queries(queries):
                    sam.get(path)
