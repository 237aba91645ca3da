"""The API's docs in a real browser: under our policy, with nothing from elsewhere, usable."""

import pytest
from playwright.sync_api import Browser, expect

from accounts.instants import database_now
from tests.browser.pages import (
    complaints,
)
from tests.leads.api.program import Program

pytestmark = pytest.mark.browser


def test_an_endpoint_is_tried_out_with_a_key(browser: Browser, cast, live_server):
    cast.hot_lead(at=database_now())
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    said = complaints(page, live_server.url)

    page.goto("/api/v1/docs/")
    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("auth-bearer-value").fill(Program(cast.sam).text)
    page.get_by_label("Apply credentials").first.click()
    page.locator(".btn-done").first.click()
    page.locator("#operations-queue-queue").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table")).to_contain_text("pat@spa.example")
    assert said == []
    context.close()
