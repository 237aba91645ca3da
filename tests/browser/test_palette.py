"""The palette: from anywhere, by keys alone, to a page or to whatever has a name."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.instants import database_now
from leads.models import Lead
from tests.browser.test_frame import accessibility, complaints, settled, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def leads(cast) -> list[Lead]:
    return [
        cast.hot_lead(at=database_now(), email=f"p{n}@hotel.example", first_name=name)
        for n, name in enumerate(("Ananya", "Bernhardine"))
    ]


def opened(browser: Browser, user, live_server, **more) -> Page:
    context = browser.new_context(base_url=live_server.url, **more)
    sign_in(context, user, live_server.url)
    page = context.new_page()
    page.goto("/notifications/")
    return page


def test_a_lead_is_found_and_opened_by_keys_alone(browser, cast, leads, live_server):
    page = opened(browser, cast.dana, live_server)
    said = complaints(page, live_server.url)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.type("hotel")
    options = page.get_by_role("group", name="Leads").get_by_role("option")
    expect(options).to_have_count(2)
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/leads/{leads[0].pk}/$"))
    assert said == []
    page.context.close()


def test_a_page_is_reached_by_a_part_of_its_name_and_escape_closes(browser, cast, live_server):
    page = opened(browser, cast.sam, live_server)
    page.keyboard.press("Control+k")
    pages = page.get_by_role("group", name="Pages").get_by_role("option")
    expect(pages.first).to_have_text("Today")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.get_by_role("link", name="Search").click()
    page.keyboard.type("queu")
    expect(pages.filter(visible=True)).to_have_text(["Queue"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/queue/$"))
    # What is not a page for reps is none here either.
    page.keyboard.press("Control+k")
    page.keyboard.type("campaigns")
    expect(pages.filter(visible=True)).to_have_count(0)
    page.context.close()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_clean_in_both_themes_and_widths(browser, cast, leads, live_server, theme, width):
    page = opened(
        browser, cast.dana, live_server,
        color_scheme=theme, viewport={"width": width, "height": 900},
    )  # fmt: skip
    page.keyboard.press("Control+k")
    page.keyboard.type("hotel")
    expect(page.get_by_role("group", name="Leads").get_by_role("option")).to_have_count(2)
    assert accessibility(page) == []
    page.goto("/search/?q=hotel")
    settled(page)
    assert accessibility(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.context.close()
