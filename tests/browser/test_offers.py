"""The business lunch becomes meals for teams, in a real browser: before the next call the rep
knows, has acknowledged it in time, and finds the caller by either name."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from accounts.instants import database_now
from leads import qualification
from personas import saying
from sla.models import Clock
from tests.browser.pages import complaints, unclean
from tests.factories import make_offer, promise_acknowledgement, propose, publish

pytestmark = pytest.mark.browser
NAME, PRICE = "Meals for teams", "14.50"


@pytest.fixture
def caller(cast):
    """Somebody with an open deal for the business lunch."""
    at = database_now()
    promise_acknowledgement(cast.contract)
    make_offer().personas.add(cast.persona)
    lead = cast.hot_lead(at=at)
    lead.handoffs.get().accept(cast.sam, at=at)
    qualification.qualify(lead, by=cast.sam, at=at)
    qualification.open_deal(
        lead, by=cast.sam, at=at, name="Business lunch, Spa Hotel", amount=Decimal(240)
    )
    return lead


def test_a_renamed_offer_reaches_the_rep_before_the_next_call(opened, cast, caller, live_server):
    mona = opened(cast.mona)
    said = complaints(mona, live_server.url)
    mona.goto("/offers/")
    mona.get_by_role("link", name="Business lunch").click()
    mona.get_by_role("link", name="Propose a change").click()
    mona.get_by_label("Name").fill(NAME)
    mona.get_by_label("Price").fill(PRICE)
    mona.get_by_label("What to say now").fill("The same kitchen, for five or more.")
    mona.get_by_label("Why").fill("Teams ask for it by that name.")
    mona.get_by_role("button", name="Look at it").click()
    # Before anything is published: who still says it.
    carriers = mona.locator("#carriers")
    expect(carriers.get_by_role("link", name="Business lunch, Spa Hotel").first).to_be_visible()
    mona.get_by_role("button", name="Publish to 3 in sales").click()
    expect(mona.locator("#toasts")).to_contain_text("Published: “Business lunch” is now")
    expect(mona.get_by_role("heading", name="Acknowledged")).to_be_visible()
    assert said == []

    sam = opened(cast.sam)
    said = complaints(sam, live_server.url)
    sam.goto("/")
    expect(sam.get_by_text("1 change of offers to acknowledge")).to_be_visible()
    # The call comes: by the old name or the new one, it is the same caller.
    for words in ("business lunch", "meals for teams"):
        sam.keyboard.press("Control+k")
        expect(sam.get_by_role("combobox", name="Search")).to_be_focused()
        sam.keyboard.type(words)
        offers = sam.get_by_role("group", name="Offers").get_by_role("option")
        expect(offers).to_have_count(1)
        expect(offers).to_contain_text(f"{NAME}was: Business lunch · $14.50" if "business" in words
                                       else f"{NAME}$14.50")  # fmt: skip
        deals = sam.get_by_role("group", name="Deals").get_by_role("option")
        expect(deals).to_have_text(re.compile("Business lunch, Spa Hotel"))
        sam.keyboard.press("Escape")
        expect(sam.get_by_role("combobox", name="Search")).to_be_hidden()
    sam.goto(caller.get_absolute_url())
    touched = sam.get_by_role("region", name="Changed lately")
    expect(touched).to_contain_text("Say: The same kitchen, for five or more.")
    # Whoever writes the old name down is told, and may still.
    sam.get_by_role("link", name="Add a note").or_(
        sam.get_by_role("button", name="Note")
    ).first.click()
    note = sam.get_by_role("textbox", name="Note")
    note.fill("Calls about the business lunch for ten")
    told = sam.locator(".retired-words")
    expect(told).to_contain_text("“Business lunch” is now called “Meals for teams”, $14.50.")
    note.fill("Calls about meals for teams, for ten")
    expect(told).to_be_hidden()
    sam.keyboard.press("Escape")
    sam.goto("/changes/")
    expect(sam.get_by_text("Acknowledge", exact=True)).to_be_visible()
    sam.keyboard.press("a")
    expect(sam.get_by_text("You have read everything")).to_be_visible()
    assert Clock.objects.get(owner=cast.sam, term__key="acknowledge").state == "met"
    assert said == []

    dana = opened(cast.dana)
    dana.goto("/sla/?by=term")
    row = dana.get_by_role("row", name=re.compile("Acknowledge a change"))
    expect(row).to_contain_text("100")


def test_the_pages_are_clean(opened, cast, caller, live_server):
    at = database_now()
    lunch = cast.persona.offers.get()
    change = publish(lunch, by=cast.mona, at=at, name=NAME, price=PRICE, say="Same kitchen")
    waiting = propose(lunch, by=cast.mona, at=at, price="15.00", claim="always organic")
    saying.propose(
        "Ask who orders the business lunch.", by=cast.sam, at=at, offer=lunch,
        collaterals=[{"title": "Menu", "url": "https://example.org/menu.pdf"}],
    )  # fmt: skip
    page = opened(cast.mona)
    said = complaints(page, live_server.url)
    urls = (
        "/offers/", lunch.get_absolute_url(), f"{lunch.get_absolute_url()}change/", "/offers/new/",
        f"{lunch.get_absolute_url()}messages/new/", change.get_absolute_url(),
        waiting.get_absolute_url(),
    )  # fmt: skip
    assert unclean(page, urls) == {}
    assert said == []
    page = opened(cast.sam)
    assert unclean(page, ("/changes/", caller.get_absolute_url())) == {}
