"""The calendar page in a real browser: drafts looked at live, saved, and clean everywhere."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.instants import database_now
from sla.hours import calendars
from sla.models import Calendar, CalendarVersion
from tests.browser.pages import (
    accessibility,
    complaints,
    sign_in,
    unclean,
)
from tests.factories import OFFICE_HOURS, make_calendar

pytestmark = pytest.mark.browser
URL = "/sla/calendars/new-york/"
PAGES = ["/sla/calendars/", URL, "/sla/calendars/new/", "/sla/calendars/marketing-hours/"]


@pytest.fixture
def page(browser: Browser, cast, live_server) -> Iterator[Page]:
    """Dana's browser."""
    context = browser.new_context(base_url=live_server.url)
    sign_in(context, cast.dana, live_server.url)
    yield context.new_page()
    context.close()


def test_pages_are_clean_in_both_themes_and_widths(opened, cast, live_server):
    year = database_now().year
    CalendarVersion.objects.create(
        calendar=Calendar.objects.get(slug="new-york"), number=2, tz="America/New_York",
        weekly=OFFICE_HOURS, country="US", closed=[f"{year}-08-03"],
        opened={f"{year}-12-26": [["10:00", "12:00"]]},
    )  # fmt: skip
    page = opened(cast.dana)
    said = complaints(page, live_server.url)
    assert unclean(page, PAGES) == {}
    assert said == []


def test_a_draft_is_looked_at_before_it_is_saved(page: Page):
    page.goto(URL)
    page.get_by_label("at", exact=True).fill("2027-01-15T16:50")
    due = page.locator('[data-due] [data-row="accept_hot"]')
    expect(due).to_contain_text("Mon 18 Jan 2027, 09:05")
    page.get_by_label("Friday").fill("9-18")
    expect(page.locator("[data-changes]")).to_contain_text("Friday: 09:00–17:00 → 09:00–18:00")
    expect(due).to_contain_text("Fri 15 Jan 2027, 17:05")
    expect(due).to_contain_text("as saved: Mon 18 Jan 2027, 09:05")
    # The holidays of a region, which depends on the country.
    page.get_by_label("Year", exact=True).select_option("2027")
    page.get_by_label("Holidays of").select_option("US")
    page.get_by_label("Region").select_option("NY")
    lincoln = page.locator('[data-day="2027-02-12"]')
    expect(lincoln).to_have_class("day day-holiday")
    expect(lincoln).to_contain_text("Lincoln's Birthday")
    assert CalendarVersion.objects.filter(calendar__slug="new-york").count() == 1

    page.get_by_role("button", name="Save as version 2").click()
    expect(page.locator("[data-toast]")).to_contain_text("New-York saved.")
    saved = calendars.newest(Calendar.objects.get(slug="new-york"))
    assert (saved.weekly["4"], saved.country, saved.subdivision) == (
        [["09:00", "18:00"]], "US", "NY",
    )  # fmt: skip
    expect(page.get_by_text("Version 2 by Dana")).to_be_visible()


def test_days_of_its_own_are_added_and_taken_off(page: Page):
    page.goto(URL)
    page.get_by_role("button", name="Another day").click()
    row = page.locator("[data-extra-day]").nth(2)
    row.get_by_label("Day", exact=True).fill("2027-12-24")
    row.get_by_label("To").fill("2027-12-31")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.locator("[data-toast]")).to_contain_text("saved")
    expect(page.get_by_label("Day", exact=True).first).to_have_value("2027-12-24")
    page.get_by_role("button", name="Empty this row").first.click()
    expect(page.locator("[data-changes]")).to_contain_text("as any other day again")
    page.get_by_role("button", name="Save as version 3").click()
    expect(page).to_have_url(re.compile(URL))
    expect(page.get_by_text("Version 3 by Dana")).to_be_visible()
    numbers = CalendarVersion.objects.filter(calendar__slug="new-york").order_by("number")
    assert [len(version.closed) for version in numbers] == [0, 8, 0]


def test_mondays_hours_are_copied_and_an_error_keeps_what_was_typed(page: Page):
    page.goto(URL)
    page.get_by_label("Monday", exact=True).fill("8-16")
    page.get_by_role("button", name="Monday’s hours until Friday").click()
    expect(page.get_by_label("Friday")).to_have_value("8-16")
    page.get_by_label("Sunday").fill("noon")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("“noon” is not a span of time")).to_be_visible()
    expect(page.get_by_label("Sunday")).to_have_value("noon")
    expect(page.get_by_label("Friday")).to_have_value("8-16")


def test_running_deadlines_move_only_after_a_look(page: Page, cast):
    always = {str(day): [["00:00", "24:00"]] for day in range(7)}
    make_calendar(cast.sales, slug="always", weekly=always)
    lead = cast.hot_lead(at=database_now())
    due = lead.clocks.get(term__key="accept_hot").due_at
    page.goto("/sla/calendars/always/")
    tomorrow = database_now() + timedelta(days=1)
    page.get_by_label("Day", exact=True).first.fill(f"{tomorrow - timedelta(days=2):%Y-%m-%d}")
    page.get_by_label("To", exact=True).first.fill(f"{tomorrow:%Y-%m-%d}")
    page.get_by_label("Also move the deadlines of 3 running clocks").check()
    page.get_by_role("button", name="Save as version 2").click()
    moves = page.locator("[data-moves]")
    expect(moves).to_contain_text("3 running deadlines would move")
    expect(moves.locator("tbody tr").first).to_contain_text("Pat Lee")
    assert accessibility(page) == []
    assert lead.clocks.get(term__key="accept_hot").due_at == due
    moves.get_by_role("button", name="Save and move 3").click()
    expect(page.locator("[data-toast]")).to_contain_text("saved, and 3 running deadlines moved.")
    assert lead.clocks.get(term__key="accept_hot").due_at > due + timedelta(days=1)


def test_a_persons_hours_and_leave_are_clean(page: Page, cast):
    for url in ("/sla/people/", f"/sla/people/{cast.sam.pk}/"):
        page.goto(url)
        assert accessibility(page) == []


def test_what_was_typed_outlives_a_reload(page: Page):
    page.goto(URL)
    page.get_by_label("Monday", exact=True).fill("8-16")
    page.reload()
    expect(page.get_by_label("Monday", exact=True)).to_have_value("8-16")
