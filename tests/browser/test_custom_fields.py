"""A field of one's own from the manager's button to the lead page and the file."""

import csv
import io

import pytest
from playwright.sync_api import Browser, expect

from leads.models import Lead
from tests.browser.test_frame import accessibility, complaints, sign_in

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_a_field_is_made_filled_in_read_and_exported(browser: Browser, cast, live_server, theme,
                                                     width):  # fmt: skip
    context = browser.new_context(
        base_url=live_server.url, color_scheme=theme, viewport={"width": width, "height": 900}
    )
    sign_in(context, cast.mona, live_server.url)
    page = context.new_page()
    said = complaints(page, live_server.url)

    page.goto("/fields/")
    page.get_by_role("link", name="New field").click()
    page.get_by_label("Label", exact=True).fill("Budget")
    expect(page.get_by_label("Currency")).to_be_hidden()
    page.get_by_label("Kind").select_option("Money")
    page.get_by_label("Currency").select_option("EUR")
    tried = page.get_by_role("region", name="Try it")
    tried.get_by_label("What somebody types").press_sequentially("€1,200.5")
    expect(tried.get_by_role("status")).to_have_text("Shown as €1,200.50")
    assert accessibility(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Budget")).to_be_visible()
    page.get_by_role("link", name="New field").click()
    page.get_by_label("Label", exact=True).fill("Wood")
    page.get_by_label("Kind").select_option("Several choices")
    page.get_by_label("Choices, one a line").fill("Cedar\nSpruce")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Wood")).to_be_visible()
    assert accessibility(page) == []

    page.goto("/leads/new/")
    page.get_by_label("E-mail").fill("pat@spa.example")
    page.get_by_label("Budget").fill("lots")
    page.get_by_label("Spruce").check()
    page.get_by_role("button", name="Save and next").click()
    expect(page.get_by_text("“lots” is not a sum of money")).to_be_visible()
    page.get_by_label("Budget").fill("3,400")
    page.get_by_role("button", name="Save and next").click()
    page.locator("#last-saves + div").get_by_role("link", name="pat@spa.example").click()
    details = page.get_by_role("region", name="Details")
    expect(details.get_by_text("€3,400")).to_be_visible()
    assert Lead.objects.get().extra == {"budget": 3400, "wood": ["Spruce"]}

    details.get_by_role("button", name="Edit").click()
    page.get_by_label("Cedar").check()
    page.get_by_role("button", name="Save details").click()
    expect(details.get_by_text("Cedar, Spruce")).to_be_visible()

    page.goto("/leads/export/columns/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(io.StringIO(file.read()))
    assert (row["extra.budget"], row["extra.wood"]) == ("3400", "Cedar; Spruce")

    page.goto("/fields/")
    page.get_by_role("button", name="Remove Wood").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Wood")).to_be_visible()
    assert [each for each in said if "422" not in each] == []
    context.close()
