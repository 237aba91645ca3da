"""Which company a lead is of: by domain, else by name and country; made once, whoever else does."""

import importlib
import threading

import pytest
from django.apps import apps
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from leads.capture import capture_leads
from leads.companies import linking
from leads.editing import edit
from leads.merging import merge
from leads.models import Company, Lead, Merge
from leads.unmerging import undo
from tests.factories import make_cast, ny

AT = ny("2027-01-15 16:00")


def captured(cast, **row) -> Lead:
    lead = cast.capture(at=AT, **row).lead
    lead.refresh_from_db()
    return lead


def companies() -> list[tuple[str, str, str]]:
    return list(Company.objects.values_list("name", "domain", "country"))


def test_the_domain_of_an_address_is_a_company(cast):
    ann = captured(cast, email="ann@acme.example", company="Acme GmbH", country="DE")
    bob = captured(cast, email="bob@acme.example", company="ACME Deutschland", country="AT")
    eve = captured(cast, email="eve@acme.example")

    assert companies() == [("Acme GmbH", "acme.example", "DE")]
    assert {ann.of_company_id, bob.of_company_id, eve.of_company_id} == {Company.objects.get().pk}


@pytest.mark.parametrize("address", ["x@gmail.com", "x@yahoo.co.jp", "x@wanadoo.fr", None])
def test_who_has_an_address_that_anybody_may_have_is_known_by_name_and_country(cast, address):
    first = captured(cast, email=address, phone="+12125550101", company="The Acme, Inc.")
    same = captured(cast, email="b@web.de", company="ACME")
    other = captured(cast, email="c@web.de", company="Acme", country="DE")

    assert companies() == [("The Acme, Inc.", "", ""), ("Acme", "", "DE")]
    assert first.of_company_id == same.of_company_id != other.of_company_id


def test_a_name_finds_a_company_that_has_a_domain(cast):
    known = captured(cast, email="ann@acme.example", company="Acme", country="DE")
    found = captured(cast, email="ann@gmail.com", company="Acme GmbH", country="DE")
    assert found.of_company_id == known.of_company_id


@pytest.mark.parametrize("name", ["", "n/a", "–", "☕", "unknown"])
def test_what_is_no_name_makes_no_company(cast, name):
    lead = captured(cast, email="ann@smith-family.example", company=name)
    assert (companies(), lead.of_company_id) == ([], None)


def test_who_came_before_their_company_was_named_is_of_it_too(cast):
    early = captured(cast, email="ann@acme.example")
    named = captured(cast, email="bob@acme.example", company="Acme")
    early.refresh_from_db()
    assert early.of_company_id == named.of_company_id == Company.objects.get().pk


def test_hostile_names_are_only_names(cast):
    names = [
        "%s'; DROP TABLE leads_lead;--",
        "{1}",
        "\u202eevil",
        "株式会社スパ",
        "🏨 Hotel",
        "x" * 200,
    ]
    leads = [captured(cast, email=f"{n}@gmail.com", company=name) for n, name in enumerate(names)]
    assert len({lead.of_company_id for lead in leads}) == len(names)
    assert None not in {lead.of_company_id for lead in leads}


def test_a_batch_asks_once_and_makes_each_company_once(cast):
    rows = [
        {"email": f"p{n}@firm{n % 3}.example", "company": f"Firm {n % 3}", "touchpoint": "imported",
         "campaign": cast.campaign.slug} for n in range(30)
    ]  # fmt: skip
    with CaptureQueriesContext(connection) as queries:
        capture_leads(rows, by=cast.maya, at=AT)

    assert sum("leads_company" in query["sql"] for query in queries) == 1
    assert [name for name, _, _ in companies()] == ["Firm 0", "Firm 1", "Firm 2"]
    assert Lead.objects.filter(of_company=None).count() == 0


def test_private_people_cost_no_statement(cast):
    with CaptureQueriesContext(connection) as queries:
        captured(cast, email="ann@gmail.com")
    assert [query for query in queries if "INTO leads_company" in query["sql"]] == []


@pytest.mark.django_db(transaction=True)
def test_eight_who_name_a_company_at_once_make_one():
    cast = make_cast()
    start = threading.Barrier(8)

    def come(number: int) -> None:
        start.wait()
        cast.capture(at=AT, email=f"p{number}@acme.example", company="Acme")
        close_old_connections()

    threads = [threading.Thread(target=come, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Company.objects.count() == 1
    assert Lead.objects.filter(of_company=Company.objects.get()).count() == 8


def test_an_edit_moves_a_lead_and_a_misspelt_company_goes(cast):
    lead = captured(cast, email="ann@gmail.com", company="Amce")
    edit(lead, {"company": "Acme"}, by=cast.maya, at=AT)
    assert companies() == [("Acme", "", "")]
    assert lead.of_company.name == "Acme"

    edit(lead, {"job_title": "Buyer"}, by=cast.maya, at=AT)
    edit(lead, {"company": ""}, by=cast.maya, at=AT)
    assert (lead.of_company_id, companies()) == (None, [])


def test_a_merge_keeps_the_survivors_company_and_gives_the_other_back(cast):
    one = captured(cast, email="ann@gmail.com")
    two = captured(cast, email="ann@acme.example", company="Acme")
    Lead.objects.filter(pk=two.pk).update(decision_role="champion")
    merge(one, two, by=cast.maya, at=AT)
    assert (one.of_company.name, one.decision_role) == ("Acme", "champion")

    other, _ = undo(Merge.objects.get(), by=cast.maya, at=AT)
    one.refresh_from_db()
    assert (one.of_company_id, one.decision_role) == (None, "")
    assert (other.of_company.name, other.decision_role) == ("Acme", "champion")


def test_a_merge_can_be_undone_when_the_company_is_no_more(cast):
    one = captured(cast, email="ann@gmail.com", company="Spa")
    two = captured(cast, email="ann@acme.example", company="Acme")
    merge(one, two, by=cast.maya, at=AT)
    Company.objects.get(name="Acme").delete()
    other, _ = undo(Merge.objects.get(), by=cast.maya, at=AT)
    assert other.of_company_id is None


def test_leads_that_were_there_before_are_linked_by_the_migration(cast):
    rows = [
        {"email": "a@acme.example", "company": "Acme", "country": "DE"},
        {"email": "b@acme.example"},
        {"email": "c@gmail.com", "company": "ACME Ltd", "country": "DE"},
        {"email": "d@gmail.com", "company": "Spa"},
        {"email": "e@home.example"},
    ]
    leads = [captured(cast, **row) for row in rows]
    linked = [lead.of_company_id for lead in leads]
    Lead.objects.update(of_company=None)
    Company.objects.all().delete()

    step = importlib.import_module("leads.migrations.0035_leads_of_companies")
    step.BATCH = 2
    for _ in range(2):  # begun again it changes nothing
        with connection.schema_editor() as editor:
            step.link(apps, editor)

    now = [Lead.objects.get(pk=lead.pk).of_company for lead in leads]
    assert [company.name if company else None for company in now] == [
        "Acme", "Acme", "Acme", "Spa", None,
    ]  # fmt: skip
    assert [number is None for number in linked] == [company is None for company in now]
    assert Company.objects.count() == 2


def test_what_was_left_behind_untouched_goes_and_what_was_written_about_stays(cast):
    lead = captured(cast, email="ann@acme.example", company="Acme")
    kept = captured(cast, email="bob@spa.example", company="Spa")
    Company.objects.filter(name="Spa").update(owner=cast.sam)
    numbers = [lead.of_company_id, kept.of_company_id, None]
    linking.drop_bare(numbers)
    assert Company.objects.count() == 2

    Lead.objects.all().delete()
    linking.drop_bare(numbers)
    assert companies() == [("Spa", "spa.example", "")]
