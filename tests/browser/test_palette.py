"""The palette: from anywhere, by keys alone, to a page or to whatever has a name."""

import re

import pytest
from playwright.sync_api import expect

from accounts.instants import database_now
from leads.models import Lead
from tests.browser.pages import (
    HEIGHT,
    LOOKS,
    complaints,
    unclean,
    unclean_as,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def leads(cast) -> list[Lead]:
    return [
        cast.hot_lead(at=database_now(), email=f"p{n}@hotel.example", first_name=name)
        for n, name in enumerate(("Ananya", "Bernhardine"))
    ]


def test_a_lead_is_found_and_opened_by_keys_alone(opened, cast, leads, live_server):
    page = opened(cast.dana)
    page.goto("/notifications/")
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


def test_a_page_is_reached_by_a_part_of_its_name_and_escape_closes(opened, cast):
    page = opened(cast.sam)
    page.goto("/notifications/")
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


def test_it_is_clean_in_both_themes_and_widths(opened, cast, leads):
    page = opened(cast.dana)
    assert unclean(page, ["/search/?q=hotel"]) == {}
    for theme, width in LOOKS:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.goto("/notifications/")
        page.keyboard.press("Control+k")
        page.keyboard.type("hotel")
        expect(page.get_by_role("group", name="Leads").get_by_role("option")).to_have_count(2)
        assert unclean_as(page, theme, width) == []
