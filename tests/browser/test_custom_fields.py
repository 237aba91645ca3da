"""A field of one's own from the manager's button to the lead page and the file."""

import csv
import io

import pytest
from playwright.sync_api import Browser, expect

from accounts.instants import database_now
from leads.models import Lead, Pool, PoolMember
from tests.browser.pages import (
    accessibility,
    complaints,
    sign_in,
)
from tests.leads.imports.files import table

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("theme", "width"), [("dark", 390)])
def test_a_field_is_made_filled_in_read_and_exported(browser: Browser, cast, live_server, theme,
                                                     width):  # fmt: skip
    context = browser.new_context(
        base_url=live_server.url, color_scheme=theme, viewport={"width": width, "height": 900}
    )
    sign_in(context, cast.mona, live_server.url)
    page = context.new_page()
    said = complaints(page, live_server.url)

    page.goto("/fields/")
    page.get_by_role("link", name="New field", exact=True).click()
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
    page.get_by_role("link", name="New field", exact=True).click()
    page.get_by_label("Label", exact=True).fill("Wood")
    page.get_by_label("Kind").select_option("Several choices")
    page.get_by_label("Choices, one a line").fill("Cedar\nSpruce")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Wood")).to_be_visible()
    page.goto("/fields/")  # without the message, which fades in
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


def test_a_column_becomes_a_field_and_a_pool_goes_by_it(browser: Browser, cast, live_server):
    context = browser.new_context(base_url=live_server.url)
    sign_in(context, cast.mona, live_server.url)
    page = context.new_page()
    said = complaints(page, live_server.url)
    rows = [["E-mail", "Wood"]]
    rows += [[f"{n}@b.example", ("Cedar", "Oak")[n % 2]] for n in range(6)]
    page.goto("/imports/new/")
    page.get_by_label("File").set_input_files(
        {"name": "fair.csv", "mimeType": "text/csv", "buffer": table(rows)}
    )
    page.get_by_role("button", name="Look at the file").click()
    page.get_by_label("Wood").select_option("One of several choices, as it looks")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("row", name="5@b.example")).to_contain_text("New")
    page.goto("/fields/")
    expect(page.get_by_role("row", name="Wood")).to_contain_text("Cedar, Oak")
    context.close()

    pool = Pool.objects.create(slug="cedar", name="Cedar", team=cast.sales, order=0)
    PoolMember.objects.create(pool=pool, user=cast.sue)
    Pool.objects.exclude(pk=pool.pk).update(order=5)
    context = browser.new_context(base_url=live_server.url, viewport={"width": 390, "height": 900})
    sign_in(context, cast.dana, live_server.url)
    page = context.new_page()
    page.goto("/pools/")
    assert accessibility(page) == []
    page.get_by_role("link", name="What it asks of Cedar").click()
    page.get_by_label("Fact").select_option("Wood")
    page.get_by_label("Test").select_option("is one of")
    page.get_by_label("Values").fill("cedar")
    assert accessibility(page) == []
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("Wood is one of Cedar")).to_be_visible()
    context.close()
    at = database_now()
    assert cast.hot_lead(at=at, email="x@b.example", extra={"wood": "oak"}).pool != pool
    assert cast.hot_lead(at=at, email="y@b.example", extra={"wood": "cedar"}).pool == pool
    assert said == []
