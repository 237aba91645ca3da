"""An import from the marketer's buttons: file, columns, preview, progress, refused rows, undo."""

import csv
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.instants import database_now
from leads.imports import running
from leads.models import Import, Lead
from tests.browser.pages import (
    accessibility,
    complaints,
    sign_in,
    unclean,
)
from tests.leads.imports.files import imported, received, table, worked

pytestmark = pytest.mark.browser
ROWS = [
    ["E-mail", "Vorname", "Firma", "Land", "Becken"],
    ["pat@spa.example", "Pat", "Spa Hotel", "Narnia", "rund"],
    ["kim@spa.example", "Kim", "", "DE", ""],
    ["lee@", "Lee", "=1+1", "", ""],
]


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


def test_from_the_file_to_the_undo(cast, page, live_server):
    said = complaints(page, live_server.url)
    page.goto("/")
    page.get_by_role("link", name="Import").click()
    page.get_by_role("link", name="Import a file").first.click()
    page.get_by_label("File").set_input_files(
        {"name": "fair.csv", "mimeType": "text/csv", "buffer": table(ROWS, delimiter=";")}
    )
    assert accessibility(page) == []
    page.get_by_role("button", name="Look at the file").click()

    expect(page.get_by_label("Vorname")).to_have_value("first_name")
    expect(page.get_by_role("row", name="Becken")).to_contain_text("rund")
    page.get_by_label("Becken").select_option("job_title")
    page.get_by_label("Narnia").select_option("GB")
    page.locator("#id_campaign").select_option("back-pain")
    assert accessibility(page) == []
    page.get_by_role("button", name="Preview").click()

    expect(page.get_by_role("row", name="Kim")).to_contain_text("New")
    expect(page.get_by_role("row", name="Lee")).to_contain_text("is not an e-mail address")
    assert accessibility(page) == []
    assert Lead.objects.count() == 0
    page.get_by_role("button", name="Import the whole file").click()

    expect(page.get_by_role("status")).to_contain_text("Waiting for its turn")
    worked(Import.objects.get())
    # The page finds out by itself.
    expect(page.locator("#import")).to_contain_text("Finished")
    expect(page.locator("#import")).to_contain_text("E-mail: “lee@”")
    assert accessibility(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all with reasons").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert download.value.suggested_filename == "fair-refused.csv"
    assert rows[1][:6] == ["lee@", "Lee", "'=1+1", "", "", "4"]
    pat = Lead.objects.get(email="pat@spa.example")
    assert (pat.job_title, pat.country, pat.campaign) == ("rund", "GB", cast.campaign)

    page.get_by_role("button", name="Undo this import").click()
    expect(page.locator("#import")).to_contain_text("Being undone")
    worked(Import.objects.get())
    expect(page.locator("#import")).to_contain_text("2 leads removed")
    assert accessibility(page) == []
    assert Lead.objects.count() == 0
    assert said == []


def test_a_wrong_file_is_explained_where_it_was_chosen(cast, page):
    page.goto("/imports/new/")
    page.get_by_label("File").set_input_files(
        {"name": "old.xls", "mimeType": "application/x", "buffer": b"\xd0\xcf\x11\xe0 old"}
    )
    page.get_by_role("button", name="Look at the file").click()
    expect(page.locator(".field-error")).to_contain_text("old.xls is an old Excel file")
    assert accessibility(page) == []


def test_a_running_import_shows_how_far_it_is_and_is_cancelled(cast, page, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 2)
    monkeypatch.setattr(running, "TURN", 0.0)
    rows = [[f"p{n}@x.example"] for n in range(6)]
    first, other = (received(table([["email"], *rows]), cast.maya) for _ in range(2))
    for importing in (first, other):
        running.start(importing, by=cast.maya, at=database_now())
    page.goto(f"/imports/{first.pk}/")
    running.run(first.pk, at=database_now())  # one batch, and the other one's turn
    expect(page.get_by_role("status")).to_contain_text("2 of 6 rows")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#import")).to_contain_text("Cancelled")
    expect(page.locator("#import")).to_contain_text("It stopped after 2 of 6 rows")
    assert Lead.objects.count() == 2


def test_pages_are_clean_in_both_themes_and_widths(opened, cast, live_server):
    done = imported(table(ROWS), cast.maya)
    waiting = received(table(ROWS), cast.maya)
    page = opened(cast.maya)
    said = complaints(page, live_server.url)
    paths = ("", "new/", f"{done.pk}/", f"{waiting.pk}/columns/", f"{waiting.pk}/preview/")
    assert unclean(page, [f"/imports/{path}" for path in paths]) == {}
    assert said == []
