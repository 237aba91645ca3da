"""What templates name must be there: icons, files, partials; and nothing the CSP would refuse."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.urls import reverse

from accounts.templatetags.leadflow_ui import CLOCK_LOOK, drawing

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
LEADS = "lead-list company-list import-list duplicates"
NAMES = [str(path.relative_to(ROOT / "templates")) for path in TEMPLATES]


def found(pattern: str) -> set[str]:
    return {match for path in TEMPLATES for match in re.findall(pattern, path.read_text())}


def missing_icons(names: set[str]) -> list[str]:
    missing = []
    for name in sorted(names):
        try:
            drawing(name)
        except LookupError:
            missing.append(name)
    return missing


def test_every_icon_named_is_one_of_tablers():
    pictures = found(r'{% icon "([^"]+)"') | found(r'picture="([^"]+)"')
    pictures |= found(r'{% nav_item "[^"]+" "[^"]+" "([^"]+)"')
    assert missing_icons(pictures | {picture for picture, _ in CLOCK_LOOK.values()}) == []


@pytest.mark.parametrize(
    ("person", "entries"),
    [
        ("maya", f"home {LEADS} ready returns campaign-list form-list"),
        ("mona", f"home {LEADS} ready returns campaign-list form-list"),
        ("sam", f"home queue {LEADS} deal-list call-lists sequence-list"),
        ("dana", f"home queue {LEADS} deal-list call-lists sequence-list unassigned pool-list"),
        (
            "admin",
            f"home queue {LEADS} deal-list call-lists sequence-list unassigned pool-list ready "
            "returns campaign-list form-list",
        ),
        ("outsider", "home"),
    ],
)
def test_the_navigation_of_each_role(cast, client, person, entries):
    client.force_login(getattr(cast, person))
    page = client.get("/profile/").content.decode()
    navigation = re.search(r'aria-label="Main">(.*?)</nav>', page, re.DOTALL)
    quality = "quality " if person in ("maya", "mona", "dana", "admin") else ""
    scorecard = "scorecard rulings " if person != "outsider" else ""
    agreement = f"{scorecard}compliance clock-list {quality}contract calendar-list"
    # Pages of leads and what is agreed on are for members of a team.
    agreement += (
        " definition-list persona-list offer-list scoring contacts" if person != "outsider" else ""
    )
    agreement += " prediction field-list" if person in ("mona", "dana", "admin") else ""
    agreement += " mailbox webhook-list" if person == "admin" else ""
    assert re.findall(r'href="([^"]+)"', navigation[1]) == [
        reverse(name) for name in f"{entries} {agreement}".split()
    ]


def test_the_navigation_is_lit_where_one_is(cast, client):
    client.force_login(cast.sam)
    page = client.get("/sla/clocks/").content.decode()
    assert re.findall(r'href="([^"]+)" aria-current="page"', page) == ["/sla/clocks/"]


def test_every_file_named_is_served():
    names = found(r"{% static '([^']+)'") | found(r'{% static "([^"]+)"')
    assert [name for name in sorted(names) if not finders.find(name)] == []


def test_every_file_the_style_sheet_names_is_served():
    text = (ROOT / "static/css/leadflow.css").read_text()
    names = [name.removeprefix("../") for name in re.findall(r'url\("([^"]+)"\)', text)]
    assert [name for name in names if not finders.find(name)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_template_can_be_read(name):
    assert get_template(name).template.name == name


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("style attribute", r"<[^>]*\sstyle\s*="),
        ("event handler", r"<[^>]*\son[a-z]+\s*="),
        ("hx-on", r"hx-on"),
        ("inline script", r"<script(?![^>]*(?:src=|application/json))[^>]*>"),
        ("inline style", r"<style"),
        ("another server", r'(?:src|href)="https?://'),
    ],
)
def test_no_template_has_what_the_content_security_policy_refuses(what, pattern):
    pages = [path for path in TEMPLATES if "emails" not in path.parts]
    offenders = [path.name for path in pages if re.search(pattern, path.read_text())]
    assert offenders == []


def test_the_description_of_the_look_names_partials_that_exist():
    text = (ROOT / "docs/look.md").read_text()
    partials = set(re.findall(r"`(_\w+\.html)`", text))
    assert sorted(partials - {path.name for path in TEMPLATES}) == []


@pytest.mark.parametrize(
    "name", ["José Łuczak", "Алексей Соловьёв", "Ελένη", "Lan Anh Đặng", "Ưỡn"]
)
def test_names_are_drawn_in_one_font(name):
    text = (ROOT / "static/css/leadflow.css").read_text()
    spans = re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", text)
    drawn = {code for a, z in spans for code in range(int(a, 16), int(z or a, 16) + 1)}
    assert [letter for letter in name if ord(letter) not in drawn] == []


def test_the_style_sheet_stays_short():
    assert len((ROOT / "static/css/leadflow.css").read_text().splitlines()) < 500
