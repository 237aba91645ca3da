"""Two companies are one: people move, the other's domain and name lead on, and it is undone."""

import pytest

from accounts.refusals import Conflict, NotAllowed, Refused
from leads.companies import joining
from leads.models import Company, Lead
from tests.factories import ny

AT = ny("2027-01-15 10:00")


@pytest.fixture
def two(cast) -> tuple[Company, Company]:
    for name, domain in (("Acme", "acme.example"), ("Acme Austria", "acme-at.example")):
        cast.capture(at=AT, email=f"a@{domain}", company=name, country="AT")
    acme, austria = Company.objects.order_by("pk")
    return acme, austria


def test_people_move_and_later_ones_follow(cast, two):
    acme, austria = two
    Company.objects.filter(pk=austria.pk).update(industry="Hotels", owner=cast.sam)
    assert joining.merge(acme, austria, by=cast.mona, at=AT) == 1
    later = cast.capture(at=AT, email="b@acme-at.example").lead
    acme.refresh_from_db()
    assert (later.of_company_id, acme.people.count()) == (acme.pk, 3)
    assert (acme.industry, acme.owner, Company.objects.count()) == ("Hotels", cast.sam, 1)


def test_taken_apart_each_has_its_own_people_again(cast, two):
    acme, austria = two
    joining.merge(acme, austria, by=cast.mona, at=AT)
    later = cast.capture(at=AT, email="b@acme-at.example").lead
    assert joining.take_apart(austria, by=cast.mona, at=AT) == acme
    assert [c.people.get(email__startswith="a@").email for c in (acme, austria)] == [
        "a@acme.example", "a@acme-at.example",
    ]  # fmt: skip
    assert later.of_company_id == acme.pk  # who came since stays
    with pytest.raises(Conflict, match="by itself"):
        joining.take_apart(austria, by=cast.mona, at=AT)


def test_what_makes_no_sense_is_refused(cast, two):
    acme, austria = two
    with pytest.raises(Refused, match="itself"):
        joining.merge(acme, acme, by=cast.mona, at=AT)
    joining.merge(acme, austria, by=cast.mona, at=AT)
    with pytest.raises(Conflict, match="meanwhile"):
        joining.merge(austria, acme, by=cast.mona, at=AT)


def test_nobody_but_a_manager_takes_a_company_from_its_owner_by_a_merge(cast, two):
    acme, austria = two
    Company.objects.filter(pk=acme.pk).update(owner=cast.sue)
    Company.objects.filter(pk=austria.pk).update(owner=cast.sam)
    for person in (cast.sue, cast.maya):
        with pytest.raises(NotAllowed, match="Acme is Sue’s and Acme Austria is Sam’s"):
            joining.merge(acme, austria, by=person, at=AT)
    assert Company.objects.count() == 2
    assert joining.merge(acme, austria, by=cast.dana, at=AT) == 1


def test_it_is_done_on_the_page_and_the_old_address_leads_on(cast, client, two):
    acme, austria = two
    client.force_login(cast.maya)
    page = client.post(f"/companies/{acme.pk}/merge/", {"other": "acme-at.example"}, follow=True)
    assert "Acme Austria is Acme now; 1 person came." in page.content.decode()
    old = client.get(f"/companies/{austria.pk}/")
    assert (old.status_code, old["Location"]) == (302, acme.get_absolute_url())
    assert f"/companies/{austria.pk}/take-apart/" in page.content.decode()
    client.post(f"/companies/{austria.pk}/take-apart/")
    assert Company.objects.count() == 2
    strange = client.post(f"/companies/{acme.pk}/merge/", {"other": "\0none"}, follow=True)
    assert "There is no other company “none”" in strange.content.decode()


def test_with_its_last_person_a_company_goes(cast, two):
    from datetime import timedelta

    from leads import deleting, erasing

    acme, austria = two
    Company.objects.filter(pk=acme.pk).update(note="Ms Smith decides", owner=cast.sam)
    deleting.delete(Lead.objects.get(of_company=acme), by=cast.mona, at=AT)
    assert Company.objects.count() == 2
    erasing.erase(at=AT + timedelta(days=40))
    assert list(Company.objects.all()) == [austria]
