"""Today: each role sees first what waits for it."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.instants import database_now
from leads.models import Campaign, Handoff, Lead, PoolMember
from tests.accounts.test_own_pages import signed_in


def today(person):
    answer = signed_in(person).get("/")
    assert answer.status_code == 200
    return answer.context


def test_a_marketer_sees_what_became_of_their_captures(cast):
    at = database_now()
    cast.capture(at=at - timedelta(days=1), email="cold@x.example")
    cast.capture(at=at - timedelta(days=90), email="old@x.example")
    handoff = cast.hot_lead(at=at - timedelta(hours=1)).handoffs.get()
    handoff.reject(handoff.owner, reason="not_ready", at=at)
    marketing = today(cast.maya)["marketing"]
    assert marketing["figures"] == {
        "captured": 2, "mine": 2, "handed_over": 1, "accepted": 0, "came_back": 1, "won": 0,
    }  # fmt: skip
    assert [lead.email for lead in marketing["captures"]] == [
        "pat@spa.example", "cold@x.example", "old@x.example",
    ]  # fmt: skip
    ((returned, clock),) = marketing["returns"]
    assert (marketing["returns_count"], returned.handoff, clock.term.key) == (
        1, handoff, "answer_return",
    )  # fmt: skip


def test_mqls_that_wait_are_shown(cast):
    Campaign.objects.get().delete()
    cast.campaign = Campaign.objects.create(
        slug="fair", name="Fair", team=cast.marketing, hand_over_at_once=False
    )
    lead = cast.hot_lead(at=database_now())
    marketing = today(cast.maya)["marketing"]
    assert (marketing["ready_count"], marketing["ready"]) == (1, [lead])


def test_a_rep_sees_their_queue_next_deadline_first(cast):
    at = database_now()
    for n in range(4):
        cast.hot_lead(at=at, email=f"p{n}@spa.example")
    queue = today(cast.sam)["queue"]
    assert [handoff for handoff, *_ in queue["rows"]] == list(Handoff.objects.queue_for(cast.sam))
    assert {label for *_, label in queue["rows"]} == {"Accept"}
    assert (queue["figures"]["open"], queue["figures"]["to_accept"]) == (2, 2)


def test_a_sales_manager_sees_what_is_at_risk(cast):
    at = database_now()
    PoolMember.objects.all().delete()
    cast.hot_lead(at=at, email="p0@spa.example")
    Lead.objects.update(respond_by=at - timedelta(minutes=5))
    sales = today(cast.dana)["sales"]
    assert (sales["figures"]["overdue"], sales["unassigned"], len(sales["rows"])) == (1, 1, 1)


@pytest.mark.parametrize(
    ("person", "parts"),
    [
        ("maya", {"marketing"}), ("mona", {"marketing"}), ("sam", {"queue"}), ("dana", {"sales"}),
        ("admin", {"sales", "marketing"}), ("outsider", set()),
    ],
)  # fmt: skip
def test_each_role_has_its_own_day(cast, person, parts):
    context = today(getattr(cast, person))
    assert {part for part in ("marketing", "queue", "sales") if part in context} == parts


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("maya", "No lead captured yet"), ("sam", "Your queue is empty"),
        ("dana", "Nothing is at risk"), ("outsider", "You are in no team yet"),
    ],
)  # fmt: skip
def test_an_empty_day_says_what_to_do_next(cast, person, words):
    assert words in signed_in(getattr(cast, person)).get("/").content.decode()


def test_strangers_sign_in_and_nobody_posts(cast):
    assert Client().get("/").url == "/accounts/login/?next=/"
    assert signed_in(cast.maya).post("/").status_code == 405


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("person", "queries"), [("maya", 17), ("sam", 10), ("dana", 12)])
def test_queries_do_not_grow(cast, person, queries, count, django_assert_num_queries):
    at = database_now()
    for n in range(count * 2):
        handoff = cast.hot_lead(at=at, email=f"p{n}@spa.example").handoffs.get()
        if n >= count:
            handoff.reject(handoff.owner, reason="not_ready", at=at)
    Lead.objects.filter(handed_over_at__isnull=False).update(respond_by=at)
    client = signed_in(getattr(cast, person))
    with django_assert_num_queries(queries):
        client.get("/")
