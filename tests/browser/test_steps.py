"""Webhooks, quiet hours and where the time went, in a real browser, for everybody."""

import re

import pytest
from playwright.sync_api import Browser, expect

from accounts import webhooks
from accounts.instants import database_now
from accounts.models import Webhook
from tests.accounts.receiver import listening
from tests.browser.pages import (
    complaints,
    sign_in,
    unclean,
)
from tests.factories import ny

pytestmark = pytest.mark.browser


def test_a_webhook_is_added_tested_and_seen_to_arrive(
    browser: Browser, cast, live_server, settings
):
    settings.WEBHOOK_PRIVATE = True
    context = browser.new_context(base_url=live_server.url)
    sign_in(context, cast.admin, live_server.url)
    page = context.new_page()
    said = complaints(page, live_server.url)
    with listening() as receiver:
        page.goto("/webhooks/")
        page.get_by_label("Name").fill("Chat")
        page.get_by_label("Address").fill(receiver.url)
        page.get_by_role("button", name="Add").click()
        expect(page.locator("#secret-text")).to_have_text(re.compile("^whsec_"))
        page.get_by_role("link", name="Chat").click()
        page.get_by_role("button", name="Test").click()
        expect(page.locator("#deliveries")).to_contain_text("waiting")
        receiver.answers = [503]
        webhooks.deliver(at=database_now())
        # The page looks again by itself.
        expect(page.locator("#deliveries")).to_contain_text("failed, trying again", timeout=15_000)
        page.get_by_role("button", name="Send").click()
        webhooks.deliver(at=database_now())
        expect(page.locator("#deliveries")).to_contain_text("delivered", timeout=15_000)
        assert (len(receiver.calls), len(set(receiver.ids))) == (2, 1)
    assert said == []
    context.close()


def test_the_pages_are_clean_in_both_themes_and_widths(opened, cast, live_server):
    hook = Webhook.objects.create(
        name="Chat", url="https://hook.example/", created_at=database_now()
    )
    webhooks.tell(hook, "test", {}, at=database_now())
    lead = cast.hot_lead(at=ny("2026-01-15 10:00"))
    handoff = lead.handoffs.get()
    page = opened(cast.admin)
    said = complaints(page, live_server.url)
    urls = ["/webhooks/", f"/webhooks/{hook.pk}/", f"/webhooks/{hook.pk}/delete/", "/profile/",
            f"/handoffs/{handoff.pk}/time/", lead.get_absolute_url()]  # fmt: skip
    assert unclean(page, urls) == {}
    assert said == []
