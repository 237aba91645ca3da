"""What both sides agree on, in a real browser: a definition from a proposal to the next capture."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from accounts.instants import database_now
from leads import rescoring
from leads.models import Stage
from personas import drafting
from personas.definitions import latest
from personas.models import Definition
from personas.versions import persona_facts
from tests.browser.pages import (
    complaints,
    unclean,
)
from tests.factories import LONG_AGO

pytestmark = pytest.mark.browser


@pytest.fixture
def near(cast):
    """A lead that a lower score would make an MQL."""
    at = database_now() - timedelta(hours=1)
    return cast.capture(
        at=at, email="nora@spa.example", first_name="Nora", last_name="Near", job_title="Spa coach"
    ).lead


def test_a_definition_is_proposed_tried_signed_by_two_and_judges_the_next(opened, cast, near):
    page = opened(cast.maya)
    page.goto("/definitions/")
    page.get_by_role("link", name="MQL", exact=True).click()
    page.get_by_role("link", name="Propose a change").click()
    through = page.locator("#through")
    expect(through).to_contain_text("No lead changes sides.")
    page.get_by_label("What it means").fill("Score of at least 35, and we know the job.")
    page.get_by_label("Score, at least").fill("35")
    # It is counted while one types, before anything is saved.
    expect(through.get_by_role("link", name="Nora Near")).to_be_visible()
    page.get_by_label("Country").check()
    expect(through.get_by_role("link", name="Nora Near")).to_have_count(0)
    page.get_by_label("Country").uncheck()
    page.get_by_label("Job title").check()
    expect(through.get_by_role("link", name="Nora Near")).to_be_visible()
    page.get_by_role("button", name="Propose").click()

    expect(page.get_by_role("heading", name="Proposed: v2")).to_be_visible()
    expect(page.locator("ins", has_text="Job title is known")).to_be_visible()
    expect(page.locator("#through")).to_contain_text("Score 35 is below the agreed 50")
    expect(page.get_by_role("button", name="Sign for")).to_have_count(0)
    for who, side in (("mona", "marketing"), ("dana", "sales")):
        page = opened(getattr(cast, who))
        page.goto("/definitions/mql/")
        page.get_by_role("button", name=f"Sign for {side}").click()
    expect(page.get_by_text("Agreed: version 2 is in force from now on.")).to_be_visible()
    expect(page.get_by_role("heading", name="In force: v2")).to_be_visible()

    # Who is here keeps their stage; who comes next is judged by it.
    near.refresh_from_db()
    assert near.stage == Stage.INQUIRY
    at = database_now()
    after = cast.capture(at=at, email="next@spa.example", job_title="Spa coach").lead
    assert after.stage == Stage.MQL
    page.goto(f"/leads/{after.pk}/")
    page.get_by_role("button", name="MQL").click()
    meant = page.locator("#stage-words")
    expect(meant).to_contain_text("Score of at least 35, and we know the job.")
    expect(meant.get_by_role("link", name="As agreed, version 2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(meant).to_be_hidden()


def test_who_was_slower_is_told_and_loses_nothing(opened, cast):
    page = opened(cast.sam)
    page.goto("/definitions/mql/edit/")
    page.get_by_label("What it means").fill("What Sam typed at length.")
    facts = {"name": "MQL", "words": "What Maya meant.", "rule": {"min_score": 50}}
    drafting.save("definition", "mql", facts, by=cast.maya, at=database_now(), seen="1")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Maya has changed the draft since you opened it")).to_be_visible()
    expect(page.get_by_label("What it means")).to_have_value("What Sam typed at length.")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("heading", name=re.compile("Proposed"))).to_be_visible()
    assert drafting.open_draft("definition", "mql").facts["words"] == "What Sam typed at length."
    assert latest("mql").version == 1


def test_a_persona_is_drafted_with_a_live_count_signed_by_two_and_given_to_leads(
    opened, cast, near
):
    other = cast.capture(
        at=database_now(), email="carl@x.example", first_name="Carl", job_title="Coach"
    ).lead
    assert (near.persona, other.persona) == (cast.persona, None)
    page = opened(cast.maya)
    page.goto("/personas/spa-director/")
    page.get_by_role("link", name="Propose a change").click()
    fits = page.locator("#fitting")
    expect(fits.get_by_role("link", name="Nora Near")).to_be_visible()
    page.get_by_role("button", name="Add a criterion").click()
    row = page.get_by_role("group", name="Criterion 2")
    row.get_by_label("Values").fill("coach")
    row.get_by_label("Points").fill("20")
    expect(fits).to_contain_text("Mend what is marked")
    row.get_by_label("Called").fill("Coaches")
    # It is counted while one types, before anything is saved.
    expect(fits.get_by_role("link", name="Carl")).to_be_visible()
    page.get_by_role("button", name="Add an objection").click()
    page.get_by_role("textbox", name="They object").fill("No room for it")
    page.get_by_label("How many there are, about").fill("1400")
    page.get_by_role("button", name="Propose").last.click()
    expect(page.get_by_role("heading", name="Proposed: v2")).to_be_visible()
    expect(page.locator("ins", has_text="+20 Coaches")).to_be_visible()
    for who, side in (("mona", "marketing"), ("dana", "sales")):
        page = opened(getattr(cast, who))
        page.goto("/personas/spa-director/draft/")
        page.get_by_role("button", name=f"Sign for {side}").click()
    expect(page.get_by_text("Agreed: version 2 is in force")).to_be_visible()
    expect(page.get_by_text("No room for it").first).to_be_visible()
    rescoring.go_on(at=database_now())
    other.refresh_from_db()
    assert other.persona == cast.persona


def test_pages_are_clean_in_both_themes_and_widths(opened, cast, near, live_server):
    Definition.objects.create(
        key="mql", version=2, name="MQL", words="Score of at least 45.", rule={"min_score": 45},
        in_force_from=LONG_AGO, signed_for_marketing_by=cast.mona, signed_for_sales_by=cast.dana,
    )  # fmt: skip
    facts = {"name": "MQL", "words": "Score of at least 35.",
             "rule": {"min_score": 35, "require": ["job_title"]}}  # fmt: skip
    drafting.save("definition", "mql", facts, by=cast.maya, at=database_now(), seen="2")
    survey = {"title": "Survey", "url": "https://x.example", "says": "40 %"}
    objection = {"objection": "Too dear", "answer": "No"}
    market = {"market_size": 9, "sources": [survey], "objections": [objection]}
    cast.persona.versions.create(version=1, facts=persona_facts(cast.persona))
    spa = {**persona_facts(cast.persona), **market}
    drafting.save("persona", "spa-director", spa, by=cast.maya, at=database_now(), seen="1")
    page = opened(cast.dana)
    said = complaints(page, live_server.url)
    urls = ["/definitions/", "/definitions/mql/", "/definitions/mql/edit/",
            "/definitions/customer/", "/definitions/new/", "/personas/", "/personas/spa-director/",
            "/personas/spa-director/draft/", "/personas/spa-director/edit/",
            "/personas/new/"]  # fmt: skip
    assert unclean(page, urls) == {}
    assert said == []
