"""Duplicates in a real browser: compare, choose, merge, undo; by keyboard, narrow, in the dark."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.instants import database_now
from leads.duplicates.nightly import propose
from leads.models import Lead
from tests.browser.pages import (
    complaints,
    sign_in,
    unclean,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def twins(cast) -> tuple[Lead, Lead]:
    names = {"first_name": "Zoltan", "last_name": "Quixley", "company": "Tiberg Ltd"}
    rows = (
        {"email": "zq@tiberg.example", **names},
        {"email": "zoltan77@home.example", **names, "phone": "+1 212 555 0123",
         "job_title": "Director of Purchasing and Everything Else"},
    )  # fmt: skip
    found = [cast.capture(at=database_now(), **row).lead for row in rows]
    propose(at=database_now())
    return found[0], found[1]


@pytest.fixture
def page(browser, cast, twins, live_server):
    context = browser.new_context(base_url=live_server.url, color_scheme="light")
    sign_in(context, cast.maya, live_server.url)
    yield context.new_page()
    context.close()


def test_merge_and_undo(page: Page, twins):
    one, other = twins
    page.goto("/leads/duplicates/")
    page.get_by_role("link", name="Compare Zoltan Quixley and Zoltan Quixley").click()
    becomes = page.get_by_role("region", name="What becomes of it")
    expect(becomes).to_contain_text("zq@tiberg.example")
    page.get_by_role("group", name="E-mail").get_by_label("zoltan77@home.example").check()
    expect(becomes).to_contain_text("zoltan77@home.example")
    expect(becomes).not_to_contain_text("zq@tiberg.example")
    page.get_by_role("button", name="Merge").click()

    expect(page).to_have_url(re.compile(rf"/leads/{one.pk}/$"))
    expect(page.get_by_role("status").first).to_contain_text("is part of Zoltan Quixley now")
    one.refresh_from_db()
    assert (one.email, Lead.objects.count()) == ("zoltan77@home.example", 1)
    page.goto(f"/leads/{other.pk}/")
    expect(page).to_have_url(re.compile(rf"/leads/{one.pk}/$"))

    page.goto("/leads/duplicates/")
    page.get_by_role("button", name="Undo the merge of Zoltan Quixley").click()
    expect(page.get_by_role("status").first).to_contain_text("are two leads again")
    one.refresh_from_db()
    assert (one.email, Lead.objects.count()) == ("zq@tiberg.example", 2)


def test_undo_is_on_the_toast_and_the_keyboard_is_enough(page: Page, twins):
    page.goto("/leads/duplicates/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/merge/"))
    page.get_by_label("zq@tiberg.example").focus()
    page.keyboard.press("ArrowRight")
    becomes = page.get_by_role("region", name="What becomes of it")
    expect(becomes).to_contain_text("zoltan77@home.example")
    # The radio that was moved to still has the keyboard.
    expect(page.get_by_label("zoltan77@home.example")).to_be_focused()
    page.keyboard.press("m")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").first).to_contain_text("are two leads again")
    assert Lead.objects.count() == 2


def test_not_the_same_leaves_the_list_and_comes_back(page: Page):
    page.goto("/leads/duplicates/")
    page.get_by_role("button", name="are not the same").click()
    expect(page.get_by_text("No duplicates to decide")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Compare Zoltan")).to_be_visible()


def test_the_pages_are_clean_in_both_themes_and_widths(opened, cast, twins, live_server):
    page = opened(cast.maya)
    said = complaints(page, live_server.url)
    merge = f"/leads/{twins[0].pk}/merge/?other={twins[1].pk}"
    assert unclean(page, ["/leads/duplicates/", merge]) == {}
    assert said == []
