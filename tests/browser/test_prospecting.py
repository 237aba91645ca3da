"""Calling through a list by keys, and the pages of call lists and sequences in all looks."""

import pytest
from playwright.sync_api import expect

from accounts.instants import database_now
from leads import qualification
from leads.calling import lists
from leads.models import Activity
from leads.sequences import keeping, running
from tests.browser.pages import complaints, unclean

pytestmark = pytest.mark.browser
STEPS = [
    {"kind": "call", "wait": 0, "words": "Ask about the opening"},
    {"kind": "email", "wait": 57_600, "words": "", "subject": "Tubs for {company}",
     "body": "Hello {first_name}", "sends": True},
]  # fmt: skip


@pytest.fixture
def found(cast):
    """Two leads of Sam's on a list, one of them in a sequence."""
    at = database_now()
    made = lists.called("Fair", shared=str(cast.sales.pk), about="Met at the fair", by=cast.dana,
                        at=at)  # fmt: skip
    sequence = keeping.save(cast.sam, name="After the fair", shared="own", steps=STEPS, at=at)
    for number in (1, 2):
        lead = cast.hot_lead(at=at, email=f"p{number}@spa.example",
                             phone=f"+1 212 555 010{number}")  # fmt: skip
        handoff = lead.handoffs.get()
        if handoff.owner != cast.sam:
            qualification.reassign(handoff, cast.sam, by=cast.dana, reason="His region", at=at)
            handoff.refresh_from_db()
        handoff.accept(cast.sam, at=at)
        lists.put_on(made, lead)
    lead.refresh_from_db()
    running.begin(lead, sequence.newest, by=cast.sam, at=at)
    return made, sequence, lead


def test_a_list_is_called_by_keys_and_its_pages_are_clean(opened, cast, found, live_server):
    made, sequence, lead = found
    page = opened(cast.sam)
    said = complaints(page, live_server.url)
    page.goto(f"/calls/{made.pk}/next/")
    expect(page.get_by_text("Ready to call")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_role("link", name="212-555-0101")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 2 called")).to_be_visible()
    expect(page.get_by_role("link", name="212-555-0102")).to_be_visible()
    assert Activity.objects.get(kind="call").outcome == "voicemail"

    pages = ["/calls/", f"/calls/{made.pk}/", f"/calls/{made.pk}/next/", "/sequences/",
             f"/sequences/{sequence.pk}/", f"/sequences/{sequence.pk}/edit/",
             f"/leads/{lead.pk}/"]  # fmt: skip
    assert (unclean(page, pages), said) == ({}, [])
