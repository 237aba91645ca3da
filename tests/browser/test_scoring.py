"""The scoring rules in a real browser: proposed, looked at, signed by two; and prediction."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from accounts.instants import database_now
from leads import rescoring, scoring
from leads.models import Lead, Prediction
from leads.score_rules import drafting
from tests.browser.pages import (
    complaints,
    unclean,
)
from tests.factories import SCORE_RULES

pytestmark = pytest.mark.browser


@pytest.fixture
def near(cast) -> Lead:
    """A lead that more points for its persona would make an MQL."""
    at = database_now() - timedelta(hours=1)
    return cast.capture(
        at=at, email="nora@spa.example", first_name="Nora", last_name="Near", job_title="Spa coach"
    ).lead


def test_a_rule_is_proposed_looked_at_and_published_by_two(opened, cast, near):
    page = opened(cast.maya)
    page.goto("/scoring/")
    page.get_by_role("link", name="Propose a change").click()
    page.get_by_label("Points for fitting a persona").fill("60")
    page.get_by_role("button", name="Add a fit rule").click()
    # What was typed is still there, and the new row is ready.
    expect(page.get_by_label("Points for fitting a persona")).to_have_value("60")
    row = page.get_by_role("group", name="Fit rule 3")
    row.get_by_label("Fact").select_option("phone")
    row.get_by_label("Test").select_option("present")
    row.get_by_label("Points").fill("5")
    row.get_by_label("Called").fill("Phone known")
    page.get_by_role("button", name="Save the draft").click()

    preview = page.get_by_role("region", name="On the leads that are here")
    expect(preview.get_by_role("link", name="Nora Near")).to_be_visible()
    expect(preview).to_contain_text("becomes an MQL")
    expect(page.get_by_role("region", name="On handoffs of the past")).to_be_visible()
    expect(page.get_by_role("button", name="Sign for")).to_have_count(0)

    for who, side in (("mona", "marketing"), ("dana", "sales")):
        page = opened(getattr(cast, who))
        page.goto("/scoring/")
        page.get_by_role("button", name=f"Sign for {side}").click()
    expect(page.get_by_text("Scoring v2 is in force")).to_be_visible()
    expect(page.get_by_text("Every lead is scored again by v2")).to_be_visible()
    rescoring.go_on(at=database_now())
    expect(page.get_by_text("1 of 1 changed")).to_be_visible()
    assert Lead.objects.get().score == near.score + 40
    assert scoring.current_rules(database_now())[0] == 2


def test_an_error_keeps_what_was_typed(opened, cast, near):
    page = opened(cast.mona)
    page.goto("/scoring/edit/")
    page.get_by_label("Warm from").fill("95")
    page.get_by_label("Points for fitting a persona").fill("33")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("Warm starts below hot: write less than 80.")).to_be_visible()
    expect(page.get_by_label("Points for fitting a persona")).to_have_value("33")


def test_pages_are_clean_in_both_themes_and_widths(opened, cast, near, live_server):
    drafting.save({**SCORE_RULES, "persona": 60}, by=cast.maya, at=database_now())
    Prediction.objects.create(
        fitted_at=database_now(), learned=400, won=80, learned_until=database_now(), asked=80,
        auc=0.7, brier=0.1, always_usual=0.12, calibration_error=0.03, best_fifth=0.4,
        bins=[{"foreseen": 0.1, "won": 0.2, "rows": 40}, {"foreseen": 0.3, "won": 0.3, "rows": 40}],
        in_force=True, verdict="The first that tells more than the usual share.", body=b"",
    )  # fmt: skip
    page = opened(cast.dana)
    said = complaints(page, live_server.url)
    assert unclean(page, ["/scoring/", "/scoring/edit/", "/prediction/"]) == {}
    assert said == []
