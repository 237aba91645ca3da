"""A list of leads taken away from the marketer's buttons."""

import csv
import io

import pytest
from playwright.sync_api import Browser, expect

from accounts.instants import database_now
from leads.models import Lead
from tests.browser.pages import (
    accessibility,
    complaints,
    sign_in,
)

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("theme", "width"), [("light", 1440)])
def test_the_list_as_filtered_in_the_columns_one_wants(browser: Browser, cast, live_server, theme,
                                                       width):  # fmt: skip
    at = database_now()
    cast.hot_lead(at=at, extra={"Tub": "round"})
    cast.capture(at=at, email="cold@x.example")
    context = browser.new_context(
        base_url=live_server.url, color_scheme=theme, viewport={"width": width, "height": 900}
    )
    sign_in(context, cast.maya, live_server.url)
    page = context.new_page()
    said = complaints(page, live_server.url)
    page.goto("/leads/?tier=hot")
    page.get_by_role("link", name="Download all").click()
    assert accessibility(page) == []
    for name in ("Phone", "Score"):
        page.get_by_label(name, exact=True).uncheck()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(io.StringIO(file.read())))
    assert [row["email"] for row in rows] == [Lead.objects.get(tier="hot").email]
    assert rows[0]["extra.Tub"] == "round"
    assert {"phone", "score"} & rows[0].keys() == set()
    page.get_by_role("link", name="Back to the list").click()
    expect(page).to_have_url(f"{live_server.url}/leads/?tier=hot")
    assert said == []
    context.close()
