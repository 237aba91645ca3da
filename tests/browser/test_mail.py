"""Writing to a lead in a real browser: by keys, with a template, a preview, and the undo."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.instants import database_now
from leads.models import Lead, MailTemplate, SentMail
from tests.browser.pages import LOOKS, complaints, sign_in, unclean, unclean_as

pytestmark = pytest.mark.browser


@pytest.fixture
def context(browser: Browser, cast, live_server) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        base_url=live_server.url, color_scheme="light", viewport={"width": 1440, "height": 900}
    )
    sign_in(opened, cast.sam, live_server.url)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def lead(cast) -> Lead:
    at = database_now()
    MailTemplate.objects.create(
        by=cast.dana, team=cast.sales, name="Figures", subject="What a spa brings in at {company}",
        body="Hello {first_name},\nas promised.\n{sender}", changed_at=at,
    )  # fmt: skip
    lead = cast.hot_lead(at=at, consent={"text": "Yes", "time": at})
    lead.handoffs.get().accept(cast.sam, at=at)
    return lead


def test_a_rep_writes_by_keys_sees_what_goes_out_and_takes_it_back(page, lead):
    page.goto(f"/leads/{lead.pk}/")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Template").select_option("Figures (team)")
    expect(dialog.locator(".mail-letter")).to_contain_text("What a spa brings in at Spa Hotel")
    expect(dialog.locator(".mail-words")).to_contain_text("Hello Pat,")
    dialog.get_by_label("Text").fill("Dear {nobody}")
    expect(dialog.locator("#mail-preview")).to_contain_text("{nobody} is no placeholder")
    page.keyboard.press("Control+Enter")
    expect(dialog.locator(".field-wrong")).to_contain_text("{nobody} is no placeholder")
    dialog.get_by_label("Text").fill("Dear {first_name}, ring me")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("goes out in 15 seconds")
    expect(page.get_by_role("heading", name="E-mail under way")).to_be_visible()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Text")).to_have_value("Dear Pat, ring me")
    expect(page.get_by_label("Subject")).to_have_value("What a spa brings in at Spa Hotel")
    assert SentMail.objects.get().cancelled_at is not None


def test_the_pages_of_mail_are_clean_in_both_themes_and_widths(page, cast, lead, live_server):
    said = complaints(page, live_server.url)
    found = unclean(
        page, ["/mails/templates/", f"/mails/templates/{MailTemplate.objects.get().pk}/"]
    )
    page.goto(f"/leads/{lead.pk}/")
    page.keyboard.press("e")
    expect(page.locator(".mail-letter")).to_be_visible()
    for theme, width in LOOKS:
        found[f"mail {theme} {width}"] = unclean_as(page, theme, width)
    page.goto(f"/leads/{lead.pk}/")
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_label("Where").fill("Show garden")
    for theme, width in LOOKS:
        found[f"meeting {theme} {width}"] = unclean_as(page, theme, width)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("goes out in 15 seconds")
    expect(page.get_by_role("heading", name="Meetings")).to_be_visible()
    for theme, width in LOOKS:
        found[f"lead {theme} {width}"] = unclean_as(page, theme, width)
    sign_in(page.context, cast.admin, live_server.url)
    found |= unclean(page, ["/mailbox/"])
    assert {where: what for where, what in found.items() if what} == {}
    assert said == []
