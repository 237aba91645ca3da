"""The list of leads from the buttons: a filter is built, by mouse and by keyboard."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.instants import database_now
from leads.models import Lead
from tests.browser.test_frame import accessibility, complaints, sign_in

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


def opened(browser: Browser, person, url: str, theme="light", width=1440) -> Page:
    context = browser.new_context(
        base_url=url, color_scheme=theme, viewport={"width": width, "height": 900}
    )
    sign_in(context, person, url)
    return context.new_page()


def names(page: Page) -> list[str]:
    return page.locator("#lead-rows .row-link").all_inner_texts()


@pytest.mark.parametrize(("theme", "width"), BOTH)
def test_a_filter_is_built_shown_changed_and_taken_away(browser, leads, live_server, theme, width):
    page = opened(browser, leads.maya, live_server.url, theme, width)
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
    assert names(page) == ["Pat Lee", "Olga"]
    assert accessibility(page) == []
    # The address alone shows the same to somebody else, and the quick filters go on top of it.
    page.get_by_label("Tier").select_option("hot")
    expect(page.locator("#lead-rows .row-link")).to_have_text(["Pat Lee"])
    page.go_back()
    expect(page.locator("#lead-rows .row-link")).to_have_text(["Pat Lee", "Olga"])
    page.get_by_role("link", name="Take away: Score is at least 50").click()
    expect(page.locator("#lead-rows .row-link")).to_have_text(["Olga"])
    assert said == []
    page.context.close()


def test_by_keyboard_alone_and_an_error_beside_its_condition(browser, leads, live_server):
    page = opened(browser, leads.maya, live_server.url)
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
    expect(page.locator("#lead-rows .row-link")).to_have_text(["Pat Lee"])
    page.context.close()
