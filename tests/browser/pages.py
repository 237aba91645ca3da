"""What every test in the browser does with a page: open it signed in, wait for it, look it over."""

import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User

AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
# In this order each look is one step from the one before it, and the colours, which cost a large
# page a second, change once.
LOOKS = [("light", 1440), ("light", 390), ("dark", 390), ("dark", 1440)]
# A theme changes colours and nothing else that axe has rules for; theirs cost as much as the rest.
LOOKED_AT = {
    ("light", 1440): None,
    ("light", 390): False,
    ("dark", 390): True,
    ("dark", 1440): True,
}
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
LEFT_OUT: dict[str, dict[str, bool]] = {rule: {"enabled": False} for rule in MODERATE}
HOW: dict[bool | None, dict[str, object]] = {
    None: {"rules": LEFT_OUT},
    True: {"runOnly": ["color-contrast"]},
    False: {"rules": {**LEFT_OUT, "color-contrast": {"enabled": False}}},
}
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


def accessibility(page: Page, colours: bool | None = None) -> list[str]:
    """What axe finds serious or critical, as "rule: where"; of colours alone, or all but these."""
    settled(page)
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text())
    return page.evaluate(
        """async (how) => (await Promise.race([
               axe.run({resultTypes: ["violations"], ...how}),
               new Promise((_, no) => setTimeout(() => no(new Error("axe takes too long")), 60000)),
             ])).violations
             .filter(found => ["serious", "critical"].includes(found.impact))
             .map(found => `${found.id}: ${found.nodes.map(node => node.target.join(" "))}`)""",
        HOW[colours],
    )


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return max(page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0)


def unclean(page: Page, urls: Iterable[str]) -> dict[str, list[str]]:
    """Opens each page once and looks at it in both themes and widths.

    Answers what is wrong as {"page theme width": [what axe finds, how far it is too wide]}, without
    the pages of which nothing is wrong. The console is the caller's (`complaints`).
    """
    found = {}
    for url in urls:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size({"width": LOOKS[0][1], "height": HEIGHT})
        page.goto(url)
        for theme, width in LOOKS:
            found[f"{url} {theme} {width}"] = unclean_as(page, theme, width)
    return {where: what for where, what in found.items() if what}


def unclean_as(page: Page, theme: str, width: int) -> list[str]:
    """What is wrong with the page as it stands, in one theme and width."""
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": HEIGHT})
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    wrong = accessibility(page, LOOKED_AT[theme, width])
    if over := overflow(page):
        wrong.append(f"{over} px too wide")
    return wrong
