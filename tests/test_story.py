"""The story every release must tell: a hot-tub dealer's leads, from the first click to the review.

Through browser and API against a running `manage.py up`: real web, Celery workers, beat,
PostgreSQL and Valkey. Nothing is imported from the product here.
"""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import mould
from tests.leadflow.running import ROOT, Leadflow, fresh_environment, up

PASSWORD = "demo-leadflow"
expect.set_options(timeout=20_000)
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(240)]


@dataclass
class Company:
    """A running leadflow as its people and programs meet it."""

    url: str
    capture_key: str
    manager_key: str

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str | None = None
    ) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={
                "Authorization": f"Bearer {key or self.manager_key}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def lead(self, number: int) -> dict[str, Any]:
        return self.call("GET", f"/leads/{number}/")[1]

    def capture(self, **row: Any) -> tuple[int, Any]:
        return self.call("POST", "/leads/", row, key=self.capture_key)

    def compliance(self, by: str) -> dict[str, Any]:
        return self.call("GET", f"/sla/compliance/?by={by}")[1]


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Iterator[Company]:
    var = tmp_path_factory.mktemp("story")
    mould.lay(var, collected=True)
    with up(var, DEMO="0") as leadflow:
        leadflow.wait_until_serving()
        keys = set_company_up(leadflow)
        yield Company(f"http://127.0.0.1:{leadflow.port}", *keys)


def set_company_up(leadflow: Leadflow) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.story_company"], cwd=ROOT, text=True, capture_output=True,
        env=fresh_environment() | {
            "LEADFLOW_VAR": str(leadflow.var), "DJANGO_SETTINGS_MODULE": "leadflow.settings",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def context(browser: Browser, company: Company) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=company.url)
    opened.set_default_timeout(20_000)
    yield opened
    opened.close()


def sign_in(context: BrowserContext, who: str) -> Page:
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(f"{who}@demo.test")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign in")).to_have_count(0)
    return page


def soon(condition: Callable[[], bool], what: str, *, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not come to pass: {what}"
        time.sleep(0.25)


def test_a_lead_is_captured_handed_over_accepted_qualified_and_won(company, context):
    # Somebody searches, clicks an ad and leaves an address to download the guide.
    visitor = context.new_page()
    visitor.goto("/f/maintenance-guide/?utm_source=search&utm_campaign=back-pain")
    visitor.get_by_label("E-mail").fill("Pat.Lee@spa-hotel.example")
    visitor.get_by_label("First name").fill("Pat")
    visitor.get_by_label("Last name").fill("Lee")
    visitor.get_by_label("Company").fill("Spa Hotel")
    visitor.get_by_label("Job title").fill("Spa owner")
    visitor.wait_for_timeout(4_000)  # people take longer than robots
    visitor.get_by_role("button", name="Send me the guide").click()
    expect(visitor.get_by_role("heading", name="Thank you")).to_be_visible()

    (lead,) = company.call("GET", "/leads/?limit=5", key=company.manager_key)[1]["results"] or [{}]
    assert lead == {}, "sales sees a lead only once it is handed over"

    # An e-mail invites them to a demonstration, and they come.
    status, answer = company.capture(
        email="pat.lee@spa-hotel.example", campaign="back-pain", touchpoint="event",
        first_name="Patricia",
    )  # fmt: skip
    assert status == 200, answer
    assert list(answer) == ["id"], "a capture key learns the id of a merged lead and nothing else"
    number = answer["id"]
    lead = company.lead(number)
    assert (lead["first_name"], lead["stage"], lead["aida"]) == ("Pat", "mql", "desire")
    assert (lead["score"], lead["persona"]) == (80, "spa-director")
    assert {c["term"]: c["state"] for c in lead["handoff"]["clocks"]} == {
        "accept_hot": "running", "first_touch_hot": "running", "disposition": "running",
    }  # fmt: skip

    # The rep in whose turn it is finds it on top, and works it to the end.
    rep = lead["owner"].removesuffix("@demo.test")
    page = sign_in(context, rep)
    page.goto("/queue/")
    row = page.locator(f'[data-row][data-lead="{number}"]')
    expect(row).to_contain_text("Pat Lee")
    row.get_by_role("button", name="Accept").click()
    expect(row.get_by_role("button", name="Accept")).to_have_count(0)
    page.goto(f"/leads/{number}/")
    page.get_by_role("button", name="Log call").first.click()
    page.get_by_role("button", name="Connected").click()
    expect(page.get_by_role("button", name="Connected")).to_have_count(0)
    page.get_by_role("button", name="Qualify").first.click()
    page.get_by_role("button", name="Open deal").first.click()
    page.get_by_label("Amount").fill("12900")
    page.get_by_role("button", name="Save deal").click()
    page.get_by_role("button", name="Won").first.click()
    page.locator("#sheet").get_by_label("Another reason").check()
    page.get_by_label("In your own words").fill("They loved the demonstration")
    page.get_by_role("button", name="Save as won").click()
    soon(lambda: company.lead(number)["stage"] == "customer", "the deal is won")

    lead = company.lead(number)
    assert {c["term"]: c["state"] for c in lead["handoff"]["clocks"]} == {
        "accept_hot": "met", "first_touch_hot": "met", "disposition": "met",
    }  # fmt: skip
    activities = company.call("GET", f"/leads/{number}/activities/")[1]["results"]
    assert {a["kind"] for a in activities} == {
        "download", "event", "mql", "handed_over", "accepted", "call", "qualified",
        "deal_opened", "won",
    }  # fmt: skip


def test_a_forgotten_lead_warns_breaches_escalates_and_goes_to_another_rep_each_once(
    company, context
):
    status, answer = company.capture(
        email="forgotten@fair.example", campaign="trade-fair", source="trade-fair",
        touchpoint="event", job_title="Director of Spa", last_name="Forgotten",
    )  # fmt: skip
    assert status == 201, answer
    number = answer["id"]
    first = company.lead(number)["owner"]

    soon(lambda: company.lead(number)["owner"] not in (first, None), "another rep has it")
    second = company.lead(number)["owner"]
    soon(lambda: company.lead(number)["owner"] is None, "both missed, the manager has it")

    clocks = [c for c in company.lead(number)["handoff"]["clocks"] if c["term"] == "accept_fair"]
    assert [c["state"] for c in clocks] == ["missed", "missed"]
    told = {}
    for who in (first.split("@")[0], second.split("@")[0], "dana"):
        fresh = context.browser.new_context(base_url=company.url)
        page = sign_in(fresh, who)
        page.goto("/notifications/")
        told[who] = page.locator("main").inner_text()
        fresh.close()
    for rep in (first, second):
        words = told[rep.split("@")[0]]
        assert words.count("Accept (trade fair) is due soon: Forgotten") == 1
        assert words.count("Accept (trade fair) missed: Forgotten") == 1
    assert told["dana"].count("Accept (trade fair) is overdue: Forgotten") == 2
    assert told["dana"].count("Nobody took Forgotten") == 1


def test_a_refused_lead_goes_back_and_marketings_own_clock_starts(company, context):
    status, answer = company.capture(
        email="wrong@persona.example", campaign="back-pain", touchpoint="event",
        job_title="Head of Spa", last_name="Wrong",
    )  # fmt: skip
    assert status == 201, answer
    number = answer["id"]
    page = sign_in(context, company.lead(number)["owner"].removesuffix("@demo.test"))
    page.goto("/queue/")
    row = page.locator(f'[data-row][data-lead="{number}"]')
    row.get_by_role("button", name="Reject").click()
    page.locator("#sheet").get_by_label("Wrong persona").check()
    page.get_by_role("button", name="Send back to marketing").click()
    expect(row).to_have_count(0)
    again = company.call("POST", f"/leads/{number}/accept/", {})
    assert again[0] in (404, 409)

    fresh = context.browser.new_context(base_url=company.url)
    marketer = sign_in(fresh, "maya")
    marketer.goto("/returns/")
    expect(marketer.get_by_text("Wrong persona").first).to_be_visible()
    marketer.goto(f"/leads/{number}/")
    expect(marketer.locator("main")).to_contain_text("Answer return")
    fresh.close()


def test_the_managers_figures_add_up_and_agree(company, context):
    totals = set()
    for by in ("rep", "team", "persona", "campaign", "source", "term"):
        figures = company.compliance(by)
        groups = figures["results"]
        for group in [*groups, figures["totals"]]:
            outcomes = [group[name] for name in ("met", "missed", "voided", "running")]
            assert sum(outcomes) == group["started"], (by, group)
        names = ("started", "met", "missed", "voided", "running")
        sums = tuple(sum(group[name] for group in groups) for name in names)
        assert sums == tuple(figures["totals"][name] for name in names), by
        totals.add(sums)
    assert len(totals) == 1
    (total,) = totals
    assert total[2] >= 2, "the forgotten lead's two misses are in the figures"

    page = sign_in(context, "dana")
    page.goto("/sla/")
    expect(page.locator("main")).to_contain_text("Accept (trade fair)")
