"""A rep's day by keys: a task is kept on the lead's page, found on the agenda, done, taken back."""

import pytest
from playwright.sync_api import expect

from accounts.instants import database_now
from leads.models import Task
from tests.browser.pages import accessibility, complaints, settled, unclean

pytestmark = pytest.mark.browser


@pytest.fixture
def lead(cast):
    found = cast.hot_lead(at=database_now())
    found.handoffs.get().accept(cast.sam, at=database_now())
    return found


def test_a_task_is_kept_found_done_and_taken_back_by_keys(opened, cast, lead, live_server):
    page = opened(cast.sam)
    said = complaints(page, live_server.url)
    page.goto(lead.get_absolute_url())
    page.keyboard.press("t")
    what = page.get_by_role("dialog").get_by_label("What")
    expect(what).to_be_focused()
    expect(page.get_by_label("When")).not_to_have_value("")
    what.fill("Send the prices")
    assert accessibility(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("region", name="To do")).to_contain_text("Send the prices")
    page.goto("/agenda/")
    expect(page.get_by_role("link", name="First touch")).to_be_visible()
    settled(page)
    # Which of the two is due first depends on the hour of the day.
    rows = page.locator("[data-row]").all_inner_texts()
    for _ in range(1 + ["Send the prices" in row for row in rows].index(True)):
        page.keyboard.press("j")
    page.keyboard.press("d")
    expect(page.get_by_text("Done: Send the prices.")).to_be_visible()
    expect(page.get_by_role("link", name="Send the prices")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("To do again: Send the prices.")).to_be_visible()
    assert Task.objects.open().count() == 1
    assert said == []


def test_pages_are_clean_in_both_themes_and_widths(opened, cast, lead, live_server):
    at = database_now()
    for words in ("Call back", "Send " + "W" * 120):
        Task.objects.create(lead=lead, words=words, due_at=at, by=cast.sam, made_at=at)
    page = opened(cast.sam)
    said = complaints(page, live_server.url)
    month = f"/agenda/{at:%Y-%m}/"
    assert unclean(page, ["/agenda/", month, lead.get_absolute_url()]) == {}
    assert said == []
