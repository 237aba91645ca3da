"""Criteria answer themselves by the lead's facts of now; a rep overrules with a reason."""

import pytest

from accounts.instants import database_now
from accounts.refusals import Refused
from leads.criteria import keeping
from leads.criteria.standing import standing, with_origins
from leads.custom_fields import changing
from leads.editing import edit
from leads.models import Answer, Chance, CustomField, Framework, Lead, Prediction
from tests.accounts.test_own_pages import signed_in
from tests.leads.api.program import Program
from tests.leads.criteria.test_criteria import say, sent

pytestmark = pytest.mark.django_db
INDUSTRY = {"field": "extra.industry", "op": "in", "value": ["Hotels", "Spas"]}
PERSONA = {"field": "persona", "op": "in", "value": ["spa-director"]}


def agree(cast, *checks, minimum=0) -> Framework:
    asked = [
        {"key": f"q{n}", "label": f"Question {n}", "help": "", "weight": 1}
        | ({"check": check} if check else {})
        for n, check in enumerate(checks)
    ]
    wanted = keeping.Wanted("Ours", "", minimum, asked, True, ())
    return keeping.save(wanted, by=cast.dana, at=database_now())


def line(lead, place=0):
    return with_origins(lead, standing(Lead.objects.get(pk=lead.pk))).lines[place]


@pytest.mark.parametrize(
    ("check", "said", "evidence"),
    [
        (PERSONA, "yes", "Persona: Spa director"),
        ({"field": "persona", "op": "in", "value": ["other"]}, "no", "Persona: Spa director"),
        ({"field": "fit", "op": "at_least", "value": 40.0}, "yes", "Fit score: 40"),
        ({"field": "fit", "op": "at_least", "value": 41.0}, "no", "Fit score: 40"),
        ({"field": "chance", "op": "at_least", "value": 20.0}, "open",
         "Predicted chance in %: not known"),
        ({"field": "company", "op": "contains", "value": ["hotel"]}, "yes", "Company: Spa Hotel"),
        (INDUSTRY, "open", "Industry: not known"),
    ],
)  # fmt: skip
def test_a_fact_answers_yes_no_or_that_it_is_not_known(cast, lead, check, said, evidence):
    agree(cast, check)
    found = line(lead)
    assert (found.said, found.evidence) == (said, evidence)
    assert standing(lead).share == (100 if said == "yes" else 0)


def test_it_follows_the_lead_and_says_where_the_fact_comes_from(cast, lead):
    agree(cast, INDUSTRY, {"field": "company", "op": "present"})
    assert line(lead, 1).origin.words == "from the event"
    edit(lead, {"extra.industry": "Hotels"}, by=cast.maya, at=database_now())
    assert (line(lead).said, line(lead).origin.words) == ("yes", "from Maya’s change")
    edit(lead, {"extra.industry": "Pubs"}, by=cast.maya, at=database_now())
    assert (line(lead).said, line(lead).evidence) == ("no", "Industry: Pubs")
    html = signed_in(lead.owner).get(f"/leads/{lead.pk}/").content.decode()
    assert "answers itself: industry is one of Hotels, Spas · from Maya’s change" in html


def test_a_chance_counts_as_the_open_handoff_has_it(cast, lead):
    agree(cast, {"field": "chance", "op": "at_least", "value": 20.0})
    at = database_now()
    learned = Prediction.objects.create(
        fitted_at=at, learned=400, won=80, learned_until=at, asked=80, auc=0.7, brier=0.1,
        always_usual=0.12, calibration_error=0.03, best_fifth=0.4, verdict="", body=b"",
    )  # fmt: skip
    Chance.objects.create(handoff=lead.handoffs.get(), prediction=learned, value=0.34)
    assert (line(lead).said, line(lead).evidence) == ("yes", "Predicted chance in %: 34")
    told = Program(lead.owner).get(f"leads/{lead.pk}/").json()["criteria"]["answers"]
    assert [(each["answer"], each["evidence"], each["by"]) for each in told] == [
        ("yes", "Predicted chance in %: 34", None)
    ]


def test_a_rep_overrules_with_a_reason_and_leaves_it_to_the_facts_again(cast, lead):
    agree(cast, PERSONA, None)
    with pytest.raises(Refused, match="say why you see it otherwise"):
        say(lead, "q0", "no", evidence=" ")
    say(lead, "q0", "no", "Sells to spas, owns none")
    assert (line(lead).said, line(lead).is_overruled, line(lead).has_moved) == ("no", True, False)
    assert Answer.objects.get().instead_of == "yes"
    html = signed_in(lead.owner).get(f"/leads/{lead.pk}/").content.decode()
    assert "by the facts: Persona: Spa director" in html
    told = Program(lead.owner).get(f"leads/{lead.pk}/").json()["criteria"]["answers"]
    assert [(each["answer"], each["by"]) for each in told] == [("no", lead.owner.email)]
    edit(lead, {"job_title": "Plumber"}, by=cast.maya, at=database_now())
    assert (line(lead).is_overruled, line(lead).has_moved) == (False, True)
    say(lead, "q0", "open", "")
    assert (line(lead).said, line(lead).evidence) == ("no", "Persona: fits none that was agreed")
    assert standing(lead).missing == ["Question 1"]


def test_a_check_of_a_removed_field_leaves_the_question_to_the_rep(cast, lead):
    field = CustomField.objects.create(name="industry", label="Trade", kind="text")
    agree(cast, INDUSTRY)
    edit(lead, {"extra.industry": "Hotels"}, by=cast.maya, at=database_now())
    assert (line(lead).evidence, line(lead).found.asked) == (
        "Trade: Hotels", "Trade is one of Hotels, Spas",
    )  # fmt: skip
    changing.remove(field, by=cast.admin, at=database_now())
    assert (line(lead).said, line(lead).found) == ("open", None)


# --- Made in the browser's form -------------------------------------------------------------------


def test_a_manager_ties_a_question_to_a_fact(cast):
    dana = signed_in(cast.dana)
    rows = [
        {"label": "Persona", "weight": 1, "field": "persona", "op": "in",
         "value": "spa DIRECTOR, spa-director"},
        {"label": "Fit", "weight": 1, "field": "fit", "op": "at_least", "value": "40"},
        {"label": "Need", "weight": 1, "field": "", "op": "contains", "value": ""},
    ]  # fmt: skip
    assert dana.post("/criteria/new/", sent(*rows, name="Ours")).status_code == 302
    ours = Framework.objects.get()
    assert [q.get("check") for q in ours.questions] == [
        PERSONA, {"field": "fit", "op": "at_least", "value": 40.0}, None,
    ]  # fmt: skip
    assert 'value="Spa director"' in dana.get(f"/criteria/{ours.pk}/").content.decode()
    page = dana.get("/criteria/").content.decode()
    assert "persona is one of Spa director" in page
    assert "fit score is at least 40" in page


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"field": "persona", "op": "in", "value": "Plumber"},
         "“Plumber” is no persona; there are: Spa director."),
        ({"field": "persona", "op": "contains", "value": "spa"}, "Persona asks for “is one of”"),
        ({"field": "fit", "op": "present"}, "Fit score asks for “is at least” or “is at most”."),
        ({"field": "fit", "op": "at_least", "value": "nan"}, "“nan” is not a number"),
        ({"field": "company", "op": "contains", "value": " "}, "Say what it is compared with."),
        ({"field": "company", "op": ""}, "Choose how it is compared."),
    ],
)  # fmt: skip
def test_a_condition_that_says_nothing_is_told_beside_it(cast, row, words):
    answer = signed_in(cast.dana).post(
        "/criteria/new/", sent({"label": "X", "weight": 1, **row}, name="Ours")
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Framework.objects.exists()


def test_the_same_question_twice_is_refused_in_words(cast):
    dana = signed_in(cast.dana)
    ours = agree(cast, None)
    rows = [{"key": "q0", "label": "Budget", "weight": 1},
            {"key": "q0", "label": "Money", "weight": 1},
            {"label": " budget ", "weight": 1}]  # fmt: skip
    answer = dana.post(f"/criteria/{ours.pk}/", sent(*rows, initial=1, name="Ours", seen=1))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "“Money” would have its answers from a question above" in page
    assert "“budget” is asked already" in page
    assert 'value="Money"' in page
    twice = [{"key": "a", "label": "One  two"}, {"key": "b", "label": "one two"}]
    with pytest.raises(Refused, match="“one two” is asked already"):
        keeping.save(
            keeping.Wanted("Twice", "", 0, twice, False, ()), by=cast.dana, at=database_now()
        )
