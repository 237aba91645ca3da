"""Pages of companies: the list, one company with its people, facts changed where they stand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from leads.companies import editing
from leads.models import Activity, Company, CustomField, Kind, Lead
from leads.qualification import open_deal, qualify
from tests.factories import ny

AT = ny("2027-01-15 10:00")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def acme(cast) -> Company:
    """A company of two: one whom Sam has with a deal, one whom marketing keeps."""
    pat = cast.hot_lead(at=AT, email="pat@acme.example", company="Acme GmbH")
    pat.handoffs.get().accept(cast.sam, at=AT)
    qualify(pat, by=cast.sam, at=AT)
    open_deal(pat, by=cast.sam, at=AT, name="Grand Spa", amount=9000)
    cast.capture(at=AT, email="kim@acme.example", first_name="Kim", last_name="Hale")
    return Company.objects.get()


def html(client, person, address: str, **more) -> str:
    client.force_login(person)
    answer = client.get(address, **more)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_company_shows_its_people_deals_and_what_happened(cast, client, acme):
    page = html(client, cast.maya, acme.get_absolute_url())
    for words in ("Acme GmbH", "Pat Lee", "Kim Hale", "Grand Spa", "Deal opened", "acme.example"):
        assert words in page, words


def test_who_may_not_see_a_colleague_learns_only_that_there_is_one(cast, client, acme):
    page = html(client, cast.sam, acme.get_absolute_url())
    assert ("Pat Lee" in page, "Kim" in page) == (True, False)
    assert "One more person there is not yours to see." in page


@pytest.mark.parametrize(
    ("person", "sees"), [("maya", True), ("sam", True), ("sue", False), ("outsider", False)]
)
def test_companies_are_seen_by_who_sees_their_leads(cast, acme, person, sees):
    found = Company.objects.visible_to(getattr(cast, person))
    assert list(found) == ([acme] if sees else [])


def test_the_owner_sees_a_company_without_a_lead_of_theirs(cast, acme):
    Company.objects.update(owner=cast.sue)
    assert list(Company.objects.visible_to(cast.sue)) == [acme]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True), ("q=ACME+gmbh", True), ("q=acme.ex", True), ("q=spa", False), ("q=%25", False),
        ("owner=nobody", False), ("country=US", True), ("country=DE", False), ("size=1", False),
        ("size=huge&q=acme", True), ("sort=newest&cursor=x", True), ("owner=%00", True),
        ("owner=99999999999999999999", True),
    ],
)  # fmt: skip
def test_the_list_is_narrowed(cast, client, acme, query, found):
    page = html(client, cast.mona, f"/companies/?{query}")
    assert ("Acme GmbH" in page) is found


def test_the_list_is_read_page_by_page(cast, client, monkeypatch):
    monkeypatch.setattr("leads.views.companies.PAGE", 2)
    for name in ("Alba", "Berg", "Citrus"):
        cast.capture(at=AT, email=f"x@{name.lower()}.example", company=name)
    first = html(client, cast.maya, "/companies/")
    cursor = first.split("cursor=")[1].split('"')[0]
    second = html(client, cast.maya, f"/companies/?cursor={cursor}", headers=HTMX)
    names = ("Alba", "Berg", "Citrus")
    assert [name in first for name in names] == [True, True, False]
    assert [name in second for name in names] == [False, False, True]
    assert "2 shown of 3" in first


def test_pages_ask_as_much_for_three_as_for_one(cast, client, acme):
    asked = []
    client.force_login(cast.mona)
    client.get("/companies/")
    for more in (0, 2):
        for number in range(more):
            cast.capture(at=AT, email=f"p{number}@acme.example", last_name=f"P{number}")
            cast.capture(at=AT, email=f"x@firm{number}.example", company=f"Firm {number}")
        counts = []
        for address in ("/companies/", acme.get_absolute_url()):
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts.append(len(queries))
        asked.append(counts)
    assert asked[0] == asked[1]


def test_a_fact_is_changed_where_it_stands(cast, client, acme):
    client.force_login(cast.sam)
    cell = f"/companies/{acme.pk}/cell/industry/"
    assert 'name="value"' in client.get(cell, headers=HTMX).content.decode()
    answer = client.post(cell, {"value": "Hotels", "seen": ""}, headers=HTMX)
    assert "Hotels" in answer.content.decode()
    acme.refresh_from_db()
    assert acme.industry == "Hotels"
    entry = AuditEntry.objects.get(verb="company_changed")
    assert (entry.actor, entry.facts) == (cast.sam, {"fields": ["industry"]})


@pytest.mark.parametrize(
    ("name", "value", "before"),
    [("industry", "Hotels", ""), ("note", "Two\nlines", "One"), ("extra.likes", ["a"], ["a", "b"])],
)
def test_a_change_of_a_fact_is_undone(cast, client, acme, name, value, before):
    CustomField.objects.create(
        about="company", name="likes", label="Likes", kind="choices", choices=["a", "b"], position=1
    )
    editing.change(acme, {name: before}, by=cast.maya, at=AT)
    client.force_login(cast.sam)
    cell, seen = f"/companies/{acme.pk}/cell/{name}/", "; ".join(before) if "." in name else before
    answer = client.post(cell, {"value": value, "seen": seen}, headers=HTMX)
    assert f'action="{cell}undo/"' in answer.content.decode()
    for said in ("Undone.", "was put back already."):
        assert said in client.post(f"{cell}undo/", follow=True).content.decode()
        acme.refresh_from_db()
        assert (acme.extra["likes"] if "." in name else getattr(acme, name)) == before


def test_what_somebody_else_changed_since_stays(cast, client, acme):
    client.force_login(cast.sam)
    cell = f"/companies/{acme.pk}/cell/industry/"
    client.post(cell, {"value": "Hotels", "seen": ""}, headers=HTMX)
    editing.change(acme, {"industry": "Inns"}, by=cast.maya, at=AT)
    page = client.post(f"{cell}undo/", follow=True).content.decode()
    acme.refresh_from_db()
    assert ("Industry was changed since, and stays." in page, acme.industry) == (True, "Inns")


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("name", "", "must be a name"),
        ("name", "☕", "must be a name"),
        ("name", "x" * 300, "at most 200"),
        ("domain", "gmail.com", "anybody may be found"),
        ("domain", "not a domain", "is not a domain"),
        ("country", "Atlantis", "is not a country"),
        ("size", "huge", "must be one of"),
        ("note", "x" * 10_001, "at most 10,000"),
    ],
)
def test_what_can_be_no_such_fact_is_named_and_kept(cast, client, acme, name, typed, says):
    client.force_login(cast.maya)
    seen = getattr(acme, name)
    answer = client.post(
        f"/companies/{acme.pk}/cell/{name}/", {"value": typed, "seen": seen}, headers=HTMX
    )
    assert (answer.status_code, says in answer.content.decode()) == (422, True)
    acme.refresh_from_db()
    assert getattr(acme, name) == seen


def test_a_domain_is_one_companys_and_takes_in_who_waits_for_it(cast, client, acme):
    waiting = cast.capture(at=AT, email="lo@acme-spa.example").lead
    client.force_login(cast.maya)
    cell = f"/companies/{acme.pk}/cell/domain/"
    client.post(cell, {"value": "https://www.Acme-Spa.example/about", "seen": "acme.example"})
    waiting.refresh_from_db()
    assert waiting.of_company == acme

    other = cast.capture(at=AT, email="x@other.example", company="Other").lead.of_company_id
    answer = client.post(
        f"/companies/{other}/cell/domain/", {"value": "acme-spa.example", "seen": "other.example"},
        headers=HTMX,
    )  # fmt: skip
    assert answer.status_code == 409
    assert "is what “Acme GmbH” is known by" in answer.content.decode()


def test_two_who_change_the_same_are_told(cast, client, acme):
    Company.objects.update(note="Theirs")
    client.force_login(cast.maya)
    answer = client.post(
        f"/companies/{acme.pk}/cell/note/", {"value": "Mine", "seen": ""}, headers=HTMX
    )
    assert (answer.status_code, "Theirs" in answer.content.decode()) == (409, True)
    assert "Mine" in answer.content.decode()


def test_fields_of_ones_own_are_facts_too(cast, client, acme):
    CustomField.objects.create(
        about="company", name="stars", label="Stars", kind="number", position=1
    )
    client.force_login(cast.maya)
    cell = f"/companies/{acme.pk}/cell/extra.stars/"
    assert client.post(cell, {"value": "many", "seen": ""}, headers=HTMX).status_code == 422
    client.post(cell, {"value": "4", "seen": ""}, headers=HTMX)
    acme.refresh_from_db()
    assert acme.extra == {"stars": 4}
    assert client.get(f"/companies/{acme.pk}/cell/extra.none/").status_code == 404


def test_fields_of_companies_are_made_on_the_page_of_fields(cast, client, acme):
    client.force_login(cast.mona)
    assert "on_form" not in client.get("/fields/new/?about=company").content.decode()
    sent = {"about": "company", "label": "Stars", "kind": "number", "currency": "USD"}
    assert client.post("/fields/new/", sent).status_code == 302
    made = CustomField.objects.get()
    assert (made.about, made.name, made.on_form) == ("company", "stars", False)
    Company.objects.update(extra={"stars": 4})
    assert "Fields of companies" in html(client, cast.mona, "/fields/")
    client.post(f"/fields/{made.pk}/remove/")
    page = html(client, cast.mona, f"/fields/{made.pk}/erase/")
    assert "1 company" in " ".join(page.split())


def test_managers_of_sales_say_whose_it_is(cast, client, acme):
    client.force_login(cast.dana)
    address = f"/companies/{acme.pk}/owner/"
    client.post(address, {"owner": cast.sue.pk})
    acme.refresh_from_db()
    assert acme.owner == cast.sue
    told = AuditEntry.objects.filter(verb="company_owner_changed").order_by("pk")
    # Sam's since he accepted its first lead.
    assert [entry.facts["to"] for entry in told] == ["sam@demo.test", "sue@demo.test"]
    assert client.post(address, {"owner": cast.maya.pk}).status_code == 404
    client.post(address, {"owner": ""})
    acme.refresh_from_db()
    assert acme.owner is None


def test_a_role_is_said_on_both_pages_and_stands_on_the_timeline(cast, client, acme):
    pat = Lead.objects.get(email="pat@acme.example")
    client.force_login(cast.sam)
    for _ in range(2):  # twice changes nothing
        client.post(f"/leads/{pat.pk}/role/", {"role": "champion"})
    pat.refresh_from_db()
    assert pat.decision_role == "champion"
    edited = Activity.objects.get(lead=pat, kind=Kind.EDITED)
    assert edited.data["changed"] == {"role in the decision": {"from": "", "to": "Champion"}}
    assert "Champion" in html(client, cast.sam, pat.get_absolute_url())
    client.post(f"/leads/{pat.pk}/role/", {"role": "king"})
    pat.refresh_from_db()
    assert pat.decision_role == "champion"


def test_the_lead_page_leads_to_the_company_and_to_colleagues(cast, client, acme):
    pat = Lead.objects.get(email="pat@acme.example")
    page = html(client, cast.maya, pat.get_absolute_url())
    assert (acme.get_absolute_url() in page, "Kim Hale" in page) == (True, True)


def test_the_search_finds_companies(cast, client, acme):
    page = html(client, cast.sam, "/search/?q=acme")
    assert acme.get_absolute_url() in page
    assert acme.get_absolute_url() not in html(client, cast.sue, "/search/?q=acme")
