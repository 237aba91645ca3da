"""What a lead needs: noted on its page, counted for its persona, told by the API, taken back."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.refusals import Conflict, Refused
from leads import insights, needs
from leads.models import Insight
from tests.accounts.test_own_pages import signed_in
from tests.factories import ny
from tests.leads.api.program import Program

AT = ny("2027-01-14 10:00")
pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(cast):
    lead = cast.hot_lead(at=AT)
    lead.handoffs.get().accept(cast.sam, at=AT)
    return lead


def say(cast, lead, about="pain", words="Heating costs", **more):
    return insights.add(lead, about, words, by=cast.sam, at=AT, **more)[0]


def test_headings_come_in_order_with_what_was_said(cast, lead):
    say(cast, lead, "timeline", "By Easter")
    say(cast, lead, "goal", "Full in winter", said_by="The owner", said_on=date(2027, 1, 12))
    say(cast, lead, "channel", "Trade fairs")
    found = needs.assessed(lead)
    assert [(each.title, [str(said) for said in each.said]) for each in found] == [
        ("Pains", []), ("Goals", ["Full in winter"]), ("Challenges", []),
        ("Present solution", []), ("Decision process", []), ("Timeline", ["By Easter"]),
        ("Objections", []), ("Where they look", ["Trade fairs"]),
    ]  # fmt: skip
    html = signed_in(cast.sam).get(f"/leads/{lead.pk}/").text
    assert "The owner, 12 Jan, noted by Sam" in html
    assert 'id="need-pain"' in html
    assert 'id="need-goal"' not in html


def test_it_is_part_of_the_handoffs_history_and_so_is_taking_it_back(cast, lead):
    insight = say(cast, lead, said_by="The owner")
    insights.take_back(insight, by=cast.dana, at=AT)
    with pytest.raises(Conflict, match="was taken back already"):
        insights.take_back(insight, by=cast.sam, at=AT)
    assert needs.assessed(lead)[0].said == []
    again = say(cast, lead, words="heating  COSTS")
    with pytest.raises(Conflict, match="was noted again meanwhile"):
        insights.put_back(insight, by=cast.sam, at=AT)
    insights.take_back(again, by=cast.sam, at=AT)
    insights.put_back(insight, by=cast.sam, at=AT)
    handoff = lead.handoffs.get()
    heard = [(a.data["words"], a.data.get("taken_back", False), a.data.get("put_back", False))
             for a in handoff.activities.filter(kind="heard")]  # fmt: skip
    assert heard == [
        ("Heating costs", False, False), ("Heating costs", True, False),
        ("heating COSTS", False, False), ("heating COSTS", True, False),
        ("Heating costs", False, True),
    ]  # fmt: skip
    html = signed_in(cast.sam).get(f"/leads/{lead.pk}/").text
    assert "What hurts them: Heating costs (The owner); taken back" in html


@pytest.mark.parametrize(
    ("words", "more", "wrong"),
    [(" \x00 ", {}, "Say what you heard."), ("x" * 201, {}, "At most 200 letters fit"),
     ("x", {"said_by": "y" * 121}, "At most 120 letters fit"),
     ("x", {"said_on": (AT + timedelta(days=3)).date()}, "is to come")],
)  # fmt: skip
def test_what_says_nothing_is_refused(cast, lead, words, more, wrong):
    with pytest.raises(Refused, match=wrong):
        say(cast, lead, words=words, **more)
    assert not Insight.objects.exists()


def test_a_persona_learns_how_many_really_said_what_it_is_thought_to_say(cast, lead):
    again = "Staff is hard to find (heard from 2 leads)"
    cast.persona.pains = f"Staff is hard to find; a closed tub costs refunds.\n{again}"
    cast.persona.objections = [{"objection": "Too dear", "answer": "Show the sums"}]
    cast.persona.save()
    other = cast.hot_lead(at=AT, email="other@spa.example")
    nobody = cast.capture(at=AT, email="nobody@x.example").lead
    for each in (lead, other, nobody):
        say(cast, each, words="A CLOSED tub costs refunds")
    say(cast, lead, "goal", "Too dear")  # under another heading it is something else
    cast.persona.refresh_from_db()
    assert [(t.title, t.words, t.count) for t in needs.really_said(cast.persona)] == [
        ("Pains", "Staff is hard to find", 0), ("Pains", "A closed tub costs refunds", 2),
        ("Objections", "Too dear", 0),
    ]  # fmt: skip
    assert needs.asked_about(cast.persona) == 2
    say(cast, lead, "solution", "A sauna")  # the persona's picture has no place for it
    page = signed_in(cast.maya).get(reverse("persona", args=["spa-director"])).text
    assert "of 2 leads whose needs were noted" in page
    assert "nobody yet" in page


def test_a_thought_is_noted_with_one_click_and_taken_back(cast, lead):
    cast.persona.pains = "Closed: costs refunds"
    cast.persona.save()
    sam, url = signed_in(cast.sam), f"/leads/{lead.pk}/insight/"
    assert 'value="pain:Closed: costs refunds"' in sam.get(f"{url}?about=goal").text
    done = sam.post(url, {"pick": "pain:Closed: costs refunds"}, follow=True)
    insight = Insight.objects.get()
    assert (insight.about, insight.words, insight.persona) == (
        "pain", "Closed: costs refunds", cast.persona,
    )  # fmt: skip
    [message] = done.context["messages"]
    assert message.extra_tags == f"undo:/insights/{insight.pk}/drop/"
    assert signed_in(cast.maya).post(f"/insights/{insight.pk}/drop/").status_code == 403
    done = signed_in(cast.dana).post(f"/insights/{insight.pk}/drop/", follow=True)
    assert [m.extra_tags for m in done.context["messages"]] == [
        f"undo:/insights/{insight.pk}/put-back/"
    ]
    sam.post(f"/insights/{insight.pk}/put-back/")
    assert Insight.objects.standing().count() == 1
    assert sam.post(url, {"about": "weather", "words": "Wet"}).status_code == 422


def test_a_program_reads_it(cast, lead):
    day = date(2027, 1, 12)
    noted = say(cast, lead, "decision", "The board", said_by="The owner", said_on=day)
    insights.take_back(say(cast, lead), by=cast.sam, at=AT)
    assert Program(cast.sam).get(f"leads/{lead.pk}/").json()["needs"] == [
        {"id": noted.pk, "about": "decision", "words": "The board",
         "said_by": "The owner", "said_on": "2027-01-12", "by": cast.sam.email,
         "at": "2027-01-14T15:00:00Z"},
    ]  # fmt: skip


def test_a_program_notes_what_was_said_and_takes_it_back(cast, lead):
    sam, url = Program(cast.sam), f"leads/{lead.pk}/needs/"
    said = {"about": "pain", "words": "Tubs  closed", "said_by": "The owner"}
    made = sam.post(url, said)
    assert (made.status_code, made.json()["words"], made.json()["by"]) == (
        201, "Tubs closed", cast.sam.email,
    )  # fmt: skip
    again = sam.post(url, {"about": "pain", "words": "tubs closed"})
    assert (again.status_code, again.json()) == (200, made.json())
    assert sam.get(url).json() == sam.get(f"leads/{lead.pk}/").json()["needs"] == [made.json()]
    gone = f"{url}{made.json()['id']}/take-back/"
    assert [sam.post(gone).status_code for _ in range(2)] == [200, 409]
    assert sam.get(url).json() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"about": "pain", "words": ""}, "words"),
        ({"about": "mood", "words": "x"}, "about"),
        ({"about": "pain", "words": "x", "said_on": "2127-01-01"}, "said_on"),
        ({"about": "pain", "words": "x", "who": "y"}, "who"),
    ],
)
def test_what_can_not_be_noted_is_named(cast, lead, body, field):
    answer = Program(cast.sam).post(f"leads/{lead.pk}/needs/", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


def test_who_only_sees_the_lead_notes_and_takes_back_nothing(cast, lead):
    insight = say(cast, lead)
    url = f"leads/{lead.pk}/needs/"
    said = {"about": "pain", "words": "Too late"}
    for person, noting, taking in (("sue", 404, 404), ("maya", 201, 403), ("dana", 201, 200)):
        program = Program(getattr(cast, person))
        assert program.post(url, said).status_code in (noting, 200), person
        assert program.post(f"{url}{insight.pk}/take-back/").status_code == taking, person
