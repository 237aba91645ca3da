"""Capture in a real browser: the quick form by keyboard, the hosted form inside another site."""

import re
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.instants import database_now
from leads.models import Campaign, CaptureForm, Handoff, Lead
from tests.browser.pages import (
    complaints,
    sign_in,
    unclean,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def context(browser: Browser, cast, live_server) -> Iterator[BrowserContext]:
    """Maya's browser."""
    opened = browser.new_context(base_url=live_server.url)
    sign_in(opened, cast.maya, live_server.url)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def form(cast) -> CaptureForm:
    cache.clear()
    return CaptureForm.objects.create(
        slug="guide", name="Maintenance guide", campaign=cast.campaign, owner=cast.maya,
        button="Send me the guide", thanks="It is on its way.", consent_text="You may e-mail me.",
        touchpoint="download", fields=["email", "first_name", "country", "message"],
    )  # fmt: skip


def test_leads_one_after_another_by_keyboard_alone(cast, page, live_server):
    said = complaints(page, live_server.url)
    page.goto("/leads/new/")
    expect(page.locator("#id_email")).to_be_focused()
    page.locator("#id_campaign").select_option("back-pain")
    page.locator("#id_email").focus()
    for text in ("pat@spa.example", "Pat", "Lee", "Spa Hotel", "Director of Wellness"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.locator("#id_touchpoint").select_option("event")
    page.keyboard.press("Control+Enter")
    saves = page.locator(".save-list > li")
    expect(saves).to_have_count(1)
    expect(saves.first).to_contain_text("Pat Lee")
    expect(saves.first).to_contain_text(f"With {Lead.objects.get().owner}")
    expect(page.locator("#id_email")).to_be_focused()
    expect(page.locator("#id_email")).to_have_value("")
    expect(page.locator("#id_campaign")).to_have_value("back-pain")
    page.keyboard.type("pat@spa.example")
    page.keyboard.press("Control+Enter")
    expect(saves.first).to_contain_text("Merged into the lead we had")
    assert Lead.objects.count() == 1
    assert said == []


@pytest.mark.parametrize(
    ("status", "words"),
    [(413, "too much text"), (500, "Reload the page to see what was saved"), (400, "Nothing was")],
)
def test_what_went_wrong_is_told_and_what_was_typed_stays(cast, page, status, words):
    def answer(route):
        if route.request.method == "POST":
            route.fulfill(status=status, body="No.")
        else:
            route.continue_()

    page.route("**/leads/new/", answer)  # before the page is there: not while it is sent
    page.goto("/leads/new/")
    page.locator("#id_email").fill("pat@spa.example")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast-error")).to_contain_text(words)
    expect(page.locator("#id_email")).to_have_value("pat@spa.example")


def test_what_was_typed_survives_an_error_and_a_reload(cast, page):
    page.goto("/leads/new/")
    page.locator("#id_company").fill("Spa Hotel")
    page.locator("#id_email").fill("pat@")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".field-error")).to_contain_text("“pat@” is not an e-mail address")
    expect(page.locator("#id_email")).to_be_focused()
    expect(page.locator("#id_company")).to_have_value("Spa Hotel")
    page.reload()
    expect(page.locator("#id_company")).to_have_value("Spa Hotel")
    page.locator("#id_email").fill("pat@spa.example")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".save-list > li")).to_have_count(1)
    page.reload()
    expect(page.locator("#id_company")).to_have_value("")


def test_after_a_refusal_the_keyboard_is_on_the_first_wrong_field(cast, page):
    page.goto("/leads/new/")
    page.locator("#id_email").fill("pat@spa.example")
    page.locator("#id_phone").fill("12")
    page.locator("#id_last_name").press("Control+Enter")
    expect(page.locator("#id_phone")).to_be_focused()

    cast.hot_lead(at=database_now()).handoffs.get().reject(
        cast.sam, reason="spam", at=database_now()
    )
    page.goto("/returns/")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_label("Sales is right: back to nurture")).to_be_focused()


class Elsewhere(BaseHTTPRequestHandler):
    """Another site's page that carries the form."""

    def do_GET(self) -> None:
        own = self.server.own  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(
            f'<!doctype html><title>Tubs</title><script src="{own}/f/guide.js"></script>'.encode()
        )

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere(live_server) -> Iterator[str]:
    """The address of that page, on a host of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    server.own = live_server.url  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/care?utm_source=google&utm_campaign=backs"
    server.shutdown()
    server.server_close()


def test_the_form_inside_another_site_captures_with_page_and_utm(browser, form, elsewhere):
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.add_init_script("addEventListener('leadflow:sent', () => { window.sent = true; })")
    page.goto(elsewhere)
    frame = page.frame_locator("iframe")
    frame.get_by_label("E-mail", exact=True).fill("pat@spa.example")
    frame.get_by_label("First name").fill("Pat")
    frame.get_by_label("Country").select_option("US")
    frame.get_by_label("You may e-mail me.").check()
    page.wait_for_timeout(2100)  # faster than any person is a robot
    frame.get_by_role("button", name="Send me the guide").click()
    expect(frame.get_by_text("It is on its way.")).to_be_visible()
    page.wait_for_function("window.sent === true")
    lead = Lead.objects.get()
    touchpoint = lead.activities.get()
    assert (lead.email, lead.country, lead.consent_text) == (
        "pat@spa.example", "US", "You may e-mail me.",
    )  # fmt: skip
    assert (touchpoint.kind, touchpoint.data["utm_source"], touchpoint.data["path"]) == (
        "download", "google", "/care",
    )  # fmt: skip
    assert touchpoint.data["landing_page"] == elsewhere
    assert context.cookies() == []
    context.close()


def test_the_frame_is_as_tall_as_its_form(browser, form, elsewhere):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(elsewhere)
    page.frame_locator("iframe").get_by_role("button").wait_for()
    page.wait_for_function("document.querySelector('iframe').clientHeight !== 512", timeout=5000)
    inner = page.frames[1].evaluate(
        "document.getElementById('main').getBoundingClientRect().height"
    )
    assert abs(page.locator("iframe").evaluate("frame => frame.clientHeight") - inner) <= 1
    page.close()


def test_the_hosted_page_is_clean_in_both_themes_and_widths(browser, form, live_server):
    page = browser.new_page(base_url=live_server.url)
    said = complaints(page, live_server.url)
    assert unclean(page, ["/f/guide/", "/f/guide/thanks/"]) == {}
    assert said == []
    page.close()


def test_the_preview_follows_what_is_typed(cast, form, page):
    page.goto("/forms/guide/")
    page.get_by_label("Headline").fill("Warm water all year")
    page.get_by_label("Phone").check()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Warm water all year")
    expect(preview.get_by_text("Phone")).to_be_visible()
    form.refresh_from_db()
    assert (form.headline, "phone" in form.fields) == ("", False)


def test_a_draft_is_kept_until_it_is_saved_and_not_longer(cast, page):
    page.goto("/campaigns/new/")
    page.get_by_label("Name", exact=True).fill("Spring")
    page.goto("/")
    page.goto("/campaigns/new/")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Spring")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile("/campaigns/spring/"))
    page.goto("/campaigns/new/")
    expect(page.get_by_label("Name", exact=True)).to_have_value("")


def test_several_mqls_are_chosen_by_key_and_handed_over(cast, page):
    Campaign.objects.update(hand_over_at_once=False)
    Campaign.objects.get().save()
    for n in range(3):
        cast.hot_lead(at=database_now(), email=f"p{n}@spa.example")
    page.goto("/ready/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-chosen-count]")).to_have_text("2")
    page.keyboard.press("H")
    expect(page.locator("[data-toast]")).to_contain_text("2 leads handed over")
    expect(page.locator("[data-row]")).to_have_count(1)
    assert Handoff.objects.count() == 2


def test_the_list_narrows_while_typing_and_the_back_button_undoes_it(cast, page):
    at = database_now()
    cast.capture(at=at, email="kim@quiet.example", last_name="Kim", company="Quiet")
    cast.capture(at=at + timedelta(seconds=1), email="lee@loud.example", company="Loud")
    page.goto("/leads/")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.get_by_role("searchbox", name="Search").press_sequentially("quiet")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=quiet"))
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(2)


def test_marketing_pages_are_clean_in_both_themes_and_widths(opened, cast, form, live_server):
    cast.hot_lead(at=database_now())
    handoff = Handoff.objects.get()
    handoff.reject(handoff.owner, reason="not_ready", at=database_now())
    page = opened(cast.maya)
    said = complaints(page, live_server.url)
    paths = (
        "/", "/leads/", "/leads/new/", "/ready/", "/returns/", "/campaigns/",
        "/campaigns/back-pain/", "/campaigns/new/", "/forms/", "/forms/guide/", "/personas/",
        "/personas/spa-director/",
    )  # fmt: skip
    assert unclean(page, paths) == {}
    assert said == []
