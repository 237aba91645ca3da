"""What if?, in a real browser: from the compliance page to the leads with another outcome."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.instants import database_now
from tests.browser.pages import (
    complaints,
    unclean,
)
from tests.browser.test_compliance import page, story  # noqa: F401  (fixtures)
from tests.factories import hours

pytestmark = pytest.mark.browser
ASKED = "/sla/what-if/?days=30&targets.accept_hot=2+h&threshold=81&pools.everyone=3"


def test_from_compliance_to_the_lead_that_changed(page: Page, cast):  # noqa: F811
    handoff = cast.hot_lead(at=database_now() - hours(0.6), email="slow@spa.example").handoffs.get()
    handoff.accept(handoff.owner, at=database_now() - hours(0.1))
    page.goto("/sla/")
    page.get_by_role("link", name="What if?").click()
    page.get_by_label("Accept (hot)").fill("2 h")
    page.get_by_role("button", name="Replay").click()

    answer = page.locator("#answer")
    expect(answer).to_contain_text("Accept (hot) within 2 working hours instead of 15 working")
    expect(page).to_have_url(re.compile("targets.accept_hot=2"))
    expect(answer.locator(".chart:has(canvas)")).to_have_count(1)
    changed = answer.locator('[data-what-if="changed"] li').filter(has_text="Pat Lee")
    expect(changed).to_contain_text("Met")
    changed.get_by_role("link", name="Pat Lee").click()
    expect(page).to_have_url(re.compile(r"/leads/\d+/$"))
    # Back leads to the answer, not to an empty form.
    page.go_back()
    expect(page.get_by_label("Accept (hot)")).to_have_value("2 h")
    expect(page.locator("#answer")).to_be_visible()


def test_bad_input_is_said_at_the_field_and_stays(page: Page):  # noqa: F811
    page.goto("/sla/what-if/")
    page.get_by_label("Accept (hot)").fill("soon")
    page.get_by_label("An MQL scores at least").fill("60")
    page.get_by_role("button", name="Replay").click()

    field = page.locator(".field-wrong")
    expect(field).to_contain_text("“soon” is not a length of time; write it as 15 min, 4 h")
    expect(page.get_by_label("Accept (hot)")).to_have_value("soon")
    expect(page.get_by_label("An MQL scores at least")).to_have_value("60")


def test_the_page_is_clean_in_both_themes_and_widths(opened, story, live_server):  # noqa: F811
    page = opened(story.dana)  # noqa: F811
    said = complaints(page, live_server.url)
    assert unclean(page, ["/sla/what-if/", ASKED]) == {}
    assert said == []
