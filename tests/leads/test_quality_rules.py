"""Ratings rolled up to the scoring rule that lifted the lead over the threshold."""

import pytest

from leads.models import Feedback, ScoreRules
from leads.quality import rate
from leads.quality_figures import overall
from leads.quality_rules import by_rule, known, lifted_by, name_of
from tests.accounts.test_own_pages import signed_in
from tests.factories import LONG_AGO, ny

AT = ny("2027-01-14 10:00")
pytestmark = pytest.mark.django_db
FIT = {"label": "Director", "points": 15, "part": "fit"}
FORM = {"label": "Filled in a form twice", "points": 30, "part": "engagement"}
LESS = {"label": "40 days quiet", "points": -6, "part": "engagement"}


def receipt(*reasons, version=1, fit=None, engagement=None):
    points = {part: sum(r["points"] for r in reasons if r["part"] == part)
              for part in ("fit", "engagement")}  # fmt: skip
    return {
        "reasons": list(reasons), "definition": {"key": "mql", "version": version},
        "fit": points["fit"] if fit is None else fit,
        "engagement": points["engagement"] if engagement is None else engagement,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "lifted"),
    [
        # 60 of 50: without the form 30, without the title 45.
        (receipt(FIT, FORM, fit=30), ["Director", "Filled in a form"]),
        (receipt(FIT, FORM, fit=40), ["Filled in a form"]),
        (receipt(FIT, FORM, fit=90), []),  # points to spare
        (receipt(FIT, LESS, fit=56), ["Director"]),  # what costs points lifts nobody
        (receipt(FIT, FORM, fit=10), []),  # never met it
        (receipt(FIT, FORM, version=9), []),
        ({}, []),
    ],
)  # fmt: skip
def test_without_its_points_the_lead_would_have_missed_the_definition(cast, given, lifted):
    assert lifted_by(given, known()) == lifted


def test_a_rule_is_known_by_its_name_whatever_the_reason_adds():
    labels = frozenset({"Filled in a form", "Fits well", "Came twice"})
    assert [name_of({"label": label, "part": part}, labels) for label, part in (
        ("Filled in a form 12 times", "engagement"), ("Filled in a form", "engagement"),
        ("Came twice", "engagement"), ("Fits Spa director", "fit"), ("Fits well", "fit"),
        ("Gone since twice", "engagement"),
    )] == ["Filled in a form", "Filled in a form", "Came twice", "Persona", "Fits well",
           "Gone since twice"]  # fmt: skip


def rated(cast, n: int, rating: int, **row):
    lead = cast.hot_lead(at=AT, email=f"p{n}@x.example", **row)
    handoff = lead.handoffs.get()
    handoff.accept(handoff.owner, at=AT)
    rate(handoff, rating, by=handoff.owner, at=AT, why="Said so")
    return handoff


def test_few_ratings_are_marked_and_lean_on_the_mean_of_all(cast):
    for n, rating in enumerate((1, 2, 5)):
        rated(cast, n, rating)  # 80 points, of which the demonstration brings 40
    spared = rated(cast, 9, 5)
    spared.override_reason = "All the same"
    spared.save()
    feedback = Feedback.objects.all()
    [demo] = [each for each in by_rule(feedback, prior=overall(feedback).mean)
              if each.name == "Came to a demonstration"]  # fmt: skip
    assert (demo.count, round(demo.mean, 2), demo.poor, demo.is_few) == (3, 2.67, 2, True)
    assert round(demo.estimate, 2) == round((8 + 5 * 3.25) / 8, 2)


def test_it_stands_on_the_quality_page_the_scoring_page_and_the_lead(cast):
    handoff = rated(cast, 1, 2)
    mona = signed_in(cast.mona)
    page = mona.get("/quality/").text
    assert "By the rule that lifted them over the threshold" in page
    scoring = mona.get("/scoring/").text
    assert (
        "Leads that this rule lifted over the threshold were rated 2.0 of 5 (n = 1, few)" in scoring
    )
    assert "Rated by sales" not in signed_in(handoff.owner).get("/scoring/").text
    lead = signed_in(handoff.owner).get(handoff.lead.get_absolute_url()).text
    assert "for the rule that let it in: Came to a demonstration." in lead
    ScoreRules.objects.create(
        version=2, rules={"fit": [{"field": "company", "op": "present", "points": 5,
                                   "label": "Company known"}]}, in_force_from=LONG_AGO,
    )  # fmt: skip
    assert "rated 2.0" not in mona.get("/scoring/").text
