"""Criteria in a real browser: chosen by a manager, answered by a rep, told at “Qualify”."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from accounts.instants import database_now
from leads import deleting, tagging
from leads.activities import log_touch
from leads.criteria import keeping
from leads.criteria.shipped import SHIPPED
from leads.models import Lead
from tests.browser.pages import LOOKS, complaints, settled, sign_in, unclean, unclean_as

pytestmark = pytest.mark.browser


@pytest.fixture
def context(browser: Browser, live_server) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        base_url=live_server.url, color_scheme="light", viewport={"width": 1440, "height": 900}
    )
    yield opened
    opened.close()


@pytest.fixture
def lead(cast) -> Lead:
    lead = cast.hot_lead(at=database_now())
    lead.handoffs.get().accept(cast.sam, at=database_now())
    log_touch(lead, "call", by=cast.sam, at=database_now(), outcome="connected")
    return lead


def test_a_manager_takes_bant_and_a_rep_qualifies_by_it(context, cast, lead, live_server):
    sign_in(context, cast.dana, live_server.url)
    page = context.new_page()
    page.goto("/pools/")
    page.get_by_role("link", name="Criteria").click()
    page.get_by_role("link", name="Use BANT").click()
    page.get_by_label("For all leads").check()
    page.get_by_label("Enough from").fill("50")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="BANT")).to_be_visible()
    context.clear_cookies()
    sign_in(context, cast.sam, live_server.url)
    page.goto(f"/leads/{lead.pk}/")
    card = page.locator("#criteria")
    card.get_by_label("What shows it, for Budget").fill("12,000 set aside, said on the phone")
    card.get_by_role("button", name="Yes").click()
    expect(card.locator(".figure-value")).to_have_text("30 %")
    expect(card).to_contain_text("12,000 set aside, said on the phone")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(card.locator(".figure-value")).to_have_text("0 %")
    settled(page)  # the undo's own answer is all there before the next one is given
    card.get_by_label("What shows it, for Budget").fill("12,000 set aside")
    card.get_by_role("button", name="Yes").click()
    expect(card.locator(".figure-value")).to_have_text("30 %")
    page.keyboard.press("Escape")
    page.keyboard.press("q")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nobody knows yet")
    dialog.get_by_role("button", name="Qualify").click()
    expect(dialog).to_contain_text("Say why it is worth a deal all the same.")
    dialog.get_by_label("Why is it worth a deal").fill("Bought from us before")
    dialog.get_by_role("button", name="Qualify").click()
    expect(page.locator("#timeline")).to_contain_text("all the same: Bought from us before")
    assert Lead.objects.get(pk=lead.pk).stage == "sql"


def test_tags_bin_pools_criteria_and_companies_are_clean(context, cast, lead, live_server):
    at = database_now()
    facts = SHIPPED["meddic"]
    wanted = keeping.Wanted(facts["name"], facts["about"], 60, facts["questions"], True, ())
    agreed = keeping.save(wanted, by=cast.dana, at=at)
    for name in ("Garden show", "VIP"):
        tagging.put_on([lead.pk], tagging.called(name, by=None, at=at).pk, at=at)
    gone = cast.capture(at=at, email="gone@bin.example").lead
    deleting.delete(gone, by=cast.maya, at=at)
    sign_in(context, cast.admin, live_server.url)
    page = context.new_page()
    said = complaints(page, live_server.url)
    found = unclean(page, ["/leads/tags/", "/leads/bin/", "/pools/everyone/people/", "/criteria/",
                           f"/criteria/{agreed.pk}/", "/companies/",
                           f"/companies/{lead.of_company_id}/"])  # fmt: skip
    page.goto(f"/leads/{lead.pk}/")
    page.get_by_role("button", name="Qualify").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nobody knows yet")
    for theme, width in LOOKS:
        found[f"qualify {theme} {width}"] = unclean_as(page, theme, width)
    assert {where: what for where, what in found.items() if what} == {}
    assert said == []
