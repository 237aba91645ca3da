"""Came back from sales: the reason, marketing's clock, and its answer."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Team
from leads.models import Handoff, Lead, Return
from tests.accounts.test_own_pages import signed_in
from tests.factories import make_user, ny

START = ny("2026-01-15 10:00")


def make_return(cast, n: int = 0, *, minutes: int = 5) -> Return:
    """A lead that its rep refused some minutes after it was handed over."""
    lead = cast.hot_lead(at=START, email=f"p{n}@spa.example")
    handoff = lead.handoffs.get()
    at = START + timedelta(minutes=minutes)
    return handoff.reject(handoff.owner, reason="wrong_persona", note="Buys no tubs 🛁", at=at)


def answer(person, returned, answer="accepted", note="", pk=None):
    return signed_in(person).post(
        f"/returns/{pk or returned.pk}/answer/", {"answer": answer, "note": note}
    )


def test_what_came_back_is_listed_with_reason_and_clock(cast):
    returned = make_return(cast)
    page = signed_in(cast.maya).get("/returns/")
    (waiting,) = page.context["waiting"]
    assert (waiting.returned, waiting.clock.term.key) == (returned, "answer_return")
    text = page.content.decode()
    for words in ("Wrong persona", "Buys no tubs 🛁", str(returned.returned_by)):
        assert words in text


def test_the_next_deadline_comes_first(cast):
    late, early = make_return(cast, 1, minutes=30), make_return(cast, 2, minutes=5)
    page = signed_in(cast.maya).get("/returns/")
    assert [each.returned for each in page.context["waiting"]] == [early, late]


def test_accepted_it_goes_back_to_nurture_and_the_clock_stops(cast):
    returned = make_return(cast)
    done = answer(cast.maya, returned)
    assert (done.status_code, done.url) == (302, "/returns/")
    returned.refresh_from_db()
    assert (returned.answer, returned.answered_by) == ("accepted", cast.maya)
    page = signed_in(cast.maya).get("/returns/")
    assert (page.context["waiting"], list(page.context["answered"])) == ([], [returned])
    assert returned.handoff.clocks.get(term__key="answer_return").ended_at is not None


def test_fixed_it_goes_to_sales_again(cast):
    returned = make_return(cast)
    answer(cast.maya, returned, "fixed", "The persona was wrong, now it is right")
    assert Handoff.objects.filter(lead=returned.handoff.lead).count() == 2
    assert Handoff.objects.order_by("pk").last().override_reason == (
        "Fixed: The persona was wrong, now it is right"
    )


def test_disputed_with_a_note(cast):
    returned = make_return(cast)
    answer(cast.maya, returned, "disputed", "She runs the spa")
    returned.refresh_from_db()
    assert (returned.answer, returned.answer_note) == ("disputed", "She runs the spa")


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({"answer": "fixed"}, "note", "Say what was fixed or why you disagree."),
        ({"answer": "disputed", "note": "  "}, "note", "Say what was fixed or why you disagree."),
        ({"answer": ""}, "answer", "Choose one of the three answers."),
        ({"answer": "perhaps"}, "answer",
         "Select a valid choice. perhaps is not one of the available choices."),
        ({"answer": "fixed", "note": "x\x00"}, "note", "Null characters are not allowed."),
        ({"answer": "fixed", "note": "x" * 3000}, "note",
         "Ensure this value has at most 2000 characters (it has 3000)."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(cast, sent, field, said):
    returned = make_return(cast)
    page = signed_in(cast.maya).post(f"/returns/{returned.pk}/answer/", sent)
    (waiting,) = page.context["waiting"]
    assert (page.status_code, waiting.form.errors[field]) == (422, [said])
    assert waiting.form["note"].value() == sent.get("note")
    returned.refresh_from_db()
    assert returned.answered_at is None


def test_the_second_answer_is_told_of_the_first(cast):
    returned = make_return(cast)
    answer(cast.mona, returned)
    page = answer(cast.maya, returned, "disputed", "No")
    assert page.status_code == 409
    assert [str(message) for message in page.context["messages"]] == [
        "Mona answered this already: agreed: back to nurture."
    ]


def test_another_teams_returns_are_not_found(cast):
    returned = make_return(cast)
    other = Team.objects.create(slug="brand", name="Brand", kind="marketing")
    bea = make_user("bea", other)
    assert signed_in(bea).get("/returns/").context["waiting"] == []
    assert answer(bea, returned).status_code == 404
    assert answer(cast.maya, returned, pk=10**9).status_code == 404


@pytest.mark.parametrize("person", ["sam", "dana", "outsider"])
def test_sales_and_outsiders_have_no_business_here(cast, person):
    returned = make_return(cast)
    assert signed_in(getattr(cast, person)).get("/returns/").status_code == 403
    assert answer(getattr(cast, person), returned).status_code == 403
    returned.refresh_from_db()
    assert returned.answered_at is None


def test_strangers_and_wrong_methods(cast):
    returned = make_return(cast)
    assert Client().get("/returns/").status_code == 302
    assert signed_in(cast.maya).post("/returns/").status_code == 405
    assert signed_in(cast.maya).get(f"/returns/{returned.pk}/answer/").status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_the_returns(cast, count, django_assert_num_queries):
    for n in range(count):
        make_return(cast, n)
    client = signed_in(cast.maya)
    # session, user, memberships, instant, waiting, their clocks, answered, bell
    with django_assert_num_queries(9):
        client.get("/returns/")
    assert Lead.objects.count() == count
