"""The list of leads from the buttons: a filter is built, by mouse and by keyboard."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.instants import database_now
from leads.models import Lead
from tests.browser.pages import (
    accessibility,
    complaints,
)

pytestmark = pytest.mark.browser
BOTH = [("light", 1440), ("dark", 390)]


@pytest.fixture
def leads(cast):
    at = database_now()
    cast.capture(at=at, email="old@x.example", first_name="Olga", country="DE")
    cast.capture(at=at, email="new@x.example", first_name="Nils", country="US")
    cast.hot_lead(at=at)
    Lead.objects.filter(email="old@x.example").update(created_at=at - timedelta(days=40))
    return cast


def names(page: Page) -> Locator:
    return page.locator("#lead-rows .row-link")


@pytest.mark.parametrize(("theme", "width"), BOTH)
def test_a_filter_is_built_shown_changed_and_taken_away(opened, leads, live_server, theme, width):
    page = opened(leads.maya, theme=theme, width=width)
    said = complaints(page, live_server.url)
    page.goto("/leads/")
    page.get_by_role("link", name="Filter", exact=True).click()
    first = page.get_by_role("group", name="Condition 1")
    first.get_by_label("Field").select_option("created_at")
    first.get_by_label("Test").select_option("older")
    first.get_by_label("Days").fill("30")
    page.get_by_role("button", name="Group", exact=True).click()
    second = page.get_by_role("group", name="Condition 2")
    second.get_by_label("Value").fill("50")
    page.get_by_label("All or any of the conditions").first.select_option("any")
    assert accessibility(page) == []
    page.get_by_role("button", name="Show leads").click()
    expect(page.get_by_label("The filter in words")).to_contain_text(
        "Captured longer ago than 30 days"
    )
    expect(names(page)).to_have_text(["Pat Lee", "Olga"])
    assert accessibility(page) == []
    # The address alone shows the same to somebody else, and the quick filters go on top of it.
    page.get_by_label("Tier").select_option("hot")
    expect(names(page)).to_have_text(["Pat Lee"])
    page.go_back()
    expect(names(page)).to_have_text(["Pat Lee", "Olga"])
    page.get_by_role("link", name="Take away: Score is at least 50").click()
    expect(names(page)).to_have_text(["Olga"])
    assert said == []


def test_by_keyboard_alone_and_an_error_beside_its_condition(opened, leads):
    page = opened(leads.maya)
    page.goto("/leads/")
    page.keyboard.press("f")
    value = page.get_by_label("Value")
    value.focus()
    value.fill("many")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("“many” is no number")
    value.focus()
    value.fill("50")
    page.keyboard.press("Enter")
    expect(names(page)).to_have_text(["Pat Lee"])


@pytest.mark.parametrize(("theme", "width"), BOTH[1:])
def test_a_view_is_kept_shared_and_opened_by_somebody_else(
    opened, leads, live_server, theme, width
):
    page = opened(leads.mona, theme=theme, width=width)
    said = complaints(page, live_server.url)
    page.goto("/leads/")
    page.get_by_role("link", name="Filter", exact=True).click()
    page.get_by_label("Value").fill("50")
    page.get_by_role("button", name="Show leads").click()
    expect(page.get_by_label("The filter in words")).to_be_visible()
    page.get_by_role("link", name="Columns").click()
    page.get_by_label("Another column").select_option("country")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Country further to the front").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".column-list li").nth(5)).to_contain_text("Country")
    assert accessibility(page) == []
    page.get_by_role("button", name="Show these columns").click()
    expect(page.locator("thead th")).to_have_count(9)
    page.get_by_role("link", name="Save as view").click()
    page.get_by_label("Name", exact=True).fill("Warm ones")
    page.get_by_label("Who has it").select_option("everybody")
    assert accessibility(page) == []
    page.get_by_role("button", name="Keep the view").click()
    expect(page.get_by_role("link", name="Warm ones")).to_have_attribute("aria-current", "page")
    assert said == []

    page = opened(Lead.objects.get(tier="hot").owner, theme=theme, width=width)
    page.goto("/leads/")
    page.get_by_role("link", name="Warm ones").click()
    expect(names(page)).to_have_text(["Pat Lee"])
    expect(page.locator("thead th")).to_have_text([
        "", "Lead", "Stage", "Score", "Persona", "Campaign", "Owner", "Country", "Captured",
    ])  # fmt: skip
    page.get_by_role("link", name="View", exact=True).click()
    expect(page.get_by_text("is Mona's. Save one of your own")).to_be_visible()
    page.get_by_label("My list of leads opens with it").check()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("My list of leads opens with it")).to_have_count(0)
    page.get_by_role("link", name="All leads").click()
    expect(page.get_by_role("link", name="All leads")).to_have_attribute("aria-current", "page")
    page.goto("/leads/")
    expect(page.get_by_role("link", name="Warm ones")).to_have_attribute("aria-current", "page")


def test_a_view_is_taken_away_and_the_toast_brings_it_back(opened, leads):
    page = opened(leads.maya)
    page.goto("/leads/?tier=hot")
    page.get_by_role("link", name="Save as view").click()
    page.get_by_label("Name", exact=True).fill("Hot ones")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Hot ones")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="View", exact=True).click()
    page.get_by_role("button", name="Take this view away").click()
    expect(page.get_by_role("link", name="Hot ones")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Hot ones")).to_have_attribute("aria-current", "page")


def test_ticked_leads_are_tagged_and_undone(opened, leads, live_server):
    page = opened(leads.maya, theme="dark", width=390)
    said = complaints(page, live_server.url)
    page.goto("/leads/?columns=stage,tags")
    expect(page.get_by_role("form", name="Chosen leads")).to_be_hidden()
    page.get_by_label("Choose Olga").check()
    page.get_by_label("Choose Nils").check()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    assert accessibility(page) == []
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_label("Tag").fill("Trade fair")
    assert accessibility(page) == []
    page.get_by_role("button", name="Tag", exact=True).click()
    expect(page.get_by_text("2 leads tagged.")).to_be_visible()
    expect(page.locator("#lead-rows .tag")).to_have_text(["Trade fair", "Trade fair"])
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    page.goto("/leads/?columns=stage,tags")
    expect(names(page)).to_have_count(3)
    expect(page.locator("#lead-rows .tag")).to_have_count(0)
    assert said == []


def test_all_of_a_list_of_many_pages_with_progress(opened, leads, monkeypatch):
    monkeypatch.setattr("leads.views.lists.PAGE", 2)
    page = opened(leads.maya)
    page.goto("/leads/?sort=oldest")
    page.get_by_label("Choose all of this page").check()
    page.get_by_role("button", name="All leads of the list").click()
    expect(page.get_by_role("status").filter(has_text="All leads of the list")).to_be_visible()
    page.get_by_role("button", name="Tag", exact=True).click()
    expect(page.get_by_role("heading", name="Tag: 3 leads")).to_be_visible()
    page.get_by_label("Tag").fill("everybody")
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 leads tagged.")).to_be_visible()
    page.get_by_label("Choose Nils").check()
    page.get_by_role("button", name="Hand over").click()
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_text("is not an MQL as agreed")).to_be_visible()
    assert accessibility(page) == []


def test_a_lead_is_tagged_on_its_page(opened, leads):
    page = opened(leads.maya)
    page.goto(Lead.objects.get(email="new@x.example").get_absolute_url())
    page.locator("#tag-add > summary").click()
    page.get_by_label("New tag").fill("VIP")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Tags")).to_contain_text("VIP")
    assert accessibility(page) == []
    page.get_by_role("button", name="Take the tag VIP off").click()
    expect(page.get_by_role("group", name="Tags")).not_to_contain_text("VIP")


def test_leads_are_deleted_undone_and_put_back_from_the_bin(opened, leads, live_server):
    page = opened(leads.maya, theme="dark", width=390)
    said = complaints(page, live_server.url)
    page.goto("/leads/")
    page.get_by_label("Choose Olga").check()
    page.get_by_label("Choose Pat Lee").check()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("All of them can be deleted.")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("2 leads deleted.")).to_be_visible()
    expect(names(page)).to_have_text(["Nils"])
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    page.goto(Lead.objects.get(email="old@x.example").get_absolute_url())
    page.get_by_role("button", name="Delete the lead").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 lead deleted.")).to_be_visible()
    page.get_by_role("link", name="Bin").click()
    assert accessibility(page) == []
    page.get_by_role("button", name="Put back Olga").click()
    expect(page.get_by_text("Olga is back.")).to_be_visible()
    expect(page.get_by_text("The bin is empty")).to_be_visible()
    assert said == []


def test_a_cell_is_changed_where_it_stands(opened, leads):
    page = opened(leads.maya)
    page.goto("/leads/?columns=company,country&q=pat@spa.example")
    cell = page.locator("[data-cell]").first
    cell.dblclick()
    page.get_by_label("Company", exact=True).fill("Lake Hotel")
    assert accessibility(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("Company of Pat Lee changed.")).to_be_visible()
    expect(cell).to_contain_text("Lake Hotel")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-cell]").first).to_contain_text("Spa Hotel")
    assert "q=pat" in page.url
    # By keyboard, and left again.
    page.get_by_role("link", name="Change Company of Pat Lee").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Company", exact=True).fill("Nothing")
    page.keyboard.press("Escape")
    expect(page.locator("[data-cell]").first).to_contain_text("Spa Hotel")
    # Somebody else was faster.
    page.get_by_role("link", name="Change Company of Pat Lee").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Company", exact=True).fill("Mine")
    Lead.objects.filter(email="pat@spa.example").update(company="Theirs")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("to “Theirs” meanwhile")
    page.keyboard.press("Enter")
    expect(page.locator("[data-cell]").first).to_contain_text("Mine")
    # A choice is sent by Enter too.
    page.get_by_role("link", name="Change Country of Pat Lee").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Country", exact=True).select_option("DE")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Country of Pat Lee changed.")).to_be_visible()


def test_a_fact_of_a_company_is_changed_where_it_stands(opened, leads):
    page = opened(leads.sam)
    page.goto(Lead.objects.get(email="pat@spa.example").of_company.get_absolute_url())
    here = page.url
    page.get_by_role("link", name="Change industry of").click()
    page.get_by_label("Industry", exact=True).fill("Hotels")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Industry of Spa Hotel changed.")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("Hotels")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".facts")).not_to_contain_text("Hotels")
    page.locator("[data-cell]").first.dblclick()
    page.get_by_label("Name", exact=True).fill("Nothing")
    assert accessibility(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("[data-cell]").first).to_contain_text("Spa Hotel")
    assert page.url == here
