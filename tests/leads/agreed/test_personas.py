"""Personas of both sides: drafted with a live count, signed by two, kept in versions."""

import pytest

from accounts.instants import database_now
from leads import rescoring
from leads.agreed.fitting import fitting
from leads.agreed.persona_form import WholePersona
from leads.agreed.persona_words import changes
from leads.models import Lead, ScoreRun
from personas import drafting, versions
from personas.matching import PersonaRules
from personas.models import Draft, Persona
from tests.factories import hours, ny

AT = ny("2026-01-15 10:00")
SPA = ("persona", "spa-director")
COACH = {"field": "job_title", "op": "contains", "value": ["coach"], "points": 30,
         "label": "Coaches"}  # fmt: skip


def typed(facts, **more):
    """What a browser sends for these facts."""
    whole, data = WholePersona(facts), {}
    for rows in (whole.objections, whole.sources, whole.criteria):
        for bound in rows.management_form:
            data[bound.html_name] = str(bound.value())
    parts = [whole.main, *whole.objections.forms, *whole.sources.forms, *whole.criteria.forms]
    for part in parts:
        for bound in part:
            if (value := bound.value()) is not None and value is not False:
                data[bound.html_name] = str(value)
    return {**data, "seen": "1", **more}


def facts_now(**more):
    return {**versions.newest(*SPA)[1], **more}


def propose(cast, **more):
    number, facts = versions.newest(*SPA)
    seen = drafting.ticket(number, None)
    return drafting.save(*SPA, {**facts, **more}, by=cast.maya, at=AT, seen=seen)


def seen(html):
    return html.split('name="seen" value="')[1].split('"')[0]


def agree(cast, client, slug="spa-director"):
    for who, side in ((cast.mona, "marketing"), (cast.dana, "sales")):
        client.force_login(who)
        ticket = seen(client.get(f"/personas/{slug}/draft/").text)
        answer = client.post(f"/personas/{slug}/sign/", {"seen": ticket, "side": side})
        assert answer.status_code == 302


def test_a_form_sent_as_it_came_says_the_same(db):
    facts = {
        "name": "Spa", "description": "Two\nlines", "motives": "", "influences": "Peers",
        "pains": "", "goals": "", "channels": "", "market_size": 0, "market_note": "a guess",
        "min_points": 12, "is_active": True,
        "objections": [{"objection": "Too dear", "answer": ""}],
        "sources": [{"title": "Survey", "url": "https://x.example/s", "says": "40 %"}],
        "criteria": [COACH, {"field": "phone", "op": "present", "points": -5, "label": "Phone"}],
    }  # fmt: skip
    whole = WholePersona(facts, {k: v.replace("\n", "\r\n") for k, v in typed(facts).items()})
    assert whole.is_valid()
    assert whole.facts() == facts


def test_a_rep_proposes_two_sign_and_leads_are_looked_at_again(cast, client):
    coach = cast.capture(at=AT, email="c@x.example", job_title="Coach").lead
    assert coach.persona is None
    client.force_login(cast.sam)
    facts = facts_now(criteria=[COACH], influences="Their guests")
    answer = client.post("/personas/spa-director/edit/", typed(facts))
    assert answer.headers["Location"] == "/personas/spa-director/draft/"
    page = client.get("/personas/spa-director/draft/").text
    assert "<ins>+30 Coaches: job title contains “coach”</ins>" in page
    assert "Sign for" not in page
    assert "Look at it" in client.get("/personas/spa-director/").text
    agree(cast, client)
    cast.persona.refresh_from_db()
    assert (cast.persona.version, cast.persona.criteria) == (2, [COACH])
    rescoring.go_on(at=database_now())
    coach.refresh_from_db()
    assert coach.persona == cast.persona
    # Who comes next is judged at once.
    assert cast.capture(at=database_now(), email="d@x.example", job_title="Coach").lead.persona
    page = client.get("/personas/spa-director/").text
    for part in ("Their guests", "agreed by Mona and Dana", "before versions were kept",
                 "<del>+10 Works in wellness"):  # fmt: skip
        assert part in page


def test_a_new_persona_comes_with_the_second_signature(cast, client):
    client.force_login(cast.maya)
    facts = {**facts_now(), "name": "Sports coach", "criteria": [COACH]}
    assert client.post("/personas/new/", typed(facts)).status_code == 302
    assert not Persona.objects.filter(slug="sports-coach").exists()
    assert client.get("/personas/sports-coach/").status_code == 404
    assert "Sports coach" in client.get("/personas/").text
    agree(cast, client, "sports-coach")
    made = Persona.objects.get(slug="sports-coach")
    assert (made.version, made.order, made.versions.get().version) == (1, 1, 1)
    assert ScoreRun.objects.count() == 1


def test_a_retired_persona_is_nobodys_and_stays_readable(cast, client):
    spa = cast.hot_lead(at=AT)
    assert spa.persona == cast.persona
    propose(cast, is_active=False)
    page = client.force_login(cast.dana) or client.get("/personas/spa-director/draft/").text
    assert "<del>in use</del><ins>retired</ins>" in page
    agree(cast, client)
    rescoring.go_on(at=database_now())
    spa.refresh_from_db()
    assert spa.persona is None
    assert "Retired: " in client.get("/personas/").text
    assert "Retired: no new lead gets this persona." in client.get("/personas/spa-director/").text


def test_one_signature_changes_nothing(cast, client):
    propose(cast, criteria=[COACH])
    client.force_login(cast.mona)
    ticket = seen(client.get("/personas/spa-director/draft/").text)
    client.post("/personas/spa-director/sign/", {"seen": ticket, "side": "marketing"})
    cast.persona.refresh_from_db()
    assert cast.persona.version == 1
    assert not ScoreRun.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"main-name": ""}, "Say what they are called."),
        ({"main-min_points": "0"}, "Give a whole number from 1 to"),
        ({"main-market_size": "-3"}, "Give a whole number from 0 to 10,000,000,000, or nothing."),
        ({"main-market_size": "9" * 30}, "Give a whole number from 0 to 10,000,000,000"),
        ({"main-description": "x" * 2001}, "at most 2000 characters"),
        ({"criteria-0-value": ""}, "Say what it is compared with."),
        ({"criteria-0-field": "shoe_size"}, "Select a valid choice. shoe_size"),
        ({"criteria-TOTAL_FORMS": "61"}, "Please submit at most 60 forms."),
        ({"sources-TOTAL_FORMS": "1", "sources-0-title": "x",
          "sources-0-url": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"sources-TOTAL_FORMS": "1", "sources-0-says": "x"}, "Say what the source is."),
        ({"objections-TOTAL_FORMS": "1", "objections-0-answer": "x"}, "Say what they object."),
    ],
)  # fmt: skip
def test_what_can_not_be_is_named_and_what_was_typed_stays(cast, client, changes, said):
    client.force_login(cast.mona)
    data = typed(facts_now(), **{"main-channels": "Typed <b>first</b>", **changes})
    answer = client.post("/personas/spa-director/edit/", data)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Typed &lt;b&gt;first&lt;/b&gt;" in answer.text
    assert not Draft.objects.exists()


@pytest.mark.parametrize("name", ["New", "preview", "!?", "Spa Director"])
def test_a_name_that_can_not_be_a_new_one(cast, client, name):
    client.force_login(cast.maya)
    answer = client.post("/personas/new/", typed(facts_now(name=name)))
    assert answer.status_code == 422
    assert not Draft.objects.exists()


@pytest.mark.parametrize("rows", ["criteria", "objections", "sources"])
def test_a_row_more_keeps_what_was_typed_and_an_empty_one_is_none(cast, client, rows):
    client.force_login(cast.maya)
    more = {"main-goals": "Typed"}
    answer = client.post("/personas/spa-director/edit/", typed(facts_now(), add=rows, **more))
    assert answer.status_code == 200
    count = 2 if rows == "criteria" else 1
    assert f'name="{rows}-TOTAL_FORMS" value="{count}"' in answer.text
    assert "Typed" in answer.text
    more[f"{rows}-TOTAL_FORMS"] = str(count)
    assert client.post(
        "/personas/spa-director/edit/", typed(facts_now(), **more)
    ).status_code == 302  # fmt: skip
    assert drafting.open_draft(*SPA).facts == facts_now(goals="Typed")


def test_two_who_edit_at_once_are_told_of_each_other(cast, client):
    data = typed(facts_now(), **{"main-goals": "Mine"})
    propose(cast, goals="Theirs")
    client.force_login(cast.sam)
    answer = client.post("/personas/spa-director/edit/", data)
    assert answer.status_code == 409
    assert "Maya has changed the draft since you opened it" in answer.text
    assert "Mine" in answer.text
    again = client.post("/personas/spa-director/edit/", {**data, "seen": seen(answer.text)})
    assert again.status_code == 302


def test_criteria_are_counted_among_the_other_personas(cast):
    spa = cast.hot_lead(at=AT)
    coach = cast.capture(at=AT + hours(1), email="c@x.example", job_title="Spa coach").lead
    # Reaches 30 points of the new one's and 10 of the one there is: the better fit has it.
    found = fitting(PersonaRules(0, "", "Coach", (COACH,), 10))
    assert (found.of, found.reach, found.gets, found.gain) == (2, 1, [(coach.pk, True)], 1)
    mine = PersonaRules(cast.persona.pk, "spa-director", "Spa", (COACH,), 10)
    found = fitting(mine)
    assert (found.have, found.lose, found.gets) == (2, 1, [(coach.pk, False)])
    found = fitting(mine, active=False)
    assert (found.reach, found.lose, found.gets) == (1, 2, [])
    assert Lead.objects.get(pk=spa.pk).persona == cast.persona


def test_the_live_count_names_only_leads_one_may_see(cast, client):
    coach = cast.capture(at=AT, email="c@x.example", job_title="Coach").lead
    data = typed(facts_now(criteria=[COACH]), slug="spa-director")
    for who, sees in ((cast.maya, True), (cast.sam, False)):
        client.force_login(who)
        page = client.post("/personas/preview/", data).text
        assert "Would have the persona" in page
        assert (coach.get_absolute_url() in page) is sees
    for broken in ({**data, "criteria-0-points": "x"}, {**data, "main-min_points": ""}, {}):
        assert "Mend what is marked" in client.post("/personas/preview/", broken).text
    propose(cast, criteria=[COACH])
    client.force_login(cast.maya)
    assert coach.get_absolute_url() in client.get("/personas/spa-director/draft/leads/").text


@pytest.mark.parametrize("leads", [1, 4])
def test_it_takes_as_many_queries_for_many_as_for_one(cast, django_assert_num_queries, leads):
    for n in range(leads):
        cast.hot_lead(at=AT, email=f"{n}@spa.example")
    rules = PersonaRules(0, "", "Coach", (COACH,), 10)
    fitting(rules)
    with django_assert_num_queries(2):
        fitting(rules)


def test_only_what_is_different_is_said(cast):
    before = facts_now(objections=["Too dear"], market_size=1400)
    after = {**before, "market_size": 2000, "min_points": 20}
    assert [(change.what, change.was, change.now) for change in changes(before, after)] == [
        ("Market", "about 1,400", "about 2,000"),
        ("Fits", "from 10 points", "from 20 points"),
    ]
    assert changes(before, before) == []
