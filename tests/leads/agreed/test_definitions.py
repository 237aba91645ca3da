"""The pages of the definitions: proposed by a rep, tried, signed by two, and what judges then."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.instants import database_now
from accounts.models import OutboxMessage
from leads.models import CustomField, Stage
from personas import drafting
from personas.definitions import latest
from personas.models import Definition, Draft, Persona
from tests.factories import hours, ny

AT = ny("2026-01-15 10:00")
TYPED = {"name": "MQL", "words": "Score of at least 70, and a phone.", "min_score": "70",
         "require": ["phone"], "seen": "1"}  # fmt: skip
MQL = ("definition", "mql")


def seen(html):
    return html.split('name="seen" value="')[1].split('"')[0]


def propose(cast, **facts):
    said = {"name": "MQL", "words": "Stricter.", "rule": {"min_score": 70}, **facts}
    return drafting.save(*MQL, said, by=cast.maya, at=AT, seen="1")


def agree(cast, client, key="mql"):
    for who, side in ((cast.mona, "marketing"), (cast.dana, "sales")):
        client.force_login(who)
        ticket = seen(client.get(f"/definitions/{key}/").text)
        answer = client.post(f"/definitions/{key}/sign/", {"seen": ticket, "side": side})
        assert answer.status_code == 302


def test_from_a_reps_proposal_to_the_next_capture(cast, client):
    client.force_login(cast.sam)
    assert client.post("/definitions/mql/edit/", TYPED).status_code == 302
    page = client.get("/definitions/mql/").text
    assert "Sign for" not in page
    for part in ("<del>50.</del>", "Phone is known", "a score of at least 70".capitalize()):
        assert part in page
    # Nothing counts before both have signed.
    before = cast.hot_lead(at=database_now())
    assert before.stage == Stage.MQL
    agree(cast, client)
    assert latest("mql").rule == {"min_score": 70, "require": ["phone"]}
    at = database_now()
    kept = cast.hot_lead(at=at, email="no-phone@spa.example")
    passed = cast.hot_lead(at=at, email="phone@spa.example", phone="+1 212 555 0123")
    assert (kept.stage, passed.stage) == (Stage.INQUIRY, Stage.MQL)
    assert passed.handoffs.get().receipt["definition"]["version"] == 2
    page = client.get("/definitions/mql/").text
    assert "In force: v2" in page
    assert "agreed by Mona and Dana" in page


def test_the_other_side_is_told_that_it_is_waited_for(cast, client):
    propose(cast)
    client.force_login(cast.mona)
    client.post("/definitions/mql/sign/", {
        "seen": seen(client.get("/definitions/mql/").text), "side": "marketing",
    })  # fmt: skip
    told = OutboxMessage.objects.get(kind="agreement_waits")
    assert (told.recipient, told.url) == (cast.dana, "/definitions/mql/")


def test_every_word_is_listed_and_the_stages_are_there_before_they_are_agreed(cast, client):
    Definition.objects.create(key="hand-raiser", version=1, name="Hand <b>raiser</b>", words="<i>",
                              in_force_from=AT)  # fmt: skip
    client.force_login(cast.sue)
    page = client.get("/definitions/").text
    for part in ("Lead (inquiry)", "Customer", "Not agreed yet.", "A score of at least 50",
                 "Hand &lt;b&gt;raiser&lt;/b&gt;", "&lt;i&gt;"):  # fmt: skip
        assert part in page
    assert client.get("/definitions/customer/").status_code == 200
    assert client.get("/definitions/nonsense/").status_code == 404
    for deed in ("sign", "drop", "edit"):
        client.force_login(cast.mona)
        assert client.post(f"/definitions/nonsense/{deed}/").status_code == 404


def test_a_new_word_and_a_stage_without_one(cast, client):
    client.force_login(cast.sam)
    typed = {"name": "Hand raiser", "words": "Asked to be called."}
    answer = client.post("/definitions/new/", typed)
    assert answer.headers["Location"] == "/definitions/hand-raiser/"
    assert "Hand raiser" in client.get("/definitions/").text
    typed = {"name": "SAL", "words": "A rep has taken it on.", "seen": "0", "min_score": "99"}
    assert client.post("/definitions/sal/edit/", typed).status_code == 302
    agree(cast, client, "sal")
    # People decide it: a rule that was smuggled in is none.
    assert latest("sal").rule == {}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Say which word is meant."),
        ("!?", "“!?” has no letter or digit; write a word."),
        ("New", "“New” can’t be the whole word; add another to it."),
        ("MQL", "“MQL” is among the definitions already"),
        ("sal", "“sal” is among the definitions already"),
        ("x" * 121, "at most 120 characters"),
        ("a\0b", "Null characters are not allowed."),
    ],
)
def test_a_word_that_can_not_be_is_refused_and_kept(cast, client, name, said):
    client.force_login(cast.maya)
    answer = client.post("/definitions/new/", {"name": name, "words": "Typed at length."})
    assert answer.status_code == 422
    assert said in answer.text
    assert "Typed at length." in answer.text
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"words": " "}, "Say what the word means."),
        ({"words": "x" * 2001}, "at most 2000 characters"),
        ({"min_score": "101"}, "Give a whole number from 0 to 100."),
        ({"min_fit": "-1"}, "Give a whole number from 0 to 100."),
        ({"min_score": "many"}, "Give a whole number from 0 to 100."),
        ({"require": ["shoe_size"]}, "shoe_size is not one of the available choices"),
        ({"personas": ["<script>"]}, "&lt;script&gt; is not one of the available choices"),
    ],
)
def test_a_rule_that_can_not_be_is_named_and_what_was_typed_stays(cast, client, changes, said):
    client.force_login(cast.mona)
    answer = client.post("/definitions/mql/edit/", {**TYPED, "min_fit": "7", **changes})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="MQL"' in answer.text
    assert not Draft.objects.exists()


def test_two_who_edit_at_once_are_told_of_each_other(cast, client):
    propose(cast)
    client.force_login(cast.sam)
    answer = client.post("/definitions/mql/edit/", TYPED)
    assert answer.status_code == 409
    assert "Maya has changed the draft since you opened it" in answer.text
    assert "Score of at least 70, and a phone." in answer.text
    # Knowing theirs, one may save over it.
    assert (
        client.post("/definitions/mql/edit/", {**TYPED, "seen": seen(answer.text)}).status_code
        == 302
    )
    assert drafting.open_draft(*MQL).changed_by == cast.sam


def test_a_browsers_line_ends_are_no_change(cast, client):
    propose(cast, words="One\ntwo", rule={"min_score": 70, "require": ["phone"]})
    client.force_login(cast.maya)
    ticket = seen(client.get("/definitions/mql/edit/").text)
    answer = client.post("/definitions/mql/edit/", {**TYPED, "words": "One\r\ntwo", "seen": ticket})
    assert answer.status_code == 422
    assert "Nothing is different" in answer.text


def test_a_signature_under_what_was_not_seen_is_none(cast, client):
    propose(cast)
    client.force_login(cast.dana)
    answer = client.post("/definitions/mql/sign/", {"seen": "1.1.9", "side": "sales"}, follow=True)
    assert "The draft has changed since you looked at it" in answer.text
    answer = client.post("/definitions/mql/sign/", {"side": "marketing"}, follow=True)
    assert "Signing for marketing is for a manager of marketing." in answer.text
    draft = drafting.open_draft(*MQL)
    assert draft.signed_for_sales_by is draft.signed_for_marketing_by is None


def test_what_is_asked_for_stays_to_be_ticked_though_it_was_removed(cast, client):
    field = CustomField.objects.create(name="budget", label="Budget", kind="number")
    propose(cast, rule={"require": ["extra.budget"], "personas": ["spa-director"]})
    client.force_login(cast.maya)
    assert "Budget" in client.get("/definitions/mql/edit/").text
    field.removed_at = AT
    field.save()
    Persona.objects.get().delete()
    Persona.objects.create(slug="spa-director", name="Spa director", is_active=False)
    page = client.get("/definitions/mql/edit/").text
    assert "budget (removed)" in page
    assert "Spa director (retired)" in page


def test_the_preview_names_only_leads_one_may_see(cast, client):
    at = database_now()
    near = cast.capture(at=at, email="n@spa.example", job_title="Wellness coach").lead
    propose(cast, rule={"min_score": 35})
    for who, sees in ((cast.maya, True), (cast.sam, False)):
        client.force_login(who)
        page = client.get("/definitions/mql/preview/?weeks=4").text
        assert "Would have passed" in page
        assert (near.get_absolute_url() in page) is sees
    # While it is typed, too; nonsense as the number of weeks is the usual one.
    client.force_login(cast.maya)
    typed = {**TYPED, "min_score": "90", "weeks": "1e9"}
    assert near.get_absolute_url() not in client.post("/definitions/mql/preview/", typed).text
    assert (
        "Mend what is marked" in client.post("/definitions/mql/preview/", {"min_score": "x"}).text
    )


def test_thrown_away_the_words_stay(cast, client):
    propose(cast)
    client.force_login(cast.sam)
    client.post("/definitions/mql/drop/", {"seen": seen(client.get("/definitions/mql/").text)})
    assert drafting.open_draft(*MQL) is None
    assert latest("mql").version == 1


def test_the_words_are_shown_where_they_stand_and_rows_ask_nothing(
    cast, client, django_assert_num_queries
):
    words = 'Came in, "so" <b>far</b>'
    Definition.objects.create(
        key="inquiry", version=1, name="Lead", words=words, in_force_from=AT
    )  # fmt: skip
    client.force_login(cast.maya)
    shown = 'title="Came in, &quot;so&quot; &lt;b&gt;far&lt;/b&gt;"'
    cast.capture(at=AT, email="first@x.example")
    assert client.get("/leads/").text.count(shown) == 1
    with CaptureQueriesContext(connection) as one:
        client.get("/leads/")
    for n in range(3):
        cast.capture(at=AT + hours(n), email=f"{n}@x.example")
    with django_assert_num_queries(len(one)):
        assert client.get("/leads/").text.count(shown) == 4


@pytest.mark.parametrize("versions", [1, 5])
def test_pages_take_few_queries(cast, client, django_assert_num_queries, versions):
    for number in range(2, versions + 1):
        Definition.objects.create(
            key="mql", version=number, name="MQL", words="?", rule={"min_score": number},
            in_force_from=AT, signed_for_marketing_by=cast.mona, signed_for_sales_by=cast.dana,
        )  # fmt: skip
    client.force_login(cast.sam)
    for url, queries in (("/definitions/", 10), ("/definitions/mql/", 10)):
        client.get(url)
        with django_assert_num_queries(queries):
            client.get(url)
