"""What every test in the browser does with a page: open it signed in, wait for it, look it over."""

import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User

AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
# A theme is colours alone, a width all but colours: two looks show a page in both of each. From
# page to page they are crossed, so that what pages share is seen in all four.
LOOKS = [("light", 1440), ("dark", 390)]
CROSSED = [("light", 390), ("dark", 1440)]
# What is never more than moderate, and would be looked for in vain.
MODERATE = (
    "aria-allowed-role", "empty-heading", "empty-table-header", "heading-order",
    "identical-links-same-purpose", "image-redundant-alt", "landmark-banner-is-top-level",
    "landmark-complementary-is-top-level", "landmark-contentinfo-is-top-level",
    "landmark-main-is-top-level", "landmark-no-duplicate-banner",
    "landmark-no-duplicate-contentinfo", "landmark-no-duplicate-main", "landmark-one-main",
    "landmark-unique", "meta-viewport-large", "page-has-heading-one",
    "presentation-role-conflict", "region", "skip-link", "table-duplicate-name",
)  # fmt: skip
RULES = {rule: {"enabled": False} for rule in MODERATE}
HEIGHT = 900
PATIENCE = 20  # seconds
# Asked again and again: a promise that nothing resolves would wait for ever.
STILL = """document.fonts.status === "loaded" && !document.getAnimations().some(each =>
    each.playState === "running" && each.effect.getComputedTiming().endTime !== Infinity)"""


def sign_in(context: BrowserContext, user: User, url: str) -> None:
    client = Client()
    client.force_login(user)
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}]
    )


def complaints(page: Page, own: str) -> list[str]:
    """Collects what the console says and every request that leaves the machine."""
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith((own, "data:")) else said.append(r.url))
    return said


def settled(page: Page) -> None:
    """Wait until the page is read whole, its fonts and every part it asks for by itself are there,
    and nothing moves."""
    page.wait_for_load_state()
    expect(page.locator(".htmx-request")).to_have_count(0)
    until = time.monotonic() + PATIENCE
    while not page.evaluate(STILL):
        assert time.monotonic() < until, f"{page.url} still moves, or its fonts do not come"
        page.wait_for_timeout(50)


def accessibility(page: Page) -> list[str]:
    """What axe finds serious or critical, as "rule: where"."""
    settled(page)
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text())
    return page.evaluate(
        """async (rules) => (await Promise.race([
               axe.run({resultTypes: ["violations"], rules}),
               new Promise((_, no) => setTimeout(() => no(new Error("axe takes too long")), 60000)),
             ])).violations
             .filter(found => ["serious", "critical"].includes(found.impact))
             .map(found => `${found.id}: ${found.nodes.map(node => node.target.join(" "))}`)""",
        RULES,
    )


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return max(page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0)


def unclean(page: Page, urls: Iterable[str]) -> dict[str, list[str]]:
    """Opens each page once and looks at it in both themes and both widths.

    Answers what is wrong as {"page theme width": [what axe finds, how far it is too wide]}, without
    the pages of which nothing is wrong. The console is the caller's (`complaints`).
    """
    found = {}
    page.emulate_media(reduced_motion="reduce")
    for number, url in enumerate(urls):
        looks = CROSSED if number % 2 else LOOKS
        show_as(page, *looks[0])
        page.goto(url)
        for theme, width in looks:
            found[f"{url} {theme} {width}"] = unclean_as(page, theme, width)
    return {where: what for where, what in found.items() if what}


def show_as(page: Page, theme: str, width: int) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": HEIGHT})


def unclean_as(page: Page, theme: str, width: int) -> list[str]:
    """What is wrong with the page as it stands, in one theme and width."""
    show_as(page, theme, width)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    wrong = accessibility(page)
    if over := overflow(page):
        wrong.append(f"{over} px too wide")
    return wrong
