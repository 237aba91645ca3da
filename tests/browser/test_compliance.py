"""What managers see, in a real browser: figures that lead to clocks, charts, an excuse, the live
part, clean in both themes and widths."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.instants import database_now
from leads.activities import log_touch
from sla.models import Alarm, Clock
from sla.sweep import sweep
from tests.browser.pages import (
    complaints,
    sign_in,
    unclean,
)
from tests.factories import make_calendar

pytestmark = pytest.mark.browser
PAGES = ["/sla/", "/sla/?by=rep", "/sla/clocks/", "/sla/clocks/?outcome=missed", "/sla/contract/"]


@pytest.fixture
def story(cast):
    """Around the present, whatever the hour: one lead kept, one missed, one refused."""
    always = {str(day): [["00:00", "24:00"]] for day in range(7)}
    for team in (cast.sales, cast.marketing):
        make_calendar(team, slug=f"always-{team.slug}", weekly=always)
    at = database_now() - timedelta(minutes=50)
    good = cast.hot_lead(at=at, email="good@spa.example", source="ad")
    good.handoffs.get().accept(cast.sam, at=at + timedelta(minutes=5))
    log_touch(good, "call", by=cast.sam, at=at + timedelta(minutes=9), outcome="connected")
    cast.hot_lead(at=at, email="late@spa.example", first_name="Lena", last_name="Late")
    refused = cast.hot_lead(at=at, email="no@spa.example", first_name="Noor", job_title="Director")
    refused.handoffs.get().reject(cast.sam, reason="spam", at=at + timedelta(minutes=5))
    sweep(at=at + timedelta(minutes=20))
    return cast


@pytest.fixture
def page(browser: Browser, story, live_server) -> Iterator[Page]:
    """Dana's browser."""
    context = browser.new_context(base_url=live_server.url)
    sign_in(context, story.dana, live_server.url)
    yield context.new_page()
    context.close()


def test_pages_are_clean_in_both_themes_and_widths(opened, story, live_server):
    page = opened(story.dana)
    said = complaints(page, live_server.url)
    clock = Clock.objects.get(state="missed")
    assert unclean(page, [*PAGES, f"/sla/clocks/{clock.pk}/excuse/"]) == {}
    assert said == []


def test_a_figure_leads_to_its_clocks(page: Page):
    page.goto("/sla/?by=rep")
    sue = page.locator('tr[data-row="sue@demo.test"]')
    missed = sue.locator('td[data-label="Missed"] a')
    expect(missed).to_have_text("1")
    missed.click()
    expect(page.locator('[data-figure="count"]')).to_have_text("1")
    expect(page.locator("#clocks tbody tr")).to_have_count(1)
    expect(page.locator("#clocks tbody tr")).to_contain_text("Lena Late")
    # The way back out of the narrowing is on the page.
    page.get_by_role("link", name="rep: sue@demo.test").click()
    expect(page.locator("#clocks tbody tr")).to_have_count(1)


def test_charts_are_drawn_and_have_their_tables(page: Page):
    page.goto("/sla/")
    expect(page.locator(".chart:has(canvas)")).to_have_count(3)
    page.get_by_text("As a table").first.click()
    # Just after midnight the newest day is still empty, so any day with a rate will do.
    days = page.locator("details[open] tbody tr")
    expect(days.filter(has_text="%").first).to_be_visible()
    expect(page.get_by_text("capture → first touch")).to_be_visible()


def test_a_manager_excuses_a_miss_and_takes_it_back(page: Page):
    page.goto("/sla/clocks/?outcome=missed")
    page.get_by_role("link", name="Excuse…").click()
    page.get_by_label("Why should it not count").fill("The fire alarm.")
    page.get_by_role("button", name="Excuse").click()

    row = page.locator("#clocks tbody tr")
    expect(row).to_contain_text("excused")
    expect(row).to_contain_text("Dana: The fire alarm.")
    page.goto("/sla/")
    expect(page.locator('[data-figure="missed"] + .figure-note')).to_have_text("1 of them excused")
    page.goto("/sla/clocks/?outcome=excused")
    page.get_by_role("button", name="Count it again").click()
    expect(page.get_by_text("No clock fits")).to_be_visible()


def test_an_excuse_is_undone_from_its_message(page: Page):
    page.goto("/sla/clocks/?outcome=missed")
    page.get_by_role("link", name="Excuse…").click()
    page.get_by_label("Why should it not count").fill("The fire alarm.")
    page.get_by_role("button", name="Excuse").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The miss counts again.")).to_be_visible()
    expect(page.locator("#clocks tbody tr")).not_to_contain_text("excused")
    assert not Clock.objects.filter(excused=True).exists()


def test_the_list_is_narrowed_in_place_and_in_the_address(page: Page):
    page.goto("/sla/clocks/")
    page.get_by_label("Outcome").select_option("voided")
    expect(page.locator("#clocks tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("outcome=voided"))
    page.reload()
    expect(page.locator("#clocks tbody tr")).to_have_count(1)


def test_what_is_at_risk_stays_current(page: Page, story):
    page.goto("/sla/")
    unanswered = page.locator('[aria-labelledby="at-risk-unanswered"]')
    expect(unanswered).to_contain_text("Lena Late")
    late = Clock.objects.get(state="missed")
    late.handoff.accept(story.sue, at=database_now())
    page.evaluate("htmx.trigger('#at-risk', 'refresh')")
    expect(unanswered.get_by_text("Accept (hot)")).to_have_count(0)


def test_the_calculator_answers(page: Page):
    page.goto("/sla/contract/")
    page.get_by_label("at", exact=True).fill("2027-01-15T16:50")
    page.get_by_role("button", name="When is it due?").click()
    row = page.locator('[data-forecast] [data-row="accept_hot"]')
    expect(row).to_contain_text("Fri 15 Jan 2027, 17:05")


def test_a_sweep_that_stands_still_is_said_on_top(page: Page):
    Alarm.objects.filter(state="waiting").update(fire_at=database_now() - timedelta(minutes=12))
    page.goto("/sla/")
    expect(page.locator(".notice:visible")).to_contain_text("Deadlines are not being watched")
