"""Companies for programs: listed, read, changed by who may; a lead names its own."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Company, CustomField
from tests.factories import ny
from tests.leads.api.program import Program

AT = ny("2027-01-15 10:00")


@pytest.fixture
def acme(cast) -> Company:
    pat = cast.hot_lead(at=AT, email="pat@acme.example", company="Acme GmbH", country="DE")
    pat.handoffs.get().accept(cast.sam, at=AT)
    cast.capture(at=AT, email="kim@acme.example")
    return Company.objects.get()


def test_a_company_is_told_as_far_as_one_sees_it(cast, acme):
    told = Program(cast.sam).get(f"companies/{acme.pk}/").json()
    assert {name: told[name] for name in ("name", "domain", "country", "owner", "people")} == {
        "name": "Acme GmbH", "domain": "acme.example", "country": "DE",
        "owner": "sam@demo.test", "people": 1,
    }  # fmt: skip
    assert Program(cast.maya).get(f"companies/{acme.pk}/").json()["people"] == 2
    assert Program(cast.sue).get(f"companies/{acme.pk}/").status_code == 404


def test_a_lead_names_its_company(cast, acme):
    lead = acme.people.get(email="pat@acme.example")
    told = Program(cast.maya).get(f"leads/{lead.pk}/").json()
    assert (told["company"], told["company_id"], told["decision_role"]) == (
        "Acme GmbH", acme.pk, "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 2), ("q=acme", 1), ("domain=spa.example", 1), ("owner=sam@demo.test", 1), ("limit=1", 1),
     ("updated_since=2030-01-01T00:00:00Z", 0), ("q=%F0%9F%8F%A8", 0)],
)  # fmt: skip
def test_the_list_is_narrowed(cast, acme, query, count):
    cast.capture(at=AT, email="x@spa.example", company="Spa")
    answer = Program(cast.mona).get(f"companies/?{query}").json()
    assert len(answer["results"]) == count
    assert (answer["next"] is None) is (query != "limit=1")


def test_the_list_asks_as_much_for_three_as_for_one(cast, acme):
    caller, counts = Program(cast.mona), []
    caller.get("companies/")
    for more in (0, 2):
        for n in range(more):
            cast.capture(at=AT, email=f"x@firm{n}.example", company=f"Firm {n}")
        with CaptureQueriesContext(connection) as queries:
            caller.get("companies/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_facts_are_changed(cast, acme):
    CustomField.objects.create(about="company", name="stars", label="Stars", kind="number")
    body = {"industry": "Hotels", "size": "11-50", "country": "Austria", "extra": {"stars": 4}}
    told = Program(cast.maya).patch(f"companies/{acme.pk}/", body).json()
    assert (told["industry"], told["size"], told["country"], told["extra"]) == (
        "Hotels", "11-50", "AT", {"stars": 4},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"), ({"name": 5}, "name"), ({"domain": "gmail.com"}, "domain"),
        ({"size": "huge"}, "size"), ({"owner": "nobody@demo.test"}, "owner"),
        ({"people": 3}, "people"), ({"extra": []}, "extra"),
    ],
)  # fmt: skip
def test_what_can_be_no_fact_is_refused_by_name(cast, acme, body, field):
    answer = Program(cast.dana).patch(f"companies/{acme.pk}/", body)
    assert (answer.status_code, field in str(answer.json())) == (422, True)


def test_whose_it_is_managers_of_sales_say(cast, acme):
    body = {"owner": "sue@demo.test", "note": "Moved"}
    assert Program(cast.sam).patch(f"companies/{acme.pk}/", body).status_code == 403
    acme.refresh_from_db()
    assert (acme.owner, acme.note) == (cast.sam, "")  # neither was written
    told = Program(cast.dana).patch(f"companies/{acme.pk}/", body).json()
    assert (told["owner"], told["note"]) == ("sue@demo.test", "Moved")
    assert (
        Program(cast.dana).patch(f"companies/{acme.pk}/", {"owner": None}).json()["owner"] is None
    )
