"""Scoring rules and personas go by fields of one's own, with tests that fit their kind."""

from datetime import UTC, datetime

import pytest

from accounts.instants import database_now
from leads import rescoring
from leads.agreed.persona_words import in_words
from leads.custom_fields import changing, registry
from leads.models import CustomField, ScoreDraft, ScoreRules
from leads.score_rules.form import RulesForm
from leads.score_rules.words import lines
from personas.matching import matches
from personas.models import Persona
from tests.factories import SCORE_RULES
from tests.leads.custom_fields.making import make
from tests.leads.score_rules.test_pages import typed

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def fields(cast):
    make(cast.mona, "Budget", "money", currency="EUR")
    make(cast.mona, "Move in", "date")
    make(cast.mona, "Wood", "choices", choices=["Cedar", "Oak, white"])
    make(cast.mona, "Sure", "yes_no")
    make(cast.mona, "Seats", "number")
    return cast


@pytest.mark.parametrize(
    ("op", "wanted", "value", "fits"),
    [
        ("contains", ["ceda"], ["Cedar", "Oak"], True),
        ("in", ["oak"], ["Cedar", "Oak"], True),
        ("in", ["pine"], ["Cedar", "Oak"], False),
        ("starts_with", ["oa"], ["Cedar", "Oak"], True),
        ("present", None, [], False),
        ("present", None, False, True),
        ("in", ["yes"], True, True),
        ("equals", "true", True, True),
        ("in", ["no"], False, True),
        ("in", ["yes"], False, False),
        ("at_least", "2027-01-31", "2027-02-01", True),
        ("at_least", "2027-01-31", "2027-01-30", False),
        ("at_most", "2027-01-31", "2027-01-31", True),
        ("at_least", "2027-01-31", "soon", False),
        ("at_least", 1000.0, 1200.5, True),
        ("at_least", 1000.0, ["1"], False),
        ("in", ["1200"], 1200, True),
    ],
)
def test_values_of_every_kind_are_matched(op, wanted, value, fits):
    rule = {"field": "extra.f", "op": op, "value": wanted}
    assert matches(rule, {"extra.f": value}) is fits


def fit(**row) -> dict[str, str]:
    """The first fit rule as somebody types it over the one that is there."""
    return {f"fit-0-{name}": value for name, value in row.items()}


@pytest.mark.parametrize(
    ("field", "op", "value", "kept", "said"),
    [
        ("budget", "at_least", "€1,000", 1000.0, "Budget is at least €1,000"),
        ("budget", "in", "5, 7.5", ["5", "7.5"], "Budget is one of 5, 7.5"),
        ("move_in", "at_most", "2027-01-31", "2027-01-31", "Move in is on or before 31 Jan 2027"),
        ("wood", "in", "cedar, oak, white", ["Cedar", "Oak, white"],
         "Wood is one of Cedar, Oak, white"),
        ("wood", "contains", "oak", ["oak"], "Wood contains one of oak"),
        ("sure", "in", "Yes", ["yes"], "Sure is one of yes"),
        ("sure", "present", "", None, "Sure is known"),
    ],
)  # fmt: skip
def test_a_rule_is_typed_and_told(fields, field, op, value, kept, said):
    form = RulesForm(SCORE_RULES, typed(**fit(field=f"extra.{field}", op=op, value=value)))
    assert form.is_valid(), form.fit.errors
    rules = form.rules()
    assert rules["fit"][0].get("value") == kept
    assert lines(rules)[0].test == said
    again = RulesForm(rules, typed(rules))
    assert again.is_valid(), again.fit.errors
    assert again.rules() == rules


@pytest.mark.parametrize(
    ("field", "op", "value", "wrong", "says"),
    [
        ("budget", "contains", "5", "op", "Budget asks for one of “is at least”, “is at most”,"),
        ("wood", "at_least", "5", "op", "Wood asks for one of “is one of”, “contains one of”,"),
        ("budget", "at_least", "lots", "value", "“lots” is not a sum of money; write it as"),
        ("move_in", "at_least", "31/01/2027", "value", "“31/01/2027” is not a day; write it as"),
        ("wood", "in", "Pine", "value", "“Pine” is none of the choices: Cedar, Oak, white"),
        ("sure", "in", "maybe", "value", "“maybe” is neither yes nor no; write yes or no."),
        ("seats", "in", "many", "value", "“many” is not a number; write it as 1200.5."),
    ],
)
def test_a_rule_that_can_match_nothing_is_refused(fields, field, op, value, wrong, says):
    form = RulesForm(SCORE_RULES, typed(**fit(field=f"extra.{field}", op=op, value=value)))
    assert not form.is_valid()
    assert form.fit.errors[0][wrong][0].startswith(says)


def test_a_score_goes_by_it_and_says_why(fields):
    ScoreRules.objects.update(rules={
        **SCORE_RULES, "fit": [{"field": "extra.budget", "op": "at_least", "value": 1000.0,
                                "points": 25, "label": "Money enough"}],
    })  # fmt: skip
    ScoreRules.objects.get().save()
    at = database_now()
    rich = fields.capture(at=at, email="a@b.example", extra={"budget": "€1,200"}).lead
    poor = fields.capture(at=at, email="c@b.example", extra={"budget": "€999.99"}).lead
    assert rich.score - poor.score == 25
    assert {"label": "Money enough", "points": 25, "part": "fit"} in rich.score_reasons


def test_the_editor_offers_fields_by_their_labels(fields, client):
    client.force_login(fields.maya)
    page = client.get("/scoring/edit/").content.decode()
    assert '<option value="extra.move_in">Move in</option>' in page
    sent = typed(**fit(field="extra.wood", op="in", value="Cedar"))
    assert client.post("/scoring/edit/", sent).status_code == 302
    assert ScoreDraft.objects.get().rules["fit"][0]["value"] == ["Cedar"]
    assert "Wood is one of Cedar" in client.get("/scoring/").content.decode()


def test_a_persona_goes_by_it_and_reads_by_its_label(fields, client):
    rule = {"field": "extra.wood", "op": "in", "value": ["Cedar"], "points": 30, "label": "Wood"}
    persona = Persona.objects.create(
        slug="woody", name="Woody", criteria=[rule], min_points=10, order=0
    )
    lead = fields.capture(at=database_now(), email="a@b.example", extra={"wood": "cedar"}).lead
    assert lead.persona == persona
    client.force_login(fields.maya)
    assert "Wood is one of Cedar" in client.get("/personas/woody/").content.decode()
    assert in_words({**rule, "field": "extra.some_thing"}) == "some thing is one of “Cedar”"


def test_rules_about_a_removed_field_do_not_count_and_say_so(fields):
    """Neither in the score nor for a persona; brought back, they count again."""
    wants = {"field": "extra.budget", "op": "at_least", "value": 1000.0, "points": 60,
             "label": "Rich"}  # fmt: skip
    row = ScoreRules.objects.get()
    row.rules = {**row.rules, "fit": [wants]}
    row.save()
    persona = Persona.objects.get()
    persona.criteria, persona.min_points = [wants], 50
    persona.save()
    at = database_now()
    lead = fields.capture(at=at, email="a@x.example", extra={"budget": "5000"}).lead
    assert (lead.fit, lead.persona) == (80, persona)
    field = CustomField.objects.get(name="budget")
    changing.remove(field, by=fields.mona, at=at)
    later = fields.capture(at=at, email="b@x.example", extra={"budget": "5000"}).lead
    assert (later.fit, later.persona) == (0, None)
    rescoring.rescore(at=at)
    lead.refresh_from_db()
    assert (lead.fit, lead.persona, lead.extra) == (0, None, {"budget": 5000.0})
    assert lines(row.rules)[0].test == "Budget (removed, does not count) is at least €1,000"
    own = {"extra.budget": registry.rules_of(CustomField.objects.get(name="budget"))}
    assert in_words(wants, own).startswith("Budget (removed, does not count) is at least")
    changing.bring_back(field, by=fields.mona, at=at)
    assert fields.capture(at=at, email="c@x.example", extra={"budget": "5000"}).lead.fit == 80
