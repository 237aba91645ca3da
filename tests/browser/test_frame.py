"""The frame of every page in a real browser: themes, keyboard, words, nothing typed is lost."""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.instants import database_now
from accounts.models import Notification
from accounts.words import ago_words, due_words, moment_words
from tests.browser.pages import (
    complaints,
    sign_in,
    unclean,
)
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser
PAGES = [
    "/notifications/",
    "/profile/",
    "/profile/keys/",
    "/profile/notifications/",
    "/who/",
    "/accounts/password/change/",
]
OPEN_PAGES = ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"]


@pytest.fixture
def context(browser: Browser, cast, live_server) -> Iterator[BrowserContext]:
    """Sam's browser."""
    opened = browser.new_context(base_url=live_server.url, color_scheme="light")
    sign_in(opened, cast.sam, live_server.url)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def test_pages_are_clean_in_both_themes_and_widths(browser, opened, cast, live_server):
    Notification.objects.create(
        user=cast.sam,
        delivery_id=uuid.uuid4(),
        kind="x",
        title="Pat Lee",
        created_at=database_now(),
    )
    stranger = browser.new_page(base_url=live_server.url)
    for page, urls in ((stranger, OPEN_PAGES), (opened(cast.sam), PAGES)):
        said = complaints(page, live_server.url)
        assert (unclean(page, urls), said) == ({}, [])
    stranger.close()


def test_the_chosen_theme_is_remembered_and_set_before_anything_is_drawn(page, live_server):
    page.goto("/profile/")
    page.get_by_role("button", name="Light or dark").click()
    page.add_init_script(
        """addEventListener("DOMContentLoaded", () => {
             window.themeAtFirst = document.documentElement.dataset.bsTheme; })"""
    )
    page.goto("/notifications/")
    assert page.evaluate("window.themeAtFirst") == "dark"
    page.get_by_role("button", name="Light or dark").click()
    # Back at what the system says: from now on it is followed again.
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_signing_in_needs_no_pointer_and_a_wrong_password_is_typed_again(
    browser, cast, live_server
):
    page = browser.new_page(base_url=live_server.url)
    page.goto("/accounts/login/")
    page.keyboard.type("sam@demo.test")
    page.keyboard.press("Tab")
    page.keyboard.type("not it")
    page.keyboard.press("Enter")
    expect(page.locator(".alert-danger")).to_be_visible()
    expect(page.locator("[name=login]")).to_have_value("sam@demo.test")
    expect(page.locator("[name=password]")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("Today"))
    page.close()


def test_rows_are_walked_and_opened_by_keyboard(page, cast):
    for title in ("Second", "First"):
        Notification.objects.create(
            user=cast.sam, delivery_id=uuid.uuid4(), kind="x", title=title,
            url="/profile/", created_at=database_now(),
        )  # fmt: skip
    page.goto("/notifications/")
    focused = page.locator("[data-row]:focus")
    page.keyboard.press("j")
    expect(focused).to_contain_text("First")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(focused).to_contain_text("Second")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/profile/")
    assert [line.title for line in cast.sam.notifications.unread()] == ["Second"]


def test_keys_rest_while_somebody_types_and_when_switched_off(page):
    page.goto("/profile/")
    help_list = page.locator("dialog#keys")
    page.get_by_label("Your name").fill("")
    page.keyboard.type("j?k")
    expect(page.get_by_label("Your name")).to_have_value("j?k")
    expect(help_list).to_be_hidden()
    page.locator("#main").focus()
    page.keyboard.press("?")
    expect(help_list).to_be_visible()
    page.get_by_label("Single-key shortcuts are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(help_list).to_be_hidden()


def test_the_menu_of_a_phone_opens_by_button_and_closes_by_escape(page):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/profile/")
    expect(page.locator("#side")).to_be_hidden()
    page.get_by_role("link", name="Menu").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#side")).to_be_hidden()
    expect(page.get_by_role("link", name="Menu")).to_be_focused()


@pytest.mark.parametrize("part", [".side", ".top"])
def test_navigation_stays_in_sight_on_a_long_page(page, part):
    page.set_viewport_size({"width": 1440, "height": 400})
    page.goto("/profile/")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function("scrollY > 400")
    assert round(page.locator(part).bounding_box()["y"]) == 0


def test_the_page_says_times_in_the_words_of_the_server(page, cast):
    """Every kind of distance, over midnight, new year and a change of clocks."""
    zone = ZoneInfo(cast.sam.time_zone)
    starts = [datetime(2027, 1, 15, 20, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC),
              datetime(2027, 3, 13, 22, tzinfo=UTC)]  # fmt: skip
    spans = [0, 1, 59, 60, 3599, 3600, 7200, 86_399, 172_799, 172_800, 518_400, 604_799, 604_800,
             3_000_000]  # fmt: skip
    pairs = [(at, at + timedelta(seconds=sign * span)) for at in starts for span in spans
             for sign in (1, -1)]  # fmt: skip
    page.goto("/profile/")
    said = page.evaluate(
        """pairs => pairs.map(([now, then]) => [leadflowWords.dueWords(then, now),
             leadflowWords.agoWords(then, now), leadflowWords.momentWords(then, now)])""",
        [[at.timestamp() * 1000, then.timestamp() * 1000] for at, then in pairs],
    )
    assert said == [
        [words(then, at=at, zone=zone) for words in (due_words, ago_words, moment_words)]
        for at, then in pairs
    ]


def test_a_clock_turns_amber_and_red_by_the_servers_time_not_the_desks(context, live_server):
    page = context.new_page()
    # This desk's clock is an hour slow.
    page.add_init_script("{ const real = Date.now; Date.now = () => real() - 3600e3; }")
    page.goto("/profile/")
    at = database_now()
    page.evaluate(
        """([due, warn]) => { document.querySelector("#main").insertAdjacentHTML("beforeend",
             `<span class="clock clock-running" data-clock="running">
              <span class="clock-icon"></span>
              <span class="clock-word">Running</span>
              <time data-due="${due}" data-warn="${warn}"></time></span>`); }""",
        [(at + timedelta(seconds=3)).isoformat(), at.isoformat()],
    )
    clock = page.locator("[data-clock]")
    expect(clock).to_have_class("clock clock-at_risk")
    expect(clock).to_have_class("clock clock-missed", timeout=10_000)
    expect(clock.locator(".clock-word")).to_have_text("Missed")
    expect(clock.locator(".clock-icon svg")).to_have_count(1)


def test_the_clock_of_the_machine_that_answers_does_not_move_a_countdown(context, live_server):
    page = context.new_page()

    def an_hour_ahead(route):
        answer = route.fetch()
        late = format_datetime(database_now() + timedelta(hours=1), usegmt=True)
        route.fulfill(response=answer, headers={**answer.headers, "date": late})

    page.route("**/bell/**", an_hour_ahead)
    page.goto("/profile/")
    page.evaluate(
        """due => document.querySelector("#main").insertAdjacentHTML("beforeend",
             `<span class="clock clock-running" data-clock="running">
              <span class="clock-word">Running</span><time data-due="${due}"></time></span>`)""",
        (database_now() + timedelta(minutes=30)).isoformat(),
    )
    with page.expect_response("**/bell/**"):
        page.evaluate("htmx.trigger('#bell', 'refresh')")
    expect(page.locator("[data-clock] time")).to_have_text(re.compile(r"\d+ min left"))
    page.wait_for_timeout(1500)
    expect(page.locator("[data-clock]")).to_have_class("clock clock-running")


def test_what_was_typed_outlives_the_session(context, cast, live_server):
    page = context.new_page()
    page.goto("/profile/")
    page.get_by_label("Note").fill("Skiing in March")
    context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Enter leave").click()
    page.wait_for_url("**/accounts/login/?next=/profile/")
    page.get_by_label("E-mail").fill("sam@demo.test")
    page.get_by_label("Password").fill("demo-leadflow")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/profile/")
    expect(page.get_by_label("Note")).to_have_value("Skiing in March")


def test_signing_out_forgets_what_was_typed(page):
    page.goto("/profile/")
    page.get_by_label("Note").fill("Skiing in March")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    kept = "Object.keys(sessionStorage).filter(key => key.startsWith('keep:'))"
    assert page.evaluate(kept) == []


def test_a_sent_form_is_forgotten(page):
    page.goto("/profile/")
    year = database_now().year + 1
    page.get_by_label("First day away").fill(f"{year}-03-01")
    page.get_by_label("Last day away").fill(f"{year}-03-05")
    page.get_by_role("button", name="Enter leave").click()
    expect(page.locator("[data-toast]")).to_contain_text("Leave entered.")
    expect(page.get_by_label("First day away")).to_have_value("")


def refresh_bell(page: Page) -> int:
    """Lets the bell ask now, instead of in half a minute; the status of the answer."""
    with page.expect_response("**/notifications/bell/") as answer:
        page.evaluate("htmx.trigger('#bell', 'refresh')")
    return answer.value.status


def test_the_bell_rings_on_an_open_page_and_an_unchanged_poll_is_empty(page, cast):
    page.goto("/profile/")
    assert [refresh_bell(page), refresh_bell(page)] == [200, 304]
    Notification.objects.create(
        user=cast.sam, delivery_id=uuid.uuid4(), kind="x", title="Pat", created_at=database_now()
    )
    assert refresh_bell(page) == 200
    expect(page.get_by_role("link", name="Notifications: 1 unread")).to_be_visible()
    assert [refresh_bell(page), refresh_bell(page)] == [304, 304]


def test_a_page_come_back_to_asks_what_is_new(page):
    page.goto("/profile/")
    page.goto("/profile/keys/")
    with page.expect_response("**/notifications/bell/"):
        page.go_back()


def test_a_lost_connection_is_said_until_it_is_back(page, context):
    page.goto("/profile/")
    context.set_offline(True)
    page.evaluate("htmx.trigger('#bell', 'refresh')")
    expect(page.locator("#offline")).to_be_visible()
    context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()


def test_an_ended_session_is_said_and_no_sign_in_page_lands_in_a_fragment(page, context):
    page.goto("/profile/")
    context.clear_cookies(name="sessionid")
    page.evaluate("htmx.trigger('#bell', 'refresh')")
    expect(page.get_by_text("You were signed out.")).to_be_visible()
    expect(page.locator("#bell form")).to_have_count(0)
