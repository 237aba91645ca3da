"""Leads in lists: who sees which, narrowed, sorted, in pages, as CSV; and the MQLs to hand over."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client

from accounts.instants import database_now
from accounts.models import Team
from leads.lists.keyset import Order, page
from leads.models import Campaign, Handoff, Lead
from tests.accounts.test_own_pages import signed_in
from tests.factories import make_user

PEOPLE = ["maya", "mona", "sam", "dana", "admin"]


def shown(person, **query) -> list[str]:
    answer = signed_in(person).get("/leads/", query)
    assert answer.status_code == 200
    return [lead.email for lead in answer.context["leads"]]


@pytest.fixture
def leads(cast):
    """A cold inquiry, a hot lead with sales, and a lead of another marketing team."""
    at = database_now()
    other = Team.objects.create(slug="brand", name="Brand", kind="marketing")
    theirs = Campaign.objects.create(slug="theirs", name="Theirs", team=other)
    cast.capture(at=at, email="cold@x.example", first_name="Kim", last_name="Östberg",
                 company="Quiet Hotel")  # fmt: skip
    cast.hot_lead(at=at + timedelta(seconds=1))
    cast.capture(at=at + timedelta(seconds=2), email="brand@y.example", campaign=theirs.slug)
    return cast


def test_everybody_sees_their_own(leads):
    owner = Lead.objects.get(email="pat@spa.example").owner
    other = leads.sue if owner == leads.sam else leads.sam
    assert shown(leads.maya) == ["pat@spa.example", "cold@x.example"]
    assert shown(leads.mona) == shown(leads.admin) == [
        "brand@y.example", "pat@spa.example", "cold@x.example",
    ]  # fmt: skip
    assert shown(leads.dana) == shown(owner) == ["pat@spa.example"]
    assert shown(other) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"stage": "inquiry"}, ["cold@x.example"]),
        ({"tier": "hot"}, ["pat@spa.example"]),
        ({"owner": "nobody"}, ["cold@x.example"]),
        ({"sort": "score"}, ["pat@spa.example", "cold@x.example"]),
        ({"q": "COLD@x.example"}, ["cold@x.example"]),
        ({"q": "cold@"}, ["cold@x.example"]),
        ({"q": "quiet"}, ["cold@x.example"]),
        ({"q": "hotel kim"}, ["cold@x.example"]),
        ({"q": "östberg"}, ["cold@x.example"]),
        ({"q": "ostberg"}, ["cold@x.example"]),
        ({"q": "quiet hotle"}, ["cold@x.example"]),
        ({"q": "nobody at all"}, []),
        ({"q": "%"}, []),
        ({"q": "\\"}, []),
    ],
)
def test_the_list_is_narrowed_and_sorted(leads, query, found):
    assert shown(leads.maya, **query) == found


def test_by_campaign_persona_owner_and_phone(leads):
    lead = Lead.objects.get(email="pat@spa.example")
    Lead.objects.filter(email="cold@x.example").update(phone="+12125550123", campaign=None)
    assert shown(leads.maya, campaign=leads.campaign.pk) == ["pat@spa.example"]
    assert shown(leads.maya, persona=leads.persona.pk) == ["pat@spa.example"]
    assert shown(leads.maya, owner=lead.owner_id) == ["pat@spa.example"]
    assert shown(leads.maya, q="(212) 555-0123") == ["cold@x.example"]


@pytest.mark.parametrize(
    "query",
    [
        {"stage": "nonsense"}, {"campaign": "9" * 30}, {"owner": "x"}, {"q": "x\x00y"},
        {"q": "x" * 300}, {"sort": "size"}, {"cursor": "nonsense"}, {"cursor": "🛁"},
        {"cursor": "WyJmIiwieCIsMV0"},
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_not_applied(leads, query):
    assert shown(leads.maya, **query) == ["pat@spa.example", "cold@x.example"]


def test_a_wrong_filter_is_said_beside_it(leads):
    answer = signed_in(leads.maya).get("/leads/", {"stage": "nonsense"})
    assert answer.context["filters"].errors["stage"] == [
        "Select a valid choice. nonsense is not one of the available choices."
    ]


ORDERS = {
    "newest": lambda lead: (-lead.created_at.timestamp(), -lead.pk),
    "oldest": lambda lead: (lead.created_at.timestamp(), lead.pk),
    "score": lambda lead: (-lead.score, -lead.pk),
    "changed": lambda lead: (-lead.updated_at.timestamp(), -lead.pk),
    "touched": lambda lead: (lead.last_touchpoint_at is None,
                             -(lead.last_touchpoint_at or lead.created_at).timestamp()
                             if lead.last_touchpoint_at else 0, -lead.pk),
    "deadline": lambda lead: (lead.respond_by is None,
                              lead.respond_by.timestamp() if lead.respond_by else 0, lead.pk),
    "name": lambda lead: (lead.match_text, lead.pk),
}  # fmt: skip


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("known", [0, 3, 5, 8])
def test_pages_forth_and_back_miss_nothing(cast, sort, known, monkeypatch):
    monkeypatch.setattr("leads.views.lists.PAGE", 3)
    at = database_now()
    for n in range(8):
        # Pairs share their instant, so that ties are met; some have no value at all.
        cast.capture(at=at + timedelta(seconds=n // 2), email=f"p{n}@x.example",
                     first_name="zyxabccc"[n])  # fmt: skip
        seen = at + timedelta(hours=n // 2) if n < known else None
        Lead.objects.filter(email=f"p{n}@x.example").update(last_touchpoint_at=seen,
                                                            respond_by=seen)  # fmt: skip
    whole = [lead.email for lead in sorted(Lead.objects.all(), key=ORDERS[sort])]
    client, cursor, pages = signed_in(cast.maya), "", []
    while cursor is not None:
        context = client.get("/leads/", {"sort": sort, "cursor": cursor}).context
        pages.append([lead.email for lead in context["leads"]])
        cursor = context["next_cursor"]
    assert [email for each in pages for email in each] == whole
    assert [len(each) for each in pages] == [3, 3, 2]
    back = context["previous_cursor"]
    for expected in (pages[1], pages[0]):
        context = client.get("/leads/", {"sort": sort, "cursor": back}).context
        assert [lead.email for lead in context["leads"]] == expected
        back = context["previous_cursor"]
    assert back is None


def test_a_page_behind_the_end_is_empty_and_leads_back(cast):
    cast.capture(at=database_now(), email="a@x.example")
    order = Order("score")
    first = page(Lead.objects.all(), order, "", size=1)
    assert (first.previous_cursor, first.next_cursor) == (None, None)


def test_htmx_gets_the_rows_alone_and_the_back_button_the_page(leads):
    client = signed_in(leads.maya)
    rows = client.get("/leads/", headers={"HX-Request": "true"}).content.decode()
    whole = client.get(
        "/leads/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    ).content.decode()
    assert ("<html" in rows, "<html" in whole) == (False, True)


def test_the_export_is_the_same_list_and_runs_nothing(leads):
    Lead.objects.filter(email="cold@x.example").update(
        company="=cmd|' /C calc'!A0", first_name="נועה 🛁", phone="+12125550123"
    )
    answer = signed_in(leads.maya).get("/leads/export/", {"stage": "inquiry"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    header, line = csv.reader(io.StringIO(text))
    row = dict(zip(header, line, strict=True))
    assert answer["Content-Disposition"] == 'attachment; filename="leads.csv"'
    assert (row["email"], row["company"], row["phone"], row["first_name"], row["stage"]) == (
        "cold@x.example", "'=cmd|' /C calc'!A0", "'+12125550123", "נועה 🛁", "inquiry",
    )  # fmt: skip
    assert row["campaign"] == "back-pain"


def test_the_export_keeps_to_what_one_may_see(leads):
    rep = leads.sue if Lead.objects.get(email="pat@spa.example").owner == leads.sam else leads.sam
    text = b"".join(signed_in(rep).get("/leads/export/").streaming_content).decode()
    assert text.count("\n") == 1


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_the_rows(cast, count, django_assert_num_queries):
    for n in range(count):
        cast.hot_lead(at=database_now(), email=f"p{n}@spa.example")
    client = signed_in(cast.maya)
    client.get("/leads/")  # what is configured is read once
    # session, user, memberships, the reps to choose from, rows, the instant, two stamps, the bell
    with django_assert_num_queries(9):
        client.get("/leads/")


def test_empty_lists_say_what_to_do(cast):
    client = signed_in(cast.maya)
    assert "No leads yet" in client.get("/leads/").content.decode()
    assert "No lead fits" in client.get("/leads/?q=pat").content.decode()
    assert "Nothing waits to be handed over" in client.get("/ready/").content.decode()


# --- Ready to hand over --------------------------------------------------------------------------


@pytest.fixture
def mqls(cast):
    """Three MQLs whose campaign waits for a marketer."""
    Campaign.objects.update(hand_over_at_once=False)
    Campaign.objects.get().save()
    return [cast.hot_lead(at=database_now(), email=f"p{n}@spa.example") for n in range(3)]


def test_mqls_wait_and_are_handed_over_together(cast, mqls):
    client = signed_in(cast.maya)
    assert client.get("/ready/").context["rows"] == [(lead, []) for lead in mqls]
    answer = client.post("/ready/", {"lead": [mqls[0].pk, mqls[2].pk]}, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert said == ["2 leads handed over: 1 to Sam, 1 to Sue."]
    assert sorted(Handoff.objects.values_list("lead", "handed_over_by")) == [
        (mqls[0].pk, cast.maya.pk), (mqls[2].pk, cast.maya.pk),
    ]  # fmt: skip
    assert answer.context["rows"] == [(mqls[1], [])]


def test_a_rows_own_button_hands_over_that_row_alone(cast, mqls):
    signed_in(cast.maya).post("/ready/", {"lead": [mqls[0].pk], "only": mqls[1].pk})
    assert list(Handoff.objects.values_list("lead", flat=True)) == [mqls[1].pk]


def test_one_that_is_gone_keeps_all_back_and_is_named(cast, mqls):
    signed_in(cast.mona).post("/ready/", {"lead": mqls[0].pk})
    answer = signed_in(cast.maya).post("/ready/", {"lead": [mqls[0].pk, mqls[1].pk]})
    said = [str(message) for message in answer.context["messages"]]
    assert (answer.status_code, Handoff.objects.count()) == (409, 1)
    assert said[0].endswith("Nothing was handed over.")
    assert answer.context["chosen"] == {mqls[0].pk, mqls[1].pk}


def test_one_that_is_no_mql_any_more_is_refused(cast, mqls):
    Lead.objects.filter(pk=mqls[0].pk).update(score=3)
    answer = signed_in(cast.maya).post("/ready/", {"lead": mqls[0].pk})
    assert (answer.status_code, Handoff.objects.count()) == (422, 0)
    assert answer.context["rows"][-1] == (mqls[0], ["score 3 is below the agreed 50"])


@pytest.mark.parametrize("wanted", [[], ["x"], ["9" * 40], ["-1"], ["0"], ["١"]])
def test_nothing_chosen(cast, mqls, wanted):
    answer = signed_in(cast.maya).post("/ready/", {"lead": wanted})
    assert (answer.status_code, Handoff.objects.count()) == (422, 0)


def test_nobody_hands_over_what_they_may_not_see(cast, mqls):
    other = Team.objects.create(slug="brand", name="Brand", kind="marketing")
    bea = make_user("bea", other)
    for person in (bea, cast.sam):
        answer = signed_in(person).post("/ready/", {"lead": mqls[0].pk})
        assert (answer.status_code, Handoff.objects.count()) == (422, 0)
        assert answer.context["rows"] == []


@pytest.mark.parametrize("path", ["/leads/", "/leads/export/", "/ready/"])
def test_outsiders_strangers_and_wrong_methods(cast, path):
    assert signed_in(cast.outsider).get(path).status_code == 403
    assert Client().get(path).status_code == 302
    assert signed_in(cast.maya).delete(path).status_code == 405
    for name in PEOPLE:
        assert signed_in(getattr(cast, name)).get(path).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_queries_of_ready_do_not_grow(cast, mqls, count, django_assert_num_queries):
    Lead.objects.exclude(pk__in=[m.pk for m in mqls[:count]]).update(stage="inquiry")
    client = signed_in(cast.maya)
    # session, user, memberships, the rows, the instant, the stamp, the bell
    with django_assert_num_queries(7):
        client.get("/ready/")
