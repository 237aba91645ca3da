"""The list of companies as a file: as filtered, of what one may see, run by no spreadsheet."""

import csv
import io

import pytest
from openpyxl import load_workbook

from accounts.models import AuditEntry
from leads.companies import editing
from leads.models import Company, CustomField
from tests.accounts.test_own_pages import signed_in
from tests.factories import ny

AT = ny("2027-01-15 10:00")
pytestmark = pytest.mark.django_db


def downloaded(person, **query) -> bytes:
    answer = signed_in(person).get("/companies/export/", query)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def read(person, **query) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(downloaded(person, **query).decode("utf-8-sig"))))


@pytest.fixture
def two(cast) -> tuple[Company, Company]:
    """Acme with two people and a note, and a smaller one; the first is Sam's or Sue's to see."""
    CustomField.objects.create(
        about="company", name="stars", label="Stars", kind="number", position=1
    )
    lead = cast.hot_lead(at=AT, email="pat@acme.example", company="Acme")
    cast.capture(at=AT, email="kim@acme.example", company="Acme")
    other = cast.capture(at=AT, email="lo@birch.example", company="Birch").lead
    acme, birch = lead.of_company, other.of_company
    editing.change(acme, {"note": "=1+1", "country": "DE", "extra.stars": "4"}, by=cast.maya, at=AT)
    return acme, birch


def test_each_company_with_what_is_known_of_it(cast, two):
    first, second = read(cast.maya)
    assert (first["name"], first["domain"], first["country"], first["people"]) == (
        "Acme", "acme.example", "DE", "2",
    )  # fmt: skip
    assert (first["note"], first["extra.stars"], second["name"]) == ("'=1+1", "4", "Birch")


def test_as_filtered_and_in_the_same_order(cast, two):
    assert [row["name"] for row in read(cast.maya, sort="newest")] == ["Birch", "Acme"]
    assert [row["name"] for row in read(cast.maya, country="DE")] == ["Acme"]
    page = signed_in(cast.maya).get("/companies/?country=DE&cursor=x").content.decode()
    assert 'href="/companies/export/?country=DE"' in page
    assert 'href="/companies/export/?country=DE&amp;format=xlsx"' in page


def test_of_what_one_may_see(cast, two):
    lead = two[0].people.get(email="pat@acme.example")
    lead.refresh_from_db()
    other = cast.sue if lead.owner == cast.sam else cast.sam
    assert [(row["name"], row["people"]) for row in read(lead.owner)] == [("Acme", "1")]
    assert read(other) == []


def test_a_workbook_too_and_who_took_it_away_is_on_record(cast, two):
    book = load_workbook(io.BytesIO(downloaded(cast.mona, format="xlsx", country="DE")))
    rows = list(book["Companies"].iter_rows(values_only=True))
    assert (len(rows), rows[1][:2]) == (2, ("Acme", "acme.example"))
    entry = AuditEntry.objects.get(verb="companies.exported")
    assert (entry.actor, "country=DE" in entry.facts["asked"]) == (cast.mona, True)
