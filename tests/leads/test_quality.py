"""How good a lead was: who may say so, who hears of it, and what it comes to."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import OutboxMessage
from accounts.refusals import Conflict, NotAllowed, Refused
from leads.models import Activity, Feedback, Kind
from leads.qualification import qualify
from leads.quality import rate
from leads.quality_figures import overall, standings
from tests.factories import ny

AT, LATER = ny("2027-01-15 10:00"), ny("2027-01-15 11:00")
HTMX = {"HX-Request": "true"}


def accepted(cast, email="pat@spa.example", **row):
    lead = cast.hot_lead(at=AT, email=email, **row)
    handoff = lead.handoffs.get()
    handoff.accept(handoff.owner, at=AT)
    handoff.refresh_from_db()
    return handoff


def told(kind="feedback"):
    return [(m.recipient, m.title, m.body) for m in OutboxMessage.objects.filter(kind=kind)]


def test_marketing_hears_at_once_and_the_record_keeps_it(cast):
    handoff = accepted(cast)
    said = rate(handoff, 4, by=handoff.owner, at=LATER, why="  Knew what she wanted. ")
    assert (said.rating, said.why, said.by, said.at) == (
        4, "Knew what she wanted.", handoff.owner, LATER,
    )  # fmt: skip
    ((recipient, title, body),) = told()
    assert recipient.is_marketing
    assert (title, body) == ("Pat Lee: 4 of 5 from sales", "Knew what she wanted.")
    activity = Activity.objects.get(kind=Kind.FEEDBACK)
    assert (activity.handoff, activity.data, activity.note, activity.occurred_at) == (
        handoff, {"rating": 4}, "Knew what she wanted.", LATER,
    )  # fmt: skip


def test_said_again_the_last_word_counts_and_the_same_word_is_nothing(cast):
    handoff = accepted(cast)
    rate(handoff, 4, by=handoff.owner, at=LATER)
    rate(handoff, 4, by=handoff.owner, at=LATER)
    assert len(told()) == Activity.objects.filter(kind=Kind.FEEDBACK).count() == 1
    rate(handoff, 2, by=cast.dana, at=LATER, why="It was a student.")
    assert Feedback.objects.get().rating == 2
    assert told()[-1][1] == "Pat Lee: 2 of 5 from sales, 4 before"
    kept = Activity.objects.filter(kind=Kind.FEEDBACK).values_list("data__rating", flat=True)
    assert sorted(kept) == [2, 4]


@pytest.mark.parametrize(
    ("rating", "why", "field"),
    [(0, "x", "rating"), (6, "x", "rating"), (1, " ", "why"), (2, "", "why")],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(cast, rating, why, field):
    handoff = accepted(cast)
    with pytest.raises(Refused) as refused:
        rate(handoff, rating, by=handoff.owner, at=LATER, why=why)
    assert set(refused.value.fields) == {field}
    assert not Feedback.objects.exists()
    assert told() == []


def test_only_who_has_it_and_the_sales_managers_say(cast):
    handoff = accepted(cast)
    other = cast.sue if handoff.owner == cast.sam else cast.sam
    for somebody in (other, cast.maya, cast.mona):
        with pytest.raises(NotAllowed):
            rate(handoff, 3, by=somebody, at=LATER)
    rate(handoff, 3, by=cast.dana, at=LATER)
    # At the door: pages of those who never had it are not there.
    for somebody, status in (
        (other, 404),
        (cast.maya, 404),
        (cast.dana, 200),
        (handoff.owner, 200),
    ):
        client = Client()
        client.force_login(somebody)
        url = reverse("handoff-feedback", args=[handoff.pk])
        assert client.get(url, headers=HTMX).status_code == status, somebody


def test_before_it_is_accepted_there_is_nothing_to_rate(cast):
    handoff = cast.hot_lead(at=AT).handoffs.get()
    with pytest.raises(Conflict):
        rate(handoff, 3, by=handoff.owner, at=LATER)


def test_it_is_said_on_the_lead_page_or_while_ending_it(cast, client):
    handoff = accepted(cast)
    client.force_login(handoff.owner)
    page = client.get(f"/leads/{handoff.lead_id}/").content.decode()
    assert "Sales has not said yet" in page
    url = reverse("handoff-feedback", args=[handoff.pk])
    poor = client.post(url, {"rating": "2", "why": ""}, headers=HTMX)
    assert poor.status_code == 422
    assert "Say why it was poor" in poor.content.decode()
    assert client.post(url, {"rating": "5", "why": "<b>More</b>"}, headers=HTMX).status_code == 200
    page = client.get(f"/leads/{handoff.lead_id}/").content.decode()
    assert "5 of 5" in page
    assert "&lt;b&gt;More" in page
    answer = client.post(
        f"/leads/{handoff.lead_id}/recycle/", {"reason": "no_budget", "note": "", "rating": "2"}
    )
    assert answer.status_code == 302
    said = Feedback.objects.get()
    assert (said.rating, said.why) == (2, "No budget")


def test_ending_without_a_rating_says_nothing_and_a_refused_end_neither(cast, client):
    handoff = accepted(cast)
    client.force_login(handoff.owner)
    url = f"/leads/{handoff.lead_id}/disqualify/"
    assert client.post(url, {"reason": "other", "note": "", "rating": "4"}).status_code == 422
    assert not Feedback.objects.exists()
    assert client.post(url, {"reason": "no_need", "note": ""}).status_code == 302
    assert not Feedback.objects.exists()


def test_few_ratings_are_drawn_to_the_mean_of_all(cast):
    for number, rating in enumerate([5, *[3] * 9]):
        handoff = accepted(cast, f"p{number}@spa.example", source="fair" if rating == 5 else "web")
        rate(handoff, rating, by=cast.dana, at=LATER)
    feedback = Feedback.objects.visible_to(cast.admin)
    everything = overall(feedback)
    assert (everything.count, everything.mean, everything.poor) == (10, 3.2, 0)
    fair, web = standings(feedback, "source", prior=everything.mean)
    # (1·5 + 5·3.2) / 6 and (9·3 + 5·3.2) / 14, by hand.
    assert (fair.name, fair.count, fair.mean, round(fair.estimate, 3)) == ("fair", 1, 5, 3.5)
    assert (web.name, web.count, web.mean, round(web.estimate, 3)) == ("web", 9, 3, 3.071)
    assert (fair.is_few, web.is_few) == (True, False)
    (persona,) = standings(feedback, "persona", prior=everything.mean)
    assert persona.name == cast.persona.name
    (definition,) = standings(feedback, "definition", prior=everything.mean)
    assert definition.name == "MQL version 1"


def test_each_sees_what_was_said_of_the_leads_they_may_see(cast, client):
    handoff = accepted(cast)
    rate(handoff, 1, by=handoff.owner, at=LATER, why="Typed Mickey Mouse.")
    for person, sees in (
        (cast.maya, True),
        (cast.mona, True),
        (cast.dana, True),
        (cast.outsider, False),
    ):
        client.force_login(person)
        page = client.get(reverse("quality"), {"days": "all"}).content.decode()
        assert ("Mickey Mouse" in page) is sees, person
    client.force_login(cast.sam)
    assert client.get(reverse("quality")).status_code == 403


def test_the_page_asks_as_often_for_many_as_for_few(cast, client):
    client.force_login(cast.mona)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse("quality"), {"days": "all"}).status_code == 200
        return len(seen)

    rate(accepted(cast), 4, by=cast.dana, at=LATER)
    queries()
    few = queries()
    for number in range(6):
        rate(
            accepted(cast, f"m{number}@spa.example", source=f"s{number}"), 3, by=cast.dana, at=LATER
        )
    assert queries() == few <= 14


def test_the_rating_outlives_the_deal(cast):
    handoff = accepted(cast)
    qualify(handoff.lead, by=handoff.owner, at=LATER)
    assert rate(handoff, 5, by=handoff.owner, at=LATER).rating == 5
