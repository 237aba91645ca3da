"""Changes of offers: proposed, published, acknowledged, taken back."""

import threading

import pytest
from django.db import connection, transaction

from accounts.models import AuditEntry, OutboxMessage, User
from accounts.refusals import Conflict, NotAllowed, Refused
from personas import announcing
from personas.models import Acknowledgement, Offer, OfferChange
from tests.factories import hours, make_offer, ny, propose, publish

AT = ny("2026-01-15 10:00")


@pytest.fixture
def lunch(cast):
    return make_offer()


def renamed(lunch, cast, **more) -> OfferChange:
    facts = {"name": "Meals for teams", "price": "14.50", "say": "Same kitchen", **more}
    return publish(lunch, by=cast.mona, at=AT, **facts)


def test_a_published_change_takes_effect_and_asks_everybody_in_sales(cast, lunch):
    change = renamed(lunch, cast)
    lunch.refresh_from_db()
    assert (lunch.name, str(lunch.price), lunch.former_names) == (
        "Meals for teams", "14.50", ["Business lunch"],
    )  # fmt: skip
    assert change.title == "“Business lunch” is now “Meals for teams”, $14.50 instead of $12"
    asked = Acknowledgement.objects.values_list("user__email", flat=True)
    assert sorted(asked) == ["dana@demo.test", "sam@demo.test", "sue@demo.test"]
    told = OutboxMessage.objects.filter(kind="change", recipient=cast.sam).get()
    assert told.title == f"To acknowledge: {change.title}"
    assert told.body == "Same kitchen Why: Teams ask for it by that name"
    assert told.url == change.get_absolute_url()
    audit = AuditEntry.objects.get(verb="change_published")
    assert (audit.actor, audit.facts["asked"]) == (cast.mona, 3)


def test_acknowledging_twice_changes_nothing(cast, lunch):
    change = renamed(lunch, cast)
    first = announcing.acknowledge(change, by=cast.sam, at=AT + hours(1))
    again = announcing.acknowledge(change, by=cast.sam, at=AT + hours(2))
    assert first.acknowledged_at == again.acknowledged_at == AT + hours(1)
    assert list(OfferChange.objects.to_acknowledge_by(cast.sam)) == []
    assert list(OfferChange.objects.to_acknowledge_by(cast.sue)) == [change]


def test_who_was_not_asked_cannot_acknowledge(cast, lunch):
    change = renamed(lunch, cast)
    with pytest.raises(NotAllowed):
        announcing.acknowledge(change, by=cast.maya, at=AT)


@pytest.mark.parametrize("who", ["maya", "sam", "dana", "admin"])
def test_only_a_manager_of_marketing_publishes(cast, lunch, who):
    change = propose(lunch, by=cast.maya, at=AT, price="13.00")
    with pytest.raises(NotAllowed):
        announcing.publish(change, by=getattr(cast, who), at=AT, seen=announcing.ticket(change))
    lunch.refresh_from_db()
    assert str(lunch.price) == "12.00"


@pytest.mark.parametrize("who", ["sam", "dana", "admin", "outsider"])
def test_only_marketing_proposes(cast, lunch, who):
    with pytest.raises(NotAllowed):
        propose(lunch, by=getattr(cast, who), at=AT, price="13.00")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": "Business lunch", "price": "12.00"}, "Nothing would be different"),
        ({"price": "13.00", "reason": " "}, "Say why."),
        ({"price": "13.00", "reason": "x" * 1001}, "The reason has 1001 characters; 1000 is"),
        ({"name": "dinner"}, "Another offer is called “dinner”."),
    ],
)
def test_what_can_not_be_proposed(cast, lunch, said, words):
    make_offer("Dinner", "30")
    with pytest.raises(Refused, match=words):
        propose(lunch, by=cast.maya, at=AT, **said)


def test_what_is_published_is_what_was_read(cast, lunch):
    change = propose(lunch, by=cast.maya, at=AT, price="13.00")
    seen = announcing.ticket(change)
    announcing.propose(lunch, {"price": "99.00"}, by=cast.maya, at=AT, seen=seen, reason="More")
    with pytest.raises(Conflict, match="has changed since you looked"):
        announcing.publish(change, by=cast.mona, at=AT, seen=seen)
    with pytest.raises(Conflict, match="Maya has proposed something"):
        announcing.propose(lunch, {"price": "1.00"}, by=cast.mona, at=AT, seen=seen, reason="Less")
    assert OfferChange.objects.get().after == {"price": "99.00"}


def test_taken_back_the_offer_is_as_it_was_and_nobody_need_acknowledge(cast, lunch):
    change = renamed(lunch, cast)
    announcing.take_back(change, by=cast.mona, at=AT + hours(1))
    lunch.refresh_from_db()
    assert (lunch.name, str(lunch.price), lunch.former_names) == ("Business lunch", "12.00", [])
    assert not OfferChange.objects.to_acknowledge_by(cast.sam).exists()
    with pytest.raises(Conflict, match="taken back"):
        announcing.acknowledge(change, by=cast.sam, at=AT + hours(2))
    assert OutboxMessage.objects.filter(title__startswith="Taken back").count() == 3


def test_only_the_last_change_is_taken_back(cast, lunch):
    first = renamed(lunch, cast)
    publish(lunch, by=cast.mona, at=AT + hours(1), price="15.00")
    with pytest.raises(Conflict, match="not the last change"):
        announcing.take_back(first, by=cast.mona, at=AT + hours(2))


def test_called_by_its_old_name_again_the_name_is_retired_no_more(cast, lunch):
    renamed(lunch, cast)
    publish(lunch, by=cast.mona, at=AT + hours(1), name="Business lunch")
    lunch.refresh_from_db()
    assert lunch.former_names == ["Meals for teams"]


def test_a_former_name_brought_back_and_taken_back_is_a_former_one_again(cast, lunch):
    renamed(lunch, cast)
    again = publish(lunch, by=cast.mona, at=AT + hours(1), name="Business lunch")
    announcing.take_back(again, by=cast.mona, at=AT + hours(2))
    lunch.refresh_from_db()
    assert (lunch.name, lunch.former_names) == ("Meals for teams", ["Business lunch"])


def test_a_name_from_before_there_were_changes_is_a_former_one_again_too(cast, lunch):
    lunch.former.create(name="Lunch deal")
    brought_back = publish(lunch, by=cast.mona, at=AT, name="Lunch deal")
    lunch.refresh_from_db()
    assert lunch.former_names == ["Business lunch"]
    announcing.take_back(brought_back, by=cast.mona, at=AT + hours(1))
    lunch.refresh_from_db()
    assert (lunch.name, lunch.former_names) == ("Business lunch", ["Lunch deal"])


def test_a_name_in_other_capitals_is_the_same_name_and_stands_in_nobodys_way(cast, lunch):
    for hour, name in enumerate(["BUSINESS LUNCH", "Meals for teams"]):
        publish(lunch, by=cast.mona, at=AT + hours(hour), name=name)
    lunch.refresh_from_db()
    assert lunch.former_names == ["BUSINESS LUNCH"]


@pytest.mark.parametrize("words", ["business l", "MEALS"])
def test_an_offer_is_found_by_either_name(cast, lunch, words):
    renamed(lunch, cast)
    assert list(Offer.objects.called(words)) == [lunch]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_is_first(cast):
    change = propose(make_offer(), by=cast.maya, at=AT, price="13.00")
    seen, outcomes = announcing.ticket(change), []

    def once() -> None:
        try:
            announcing.publish(
                change, by=User.objects.get(email="mona@demo.test"), at=AT, seen=seen
            )
            outcomes.append("published")
        except Conflict as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    both = [threading.Thread(target=once) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(outcomes) == ["change_over", "published"]
    assert Acknowledgement.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_who_acknowledges_while_it_is_taken_back_waits_and_is_told(cast):
    change, outcomes = publish(make_offer(), by=cast.mona, at=AT, price="13.00"), []

    def read() -> None:
        try:
            announcing.acknowledge(change, by=cast.sam, at=AT)
            outcomes.append("read")
        except Conflict:
            outcomes.append("taken back")
        finally:
            connection.close()

    reading = threading.Thread(target=read)
    with transaction.atomic():
        announcing.take_back(change, by=cast.mona, at=AT)
        reading.start()
        reading.join(timeout=0.5)
    reading.join()
    assert outcomes == ["taken back"]
