"""The next contract in a real browser: drafted, signed by both, in force, running clocks moved; the
typed times and the pause form; all clean in both themes and widths."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from accounts.instants import database_now
from leads.activities import log_touch
from sla.contracts import drafting
from sla.models import Contract, Term
from sla.sweep import sweep
from tests.browser.pages import (
    accessibility,
    complaints,
    unclean,
)
from tests.factories import PASSWORD, make_calendar

pytestmark = pytest.mark.browser
DRAFT = "/sla/contract/draft/"


@pytest.fixture
def story(cast):
    """Around the present, whatever the hour: one lead of Sam's runs; of another, a late answer was
    typed with an earlier time."""
    always = {str(day): [["00:00", "24:00"]] for day in range(7)}
    for team in (cast.sales, cast.marketing):
        make_calendar(team, slug=f"always-{team.slug}", weekly=always)
    cast.pool.members.filter(user=cast.sue).delete()
    at = database_now()
    late = cast.hot_lead(at=at - timedelta(hours=3), email="late@spa.example", first_name="Lena")
    late.handoffs.get().accept(cast.sam, at=at - timedelta(hours=3))
    sweep(at=at - timedelta(hours=1))
    log_touch(late, "call", by=cast.sam, at=at - timedelta(minutes=30), outcome="connected",
              occurred_at=at - timedelta(hours=2, minutes=30))  # fmt: skip
    cast.hot_lead(at=at - timedelta(minutes=5))
    return cast


def test_from_a_draft_to_a_contract_in_force_that_moved_what_runs(opened, story):
    handoff = story.sam.handoffs.get(lead__email="pat@spa.example")
    accept = handoff.clocks.get(term__key="accept_hot")
    due = accept.due_at
    page, danas = opened(story.mona), opened(story.dana)
    page.goto("/sla/contract/")
    page.get_by_role("button", name="Draft a new version").click()
    page.get_by_role("link", name="Change “Accept (hot)”").click()
    page.get_by_label("Within").fill("soon")
    page.get_by_role("button", name="Save").click()
    # Said at the field, which has the keyboard, and kept.
    expect(page.get_by_label("Within")).to_have_value("soon")
    expect(page.get_by_label("Within")).to_be_focused()
    assert accessibility(page) == []
    page.get_by_label("Within").fill("45 min")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-changes-list]")).to_have_text(
        "Accept (hot): within: 15 working minutes → 45 working minutes."
    )
    page.get_by_label("Your password, to sign").fill("guess")
    page.get_by_role("button", name="Sign for marketing").click()
    expect(page.get_by_text("That is not your password; nothing was signed.")).to_be_visible()
    expect(page.get_by_label("Your password, to sign")).to_be_focused()
    assert accessibility(page) == []
    page.get_by_label("Your password, to sign").fill(PASSWORD)
    page.get_by_role("button", name="Sign for marketing").click()
    expect(page.locator("[data-side=marketing]")).to_contain_text("Mona")

    page = danas
    page.goto(DRAFT)
    page.get_by_label("Also move 4 running clocks onto it").check()
    page.get_by_role("button", name="Sign for sales").click()
    moves = page.locator("[data-moves]")
    expect(moves).to_contain_text("1 running deadline would move")
    expect(moves.locator("tbody tr")).to_contain_text("Pat Lee")
    assert accessibility(page) == []
    accept.refresh_from_db()
    assert accept.due_at == due
    page.get_by_label("Your password, to sign").fill(PASSWORD)
    moves.get_by_role("button", name="Sign and move 1").click()
    expect(page.locator("[data-toast]")).to_contain_text(
        "version 2 is in force. 1 running deadline moved."
    )
    expect(page).to_have_url(re.compile(r"/sla/contract/$"))
    accept.refresh_from_db()
    assert accept.due_at == due + timedelta(minutes=30)
    page.get_by_role("link", name="All versions").click()
    expect(page.locator("[data-version='2']")).to_contain_text("15 working minutes → 45 working")


def test_from_monday_on_it_is_another_contract_and_fridays_leads_keep_theirs(opened, story):
    """Drafted, tried on the past, signed by both for a Monday to come; nothing moves until then."""
    today = database_now().astimezone(ZoneInfo("America/New_York")).date()
    monday = datetime.combine(
        today + timedelta(days=7 - today.weekday()), time(9), ZoneInfo("America/New_York")
    )
    type(story.mona).objects.update(time_zone="America/New_York")
    page, danas = opened(story.mona), opened(story.dana)
    page.goto("/sla/contract/")
    page.get_by_role("button", name="Draft a new version").click()
    page.get_by_role("link", name="Change “Accept (hot)”").click()
    page.get_by_label("Within").fill("45 min")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("In force from").fill(f"{monday:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="What if?").click()
    page.get_by_role("button", name="Replay").click()
    expect(page.locator("#answer")).to_contain_text("Accept")
    page.goto(DRAFT)
    page.get_by_label("Your password, to sign").fill(PASSWORD)
    page.get_by_role("button", name="Sign for marketing").click()
    expect(page.locator("[data-side=marketing]")).to_contain_text("Mona")
    danas.goto(DRAFT)
    danas.get_by_label("Your password, to sign").fill(PASSWORD)
    danas.get_by_role("button", name="Sign for sales").click()
    expect(danas.locator("[data-toast]")).to_contain_text("Both sides have signed")

    friday = monday - timedelta(days=2, hours=18)
    for at, version, minutes in ((friday, 1, 15), (monday + timedelta(hours=1), 2, 45)):
        lead = story.hot_lead(at=at, email=f"v{version}@spa.example")
        clock = lead.handoffs.get().clocks.get(term__measure="accept")
        assert clock.due_at == at + timedelta(minutes=minutes)
        danas.goto(lead.get_absolute_url())
        expect(danas.get_by_role("link", name=f"Contract v{version}")).to_be_visible()


def test_two_at_once_see_both(opened, story):
    drafting.begin(by=story.mona, at=database_now())
    pages: list[Page] = [opened(user) for user in (story.mona, story.dana)]
    for page, target in zip(pages, ("10 min", "20 min"), strict=True):
        page.goto(DRAFT)
        page.get_by_role("link", name="Change “Accept (hot)”").click()
        page.get_by_label("Within").fill(target)
    for page in pages:
        page.get_by_role("button", name="Save").click()
        page.wait_for_load_state()
    alert = pages[1].get_by_role("alert")
    expect(alert).to_contain_text("was changed by Mona while you worked on it")
    expect(alert).to_contain_text("20 working minutes → 10 working minutes")
    expect(pages[1].get_by_label("Within")).to_have_value("20 min")
    assert accessibility(pages[1]) == []
    pages[1].get_by_role("button", name="Save").click()
    expect(pages[1].locator("[data-toast]")).to_contain_text("saved.")
    assert Term.objects.get(contract__is_draft=True, key="accept_hot").target_seconds == 1200


def test_order_and_steps_by_keyboard(opened, story):
    drafting.begin(by=story.mona, at=database_now())
    page = opened(story.dana)
    page.goto(DRAFT)
    page.get_by_role("button", name="Try “Accept” earlier").focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-term="accept_hot"]')).to_contain_text(
        "Never reached: “Accept” is tried first"
    )
    expect(page.get_by_role("button", name="Sign for sales")).to_have_count(0)
    assert accessibility(page) == []
    page.get_by_role("button", name="Remove “Accept (hot)”").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Bring “Accept (hot)” back").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Change “Accept (hot)”").click()
    page.wait_for_url("**/promises/*/")  # whole, or the last step is not the last
    page.get_by_label("Step").last.select_option("Remind the owner")
    page.get_by_label("When", exact=True).last.fill("at once")
    page.keyboard.press("Control+Enter")
    expect(page.locator('[data-term="accept_hot"]')).to_contain_text("the owner is reminded")


def test_pages_are_clean_in_both_themes_and_widths(opened, story, live_server):
    draft = drafting.begin(by=story.mona, at=database_now())
    Contract.objects.filter(pk=draft.pk).update(signed_for_marketing_by=story.mona,
                                                signed_for_marketing_at=database_now())  # fmt: skip
    handoff = story.sam.handoffs.get(lead__email="pat@spa.example")
    handoff.accept(story.sam, at=database_now())
    page = opened(story.dana)
    said = complaints(page, live_server.url)
    urls = [
        DRAFT, f"{DRAFT}promises/new/", f"{DRAFT}promises/{draft.terms.first().pk}/",
        "/sla/contract/versions/", "/sla/contract/versions/1/", "/sla/contract/move/",
        "/sla/claims/", f"/handoffs/{handoff.pk}/pause/",
    ]  # fmt: skip
    assert unclean(page, urls) == {}
    assert said == []


def test_a_pause_without_a_reason_is_refused_where_it_is_missing(opened, story):
    handoff = story.sam.handoffs.get(lead__email="pat@spa.example")
    handoff.accept(story.sam, at=database_now())
    page = opened(story.sam)
    page.goto(f"/handoffs/{handoff.pk}/pause/")
    page.get_by_label("Note").fill("In March, they said")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("Choose a reason.")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("In March, they said")
    assert accessibility(page) == []
    page.get_by_label("The prospect asked for later").check()
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("[data-toast]")).to_contain_text("The clocks of Pat Lee stand still.")


def test_a_typed_time_is_refused_with_a_note_only(opened, story):
    page = opened(story.dana)
    page.goto("/sla/claims/")
    claim = page.locator("article.claim")
    claim.get_by_role("button", name="Refuse").click()
    expect(claim.locator(".field-error")).to_be_visible()
    assert accessibility(page) == []
    claim.get_by_role("textbox").fill("Nobody picked up.")
    claim.get_by_role("button", name="Refuse").click()
    expect(page.locator("article.claim")).to_have_count(0)
    page.reload()  # without the toast, which is still fading in
    expect(page.get_by_role("heading", name="Decided lately")).to_be_visible()
    assert accessibility(page) == []


def test_leave_asks_about_the_deadlines_it_would_move(opened, story):
    Term.objects.update(calendar_of="owner")
    story.contract.save()
    handoff = story.hot_lead(at=database_now(), email="third@spa.example").handoffs.get()
    page = opened(story.dana)
    page.goto(f"/sla/people/{story.sam.pk}/")
    today = database_now().date()
    page.get_by_label("First day away").fill(f"{today - timedelta(days=1)}")
    page.get_by_label("Last day away").fill(f"{today + timedelta(days=9)}")
    page.get_by_role("button", name="Enter leave").click()
    expect(page.locator("[data-moves]")).to_contain_text("running deadlines would move")
    assert accessibility(page) == []
    page.get_by_role("button", name=re.compile("Save and move")).click()
    expect(page.locator("[data-toast]")).to_contain_text("running deadlines moved.")
    assert handoff.clocks.get(term__key="accept_hot").due_at > database_now() + timedelta(days=8)
