"""A stranger books a time in a real browser, by the clock of their own, and changes it."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from accounts.instants import database_now
from accounts.models import BookingPage
from leads import hosted
from leads.models import Meeting
from tests.browser.pages import complaints, unclean

pytestmark = pytest.mark.browser


def test_a_stranger_books_by_their_own_clock_and_calls_it_off(
    browser: Browser, cast, live_server, monkeypatch
):
    monkeypatch.setattr(hosted, "LEAST", timedelta())  # a test is quicker than people
    page_of_sam = BookingPage.objects.create(
        user=cast.sam, slug="sam", made_at=database_now(), place="Show garden", words="Tea is here."
    )
    context = browser.new_context(base_url=live_server.url, timezone_id="Europe/Berlin")
    page = context.new_page()
    said = complaints(page, live_server.url)
    page.goto("/book/sam/")
    expect(page.get_by_label("Times are told by the clock of")).to_have_value("Europe/Berlin")
    expect(page.get_by_text("Sam is in America/New_York.")).to_be_visible()
    page.locator(".book-times a").first.click()
    page.get_by_label("First name").fill("Zoë")
    page.get_by_label("E-mail").fill("zoe@spa.example")
    page.get_by_role("button", name="Book it").click()
    expect(page.get_by_role("heading", name="It is booked")).to_be_visible()
    meeting = Meeting.objects.get()
    assert (meeting.guest_zone, meeting.by) == ("Europe/Berlin", cast.sam)
    shown = page.url
    page.get_by_role("button", name="Call it off").click()
    expect(page.get_by_role("heading", name="Called off")).to_be_visible()
    assert said == []
    BookingPage.objects.filter(pk=page_of_sam.pk).update(minutes=60)
    first = page.goto("/book/sam/?zone=Europe/Berlin")
    assert first is not None
    time = page.locator(".book-times a").first.get_attribute("href")
    assert unclean(page, ["/book/sam/?zone=Europe/Berlin", time or "", shown]) == {}
    context.close()
