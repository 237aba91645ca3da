"""A qualified lead joins an open deal of its company, or opens a new one; twice changes nothing."""

from decimal import Decimal

import pytest

from accounts.models import OutboxMessage
from accounts.refusals import Conflict, Refused
from leads import dealing, deleting, merging, unmerging
from leads.models import Activity, Company, Deal, DealContact, Kind, Lead, Merge, Stage
from leads.qualification import open_deal, qualify
from tests.factories import make_cast, ny
from tests.leads.companies.test_owning import at_once

AT = ny("2027-01-15 10:00")
HTMX = {"HX-Request": "true"}


def qualified(cast, name: str, **row) -> Lead:
    lead = cast.hot_lead(at=AT, email=f"{name}@spa.example", first_name=name, **row)
    handoff = lead.handoffs.get()
    handoff.accept(handoff.owner, at=AT)
    qualify(lead, by=handoff.owner, at=AT)
    lead.refresh_from_db()
    return lead


@pytest.fixture
def pair(cast):
    """Pat, whom Sam has a deal with, and Kim of the same company, whom Sue has qualified."""
    pat, kim = qualified(cast, "Pat"), qualified(cast, "Kim")
    assert (pat.owner, kim.owner) == (cast.sam, cast.sue)
    deal, _ = open_deal(pat, by=cast.sam, at=AT, name="Grand Spa", amount=Decimal(9000))
    return pat, kim, deal


def test_joining_makes_a_contact_once_and_tells_the_deals_owner(cast, pair):
    _, kim, deal = pair
    assert dealing.join(kim, deal, by=cast.sue, at=AT) == (deal, True)
    assert dealing.join(kim, deal, by=cast.sue, at=AT) == (deal, False)
    assert open_deal(kim, by=cast.sue, at=AT, amount=Decimal(1)) == (deal, False)
    kim.refresh_from_db()
    assert (kim.stage, DealContact.objects.count(), Deal.objects.count()) == ("opportunity", 1, 1)
    assert Activity.objects.filter(lead=kim, kind=Kind.JOINED_DEAL).count() == 1
    (told,) = OutboxMessage.objects.filter(kind="deal")
    assert (told.recipient, told.title) == (cast.sam, "Kim Lee joined your deal “Grand Spa”")


@pytest.mark.parametrize(("state", "stage"), [("won", Stage.CUSTOMER), ("lost", Stage.RECYCLED)])
def test_with_the_deal_go_all_its_contacts_and_it_counts_once(cast, pair, state, stage):
    pat, kim, deal = pair
    dealing.join(kim, deal, by=cast.sue, at=AT)
    deal.close(state, by=cast.sam, reason="Price", at=AT)
    stages = Lead.objects.filter(pk__in=(pat.pk, kim.pk)).values_list("stage", flat=True)
    assert list(stages) == [stage, stage]
    assert Activity.objects.filter(lead=kim, kind=state, data={"deal": deal.pk}).count() == 1
    assert Deal.objects.filter(state=state).count() == 1


def test_what_cannot_be_joined_is_told(cast, pair):
    _, kim, deal = pair
    other = qualified(cast, "Lo", company="Other")
    Lead.objects.filter(pk=other.pk).update(of_company=Company.objects.create(
        name="Other", name_key="other", created_at=AT, updated_at=AT))  # fmt: skip
    with pytest.raises(Refused, match="another company"):
        dealing.join(other, deal, by=cast.sam, at=AT)
    early = cast.capture(at=AT, email="early@spa.example").lead
    with pytest.raises(Conflict, match="Qualify"):
        dealing.join(early, deal, by=cast.sam, at=AT)
    deal.close("lost", by=cast.sam, reason="Price", at=AT)
    with pytest.raises(Conflict, match="is lost meanwhile"):
        dealing.join(kim, deal, by=cast.sue, at=AT)
    assert list(dealing.to_join(kim)) == []


def test_the_sheet_offers_the_companys_open_deals(cast, client, pair):
    _, kim, deal = pair
    client.force_login(cast.sue)
    address = f"/leads/{kim.pk}/deal/"
    sheet = client.get(address, headers=HTMX).content.decode()
    assert "Spa Hotel has an open deal. Which is this?" in sheet
    assert "Grand Spa, $9,000 (Sam)" in sheet
    sent = {"name": "Mine", "amount": "5", "currency": "USD"}
    assert client.post(address, sent, headers=HTMX).status_code == 422
    strange = {**sent, "join": "999"}
    assert client.post(address, strange, headers=HTMX).status_code == 422
    no_amount = {"join": "new", "amount": "", "currency": "USD"}
    assert "Give an amount" in client.post(address, no_amount, headers=HTMX).content.decode()
    for _ in range(2):
        answer = client.post(address, {"join": deal.pk, "currency": "USD"}, headers=HTMX)
    assert "is on “Grand Spa”" in answer.content.decode()
    assert "On a deal" in client.get(kim.get_absolute_url()).content.decode()
    assert (Deal.objects.count(), DealContact.objects.get().lead) == (1, kim)


def test_a_new_one_can_be_opened_all_the_same(cast, client, pair):
    _, kim, _ = pair
    client.force_login(cast.sue)
    sent = {"join": "new", "name": "Second", "amount": "5", "currency": "USD"}
    assert client.post(f"/leads/{kim.pk}/deal/", sent, headers=HTMX).status_code == 200
    assert Deal.objects.get(lead=kim).name == "Second"


def test_who_joined_sees_the_deal_and_not_its_first_contact(cast, client, pair):
    pat, kim, deal = pair
    dealing.join(kim, deal, by=cast.sue, at=AT)
    client.force_login(cast.sue)
    page = client.get("/deals/").content.decode()
    assert ("Grand Spa" in page, "Pat Lee" in page) == (True, False)
    assert pat.get_absolute_url() not in page
    company = client.get(Company.objects.get().get_absolute_url()).content.decode()
    assert ("Grand Spa" in company, "Kim Lee" in company, "Pat" in company) == (True, True, False)
    assert client.get(f"/deals/{deal.pk}/close/?state=won").status_code == 403


def test_roles_stand_beside_the_contacts_of_a_deal(cast, client, pair):
    pat, kim, deal = pair
    dealing.join(kim, deal, by=cast.sue, at=AT)
    Lead.objects.filter(pk=pat.pk).update(decision_role="decides")
    Lead.objects.filter(pk=kim.pk).update(decision_role="blocker")
    client.force_login(cast.dana)
    page = client.get(Company.objects.get().get_absolute_url()).content.decode()
    assert ("(decision maker)" in page, "(blocker)" in page) == (True, True)


def test_two_contacts_who_are_one_person_are_one_contact(cast, pair):
    pat, kim, deal = pair
    dealing.join(kim, deal, by=cast.sue, at=AT)
    merging.merge(pat, kim, by=cast.admin, at=AT)
    assert DealContact.objects.count() == 0
    unmerging.undo(Merge.objects.get(), by=cast.admin, at=AT)
    assert DealContact.objects.get().lead_id == kim.pk


def test_a_contact_of_a_deal_is_not_deleted(cast, pair):
    _, kim, deal = pair
    dealing.join(kim, deal, by=cast.sue, at=AT)
    with pytest.raises(Conflict, match="has a deal"):
        deleting.delete(kim, by=cast.admin, at=AT)


@pytest.mark.django_db(transaction=True)
def test_clicked_eight_times_at_once_it_is_one_contact():
    cast = make_cast()
    pat, kim = qualified(cast, "Pat"), qualified(cast, "Kim")
    deal, _ = open_deal(pat, by=cast.sam, at=AT, amount=Decimal(1))
    deeds = [lambda: dealing.join(kim, deal, by=cast.sue, at=AT)] * 4
    deeds += [lambda: open_deal(kim, by=cast.sue, at=AT, amount=Decimal(2))] * 4
    at_once(deeds)
    on = Deal.objects.of(kim).open()
    assert on.count() == 1
