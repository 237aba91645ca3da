"""The monthly promises and the joint scorecard in a real browser: from the draft to the wall."""

import re

import pytest
from playwright.sync_api import expect

from accounts.instants import database_now
from leads import returns
from sla.contracts import drafting
from sla.figures import exclusions
from sla.models import MonthlyPromise
from tests.browser.pages import complaints, unclean

pytestmark = pytest.mark.browser
LEADS = {"key": "leads", "name": "Accepted leads", "counted": "accepted", "target": 2}


def test_a_monthly_promise_is_drafted_and_a_figure_opens_its_leads(opened, cast):
    drafting.begin(by=cast.mona, at=database_now())
    page = opened(cast.mona)
    page.goto("/sla/contract/draft/")
    page.get_by_role("link", name="Add a monthly promise").click()
    page.get_by_label("Name").fill("Complete packets")
    page.get_by_label("Which share comes with a complete packet").check()
    page.get_by_label("At least").fill("95")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Choose what a complete packet holds.")).to_be_visible()
    expect(page.get_by_label("At least")).to_have_value("95")
    page.get_by_label("the company").check()
    page.get_by_role("button", name="Add it").click()
    expect(page.locator("[data-changes-list]")).to_have_text(
        "New: Complete packets: at least 95 % complete packets a month."
    )

    MonthlyPromise.objects.create(contract=cast.contract, **LEADS)
    at = database_now()
    handoff = cast.hot_lead(at=at).handoffs.get()
    handoff.accept(handoff.owner, at=at)
    page.goto("/scorecard/")
    line = page.locator("[data-promise=leads]")
    line.locator("[data-figure=value]").click()
    page.get_by_role("link", name="Leave out the handoff of Pat Lee").click()
    page.get_by_label("Why it should not count").fill("A colleague tried the form.")
    page.get_by_role("button", name="Ask the other side").click()
    expect(page.locator("[data-exclusion]")).to_contain_text("it counts until sales agrees")
    theirs = opened(cast.dana)
    theirs.goto("/scorecard/")
    theirs.get_by_role("button", name="Agree for sales").click()
    expect(theirs.locator("[data-toast]")).to_contain_text("It is left out from now on.")
    expect(theirs.locator("[data-promise=leads] [data-figure=value]")).to_have_text("0")


def test_a_return_is_disputed_ruled_on_by_both_and_the_lead_goes_back(opened, cast):
    at = database_now()
    handoff = cast.hot_lead(at=at).handoffs.get()
    handoff.reject(handoff.owner, reason="wrong_persona", note="Buys no tubs", at=at)
    page = opened(cast.maya)
    page.goto("/returns/")
    page.get_by_label("We disagree: let the managers rule").check()
    page.get_by_label("Note").fill("She runs the spa")
    page.get_by_role("button", name="Answer").click()
    page.get_by_role("link", name="waits for a ruling").click()
    expect(page.get_by_text("A manager of marketing and one of sales will rule")).to_be_visible()
    ours = opened(cast.mona)
    ours.goto("/rulings/")
    ours.get_by_role("button", name="Propose for marketing").click()
    expect(ours.get_by_text("Choose how to rule.")).to_be_visible()
    ours.get_by_label("Sales should have taken it").check()
    ours.get_by_label("Why").fill("She decides what is bought")
    ours.get_by_role("button", name="Propose for marketing").click()
    said = ours.get_by_text("It is ruled once a manager of sales agrees.", exact=True)
    expect(said).to_be_visible()
    theirs = opened(cast.dana)
    theirs.goto("/rulings/")
    theirs.get_by_role("button", name="Agree for sales").click()
    expect(theirs.locator("[data-toast]")).to_contain_text("Ruled: sales should have taken it.")
    queue = opened(handoff.owner)
    queue.goto("/queue/")
    queue.get_by_role("link", name="Pat Lee").first.click()
    expect(queue.get_by_text("Accept this lead?")).to_be_visible()
    expect(queue.get_by_text("She decides what is bought")).to_be_visible()


def test_the_pages_are_clean_and_the_wall_asks_for_itself_again(opened, cast, live_server):
    MonthlyPromise.objects.create(contract=cast.contract, **LEADS)
    at = database_now()
    handoff = cast.hot_lead(at=at).handoffs.get()
    handoff.accept(handoff.owner, at=at)
    exclusions.ask(handoff, "marketing", reason="A test", by=cast.mona, at=at)
    draft = drafting.begin(by=cast.mona, at=at)
    disputed = cast.hot_lead(at=at, email="d@spa.example").handoffs.get()
    back = disputed.reject(disputed.owner, reason="spam", at=at)
    returns.answer(back, "disputed", by=cast.maya, at=at, note="They called us twice")
    page = opened(cast.dana)
    said = complaints(page, live_server.url)
    urls = [
        "/scorecard/", "/scorecard/?wall=1", "/scorecard/leads/", "/rulings/",
        f"/handoffs/{handoff.pk}/leave-out/", "/sla/contract/versions/1/end/",
        f"/sla/contract/draft/monthly/{draft.monthly.get().pk}/",
    ]  # fmt: skip
    assert unclean(page, urls) == {}
    assert said == []
    page.goto("/scorecard/?wall=1")
    tile = page.locator("[data-promise=leads]")
    expect(tile).to_contain_text(re.compile(r"1\s+of 2"))
    exclusions.agree(handoff.exclusions.get(), "sales", by=cast.dana, at=database_now())
    page.evaluate("htmx.trigger('#scorecard', 'refresh')")
    expect(tile).to_contain_text(re.compile(r"0\s+of 2"))
