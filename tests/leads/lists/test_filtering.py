"""The list narrowed by conditions in its address, and the builder that makes them."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.instants import database_now
from leads.models import Lead
from tests.accounts.test_own_pages import signed_in


def where(*parts, join="all") -> str:
    return json.dumps([join, *parts])


def shown(person, **query) -> list[str]:
    answer = signed_in(person).get("/leads/", query)
    assert answer.status_code == 200
    return [lead.email for lead in answer.context["leads"]]


@pytest.fixture
def leads(cast):
    at = database_now()
    cast.capture(at=at, email="old@x.example", country="DE")
    cast.capture(at=at, email="new@x.example", country="US", company="Quiet Hotel")
    cast.hot_lead(at=at)
    Lead.objects.filter(email="old@x.example").update(created_at=at - timedelta(days=40))
    return cast


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([["score", "gte", "50"]], ["pat@spa.example"]),
        ([["created_at", "older", "30"]], ["old@x.example"]),
        ([["created_at", "last", "2"], ["owner", "empty"]], ["new@x.example"]),
        ([["country", "in", "DE"], ["country", "in", "US"]], []),
        ([["any", ["country", "in", "DE"], ["company", "contains", "quiet"]]],
         ["new@x.example", "old@x.example"]),
        ([["all"]], ["pat@spa.example", "new@x.example", "old@x.example"]),
    ],
)  # fmt: skip
def test_the_list_is_narrowed_by_conditions(leads, parts, found):
    assert shown(leads.maya, where=where(*parts)) == found


def test_conditions_and_quick_filters_both_hold(leads):
    either = where(["country", "in", "DE"], ["score", "gte", "50"], join="any")
    assert shown(leads.maya, where=either, tier="hot") == ["pat@spa.example"]


def test_me_is_whoever_reads(leads):
    owner = Lead.objects.get(email="pat@spa.example").owner
    other = leads.sue if owner == leads.sam else leads.sam
    mine = where(["owner", "in", "me"])
    assert (shown(owner, where=mine), shown(other, where=mine)) == (["pat@spa.example"], [])


def test_a_filter_that_makes_no_sense_shows_nobody_and_says_why(leads):
    answer = signed_in(leads.maya).get("/leads/", {"where": where(["size", "gte", "50"])})
    text = answer.content.decode()
    assert (answer.status_code, list(answer.context["leads"])) == (200, [])
    assert "There is no field “size” any more; choose another, or take this condition" in text


def test_by_the_company_on_record_whatever_was_typed(cast):
    for email, company in (("a@acme.example", "Acme GmbH"), ("b@acme.example", "ACME, Berlin"),
                           ("c@gmail.com", "")):  # fmt: skip
        cast.capture(at=database_now(), email=email, company=company)

    def asked(*test: str) -> list[str]:
        return sorted(shown(cast.maya, where=where(["of_company", *test])))

    people = ["a@acme.example", "b@acme.example"]
    for test in (("is", "acme gmbh"), ("starts", "Acme"), ("contains", "GmbH"), ("filled",)):
        assert asked(*test) == people, test
    for test in (("is_not", "Acme GmbH"), ("lacks", "acme"), ("empty",)):
        assert asked(*test) == ["c@gmail.com"], test
    page = signed_in(cast.maya).get("/leads/", {"columns": "of_company"}).content.decode()
    assert page.count("Acme GmbH") >= 2
    assert "Company on record" in page


def test_the_export_is_narrowed_alike(leads):
    answer = signed_in(leads.maya).get("/leads/export/", {"where": where(["country", "in", "DE"])})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert (len(lines), lines[1].split(",")[0]) == (2, "old@x.example")


def test_the_queries_of_conditions_are_constant(leads, django_assert_num_queries):
    client = signed_in(leads.maya)
    many = where(["owner", "in", "me"], ["campaign", "in", str(leads.campaign.pk)],
                 ["persona", "empty"], ["country", "in", "DE"])  # fmt: skip
    client.get("/leads/", {"where": many})
    # session, user, memberships, reps, rows, instant, stamp, the bell; and the
    # patience with the rows: two, and a savepoint's two in a test
    with django_assert_num_queries(12):
        client.get("/leads/", {"where": many})


def test_the_words_of_a_filter_and_the_way_without_each(leads):
    asked = where(["score", "gte", "50"],
                  ["any", ["country", "in", "DE", "AT"], ["created_at", "last", "1"],
                   ["created_at", "period", "this_week"]])  # fmt: skip
    filters = signed_in(leads.maya).get("/leads/", {"where": asked}).context["filters"]
    assert filters.said == [
        ("Score is at least 50",
         '["all",["any",["country","in","DE","AT"],["created_at","last","1"],'
         '["created_at","period","this_week"]]]'),
        ("(Country is one of Germany, Austria or Captured in the last 1 day or Captured is in "
         "this week)", '["all",["score","gte","50"]]'),
    ]  # fmt: skip


# --- The builder ---------------------------------------------------------------------------------


def test_the_builder_without_scripts(leads):
    client = signed_in(leads.maya)
    form = {"join.": "all", "field.0": "score", "op.0": "gte", "value.0": "50", "tier": "hot"}
    page = client.post("/leads/filter/", {**form, "do": "group."})
    assert "<html" in page.content.decode()
    assert 'name="field.1.0"' in page.content.decode()
    form |= {"join.1": "any", "field.1.0": "country", "op.1.0": "gte", "value.1.0": "50"}
    page = client.post("/leads/filter/", {**form, "do": "show"})
    assert 'name="value.1.0" value="DE"' in page.content.decode()
    form |= {"op.1.0": "in", "value.1.0": ["DE", "US"], "do": "apply"}
    answer = client.post("/leads/filter/", form)
    query = parse_qs(urlsplit(answer["Location"]).query)
    assert query == {
        "tier": ["hot"],
        "where": ['["all",["score","gte","50"],["any",["country","in","DE","US"]]]'],
    }
    assert client.get(answer["Location"]).status_code == 200


def test_what_is_wrong_stands_beside_its_condition_and_what_was_typed_stays(leads):
    answer = signed_in(leads.maya).post(
        "/leads/filter/",
        {"field.0": "score", "op.0": "gte", "value.0": "<b>many", "do": "apply"},
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="&lt;b&gt;many"' in text
    assert "Score: “&lt;b&gt;many” is no number; type one, such as 50 or 12.5." in text


def test_htmx_gets_the_builder_alone_and_is_sent_on(leads):
    client, htmx = signed_in(leads.maya), {"HX-Request": "true"}
    part = client.get("/leads/filter/", headers=htmx).content.decode()
    assert ("<html" in part, 'id="filter-builder"' in part) == (False, True)
    done = client.post("/leads/filter/", {"do": "apply"}, headers=htmx)
    assert done["HX-Redirect"] == "/leads/"


def test_a_filter_of_an_address_that_is_wrong_can_be_mended(leads):
    text = signed_in(leads.maya).get(
        "/leads/filter/", {"where": where(["size", "gte", "50"])}
    ).content.decode()  # fmt: skip
    assert "size (gone)" in text
    assert "There is no field “size” any more" in text


letters = st.text(st.characters(codec=None), max_size=30)
junk = st.recursive(
    letters | st.sampled_from(["all", "any", "score", "stage", "created_at", "in", "gte"])
    | st.none() | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
HOSTILE = settings(max_examples=40)


@HOSTILE
@given(tree=junk, cut=st.integers(0, 60))
def test_no_address_breaks_the_list(cast, tree, cut):
    client = signed_in(cast.maya)
    for text in (json.dumps(tree), json.dumps(["all", tree]), json.dumps(tree)[:cut]):
        assert client.get("/leads/", {"where": text}).status_code == 200
        assert client.get("/leads/filter/", {"where": text}).status_code == 200


@HOSTILE
@given(
    form=st.dictionaries(
        st.sampled_from(["join.", "join.0", "field.0", "op.0", "value.0", "field.0.1", "op.0.1",
                         "value.0.1", "field.9.9.9", "field.x", "do", "q", "where"]),
        st.lists(
            st.sampled_from(["", "apply", "all", "any", "score", "gte", "5", "stage", "in", "mql",
                             "add.", "drop.0", "'; --", "\x00", "x" * 400]), max_size=3),
        max_size=8,
    )
)  # fmt: skip
def test_no_form_breaks_the_builder(cast, form):
    answer = signed_in(cast.maya).post("/leads/filter/", form)
    assert answer.status_code in (200, 302, 422)
