"""@mentions in notes: who is offered and told, what they are called, what can't be put in."""

import pytest
from django.test import Client

from accounts.instants import database_now
from accounts.models import OutboxMessage
from accounts.telling import TOPIC_OF
from leads import mentions
from leads.activities import log_touch
from leads.models import Activity
from tests.factories import make_user

HTMX = {"HX-Request": "true"}


@pytest.fixture
def lead(cast):
    lead = cast.hot_lead(at=database_now())
    lead.handoffs.get().accept(cast.sam, at=database_now())
    for person, name in ((cast.dana, "Dana Diaz"), (cast.maya, "Maya Ek"), (cast.sue, "Sue Lee")):
        person.name = name
        person.save()
    OutboxMessage.objects.all().delete()
    return lead


@pytest.fixture
def sam(cast) -> Client:
    client = Client()
    client.force_login(cast.sam)
    return client


def note(cast, lead, words: str) -> Activity:
    return log_touch(lead, "note", by=cast.sam, at=database_now(), note=words)


def told() -> list[str]:
    found = OutboxMessage.objects.filter(kind="mention").select_related("recipient")
    return sorted(message.recipient.name for message in found)


def test_who_may_see_the_lead_is_offered_while_one_types(cast, lead, sam):
    def offered(typed: str) -> list[str]:
        answer = sam.get(f"/leads/{lead.pk}/mentions/", {"q": typed})
        return [person["name"] for person in answer.json()["people"]]

    assert offered("") == ["Admin", "Dana Diaz", "Maya Ek", "Mona"]  # not Sue, not Otto
    assert offered("di") == ["Dana Diaz"]
    assert offered("maya e") == ["Maya Ek"]
    assert offered("Dana Diaz, pl") == []
    assert offered("\x00' OR 1=1") == []


@pytest.mark.parametrize("count", [1, 3])
def test_offering_costs_the_same_for_many(cast, lead, count, django_assert_num_queries):
    for n in range(count):
        make_user(f"zed{n}", cast.marketing)
    with django_assert_num_queries(3):
        assert len(mentions.offered(lead, "zed", by=cast.sam)) == count


@pytest.mark.parametrize(
    ("words", "people"),
    [
        ("Ask @Dana Diaz, please", ["Dana Diaz"]),
        ("@dana diaz and @MAYA EK.", ["Dana Diaz", "Maya Ek"]),
        ("(@Dana) knows", ["Dana Diaz"]),
        ("@maya@demo.test", ["Maya Ek"]),
        ("@Dana Diaz @Dana Diaz", ["Dana Diaz"]),
        ("Write to info@dana.example or @Danahill", []),
        ("@Sam", []),  # oneself
        ("@Sue Lee", []),  # may not see it
        ("@ nobody, @@, @\u202eDana", []),
    ],
)
def test_whoever_is_named_and_may_see_the_lead_is_told(cast, lead, words, people):
    done = note(cast, lead, words)
    assert told() == people
    assert done.note == words
    if people:
        message = OutboxMessage.objects.filter(kind="mention").first()
        assert (message.title, message.url) == (
            "Sam mentioned you: Pat Lee", f"/leads/{lead.pk}/",
        )  # fmt: skip
        assert TOPIC_OF["mention"].name == "Mentions"


def test_a_first_name_of_two_means_neither(cast, lead):
    other = make_user("moss", cast.sales)
    other.name = "Dana Moss"
    other.save()
    note(cast, lead, "@Dana and @Dana Diaz")
    assert told() == ["Dana Diaz"]


def test_who_may_not_see_the_lead_is_not_told_and_the_page_says_so(cast, lead, sam):
    words = {"kind": "note", "note": "@Sue Lee and @Maya Ek"}
    answer = sam.post(f"/leads/{lead.pk}/activity/", words, follow=True)
    assert "Sue Lee may not see this lead, so nothing is told to them." in answer.text
    assert told() == ["Maya Ek"]


def test_renamed_they_are_shown_by_their_new_name_and_nothing_is_put_in(cast, lead, sam):
    note(cast, lead, "<b>@Dana Diaz</b>\n& @Maya Ek")
    cast.dana.name = "Dana <i>Moss"
    cast.dana.save()
    shown = sam.get(f"/leads/{lead.pk}/").text
    assert (
        '&lt;b&gt;<span class="mention">@Dana &lt;i&gt;Moss</span>&lt;/b&gt;<br>&amp; '
        '<span class="mention">@Maya Ek</span>'
    ) in shown
    assert Activity.objects.get(kind="note").note == "<b>@Dana Diaz</b>\n& @Maya Ek"


def test_a_note_without_an_at_asks_nothing_more(cast, lead, django_assert_max_num_queries):
    assert mentions.found_in("No one, dana@demo.test", lead) == []
    many = "@Dana Diaz " * 3000
    with django_assert_max_num_queries(3):
        assert len(mentions.found_in(many, lead)) == 1
