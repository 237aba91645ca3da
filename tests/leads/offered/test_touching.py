"""Which changes of offers a lead's page shows, and what still says the old name."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from leads import qualification
from leads.activities import log_touch
from leads.models import Campaign, CaptureForm, Deal, MailTemplate
from leads.offered.carriers import READ, carriers
from leads.offered.sold import sold
from leads.offered.touching import touching
from personas.models import Definition
from tests.accounts.test_own_pages import signed_in
from tests.factories import hours, make_offer, ny, propose, publish

AT = ny("2026-01-15 10:00")
LATER = AT + hours(1)
RENAME = {"name": "Meals for teams", "price": "14.50", "say": "Same kitchen"}


@pytest.fixture
def lunch(cast):
    return make_offer()


def touched(lead, cast, *, deal=None, at=LATER) -> list[tuple[str, bool]]:
    found = touching(lead, deal, by=cast.sam, at=at)
    return [(touch.change.offer.name, touch.to_do) for touch in found]


@pytest.mark.parametrize("through", ["persona", "deal", "campaign", "interest", "nothing"])
def test_a_change_touches_a_lead_through_what_names_the_offer(cast, lunch, through):
    more = {"extra": {"interest": "a business lunch for twelve"}} if through == "interest" else {}
    lead, deal = cast.hot_lead(at=AT, **more), None
    if through == "persona":
        lunch.personas.add(cast.persona)
    if through == "campaign":
        lead.campaign.name = "Business lunch in spring"
    if through == "deal":
        lead.handoffs.get().accept(cast.sam, at=AT)
        qualification.qualify(lead, by=cast.sam, at=AT)
        deal, _ = qualification.open_deal(
            lead, by=cast.sam, at=AT, name="2 × business lunch", amount=Decimal(24)
        )
    publish(lunch, by=cast.mona, at=AT, **RENAME)
    found = touched(lead, cast, deal=deal)
    assert found == ([] if through == "nothing" else [("Meals for teams", True)])


def test_after_two_months_it_is_no_news(cast, lunch):
    lunch.personas.add(cast.persona)
    lead = cast.hot_lead(at=AT)
    publish(lunch, by=cast.mona, at=AT, **RENAME)
    assert touched(lead, cast, at=AT + timedelta(days=61)) == []


def test_the_lead_page_says_what_to_say_now_and_takes_the_acknowledgement(cast, lunch):
    lunch.personas.add(cast.persona)
    lead = cast.hot_lead(at=AT)
    change = publish(lunch, by=cast.mona, at=AT, **RENAME)
    client = Client()
    client.force_login(cast.sam)
    # By the clock of the page it may be long ago: published today.
    change.published_at = lead.created_at
    page = client.get(f"/leads/{lead.pk}/")
    assert page.context["touches"] == []
    again = publish(
        lunch, by=cast.mona, at=page.context["at"], price="15.00", say="One dollar more"
    )
    page = client.get(f"/leads/{lead.pk}/")
    text = page.content.decode()
    assert "“Meals for teams” costs $15 instead of $14.50" in text
    assert "Say: One dollar more" in text
    sheet = client.get(f"/leads/{lead.pk}/activity/?kind=note").content.decode()
    assert '"words": "Business lunch"' in sheet  # for the script that marks them
    page = client.post(f"/changes/{again.pk}/acknowledge/", {"back": f"/leads/{lead.pk}/"})
    assert page["Location"] == f"/leads/{lead.pk}/"
    assert f"/changes/{again.pk}/acknowledge/" not in client.get(page["Location"]).content.decode()


def test_saved_templates_say_which_of_their_words_are_retired(cast, lunch):
    MailTemplate.objects.create(
        name="Table", subject="Your business lunch", body="Hello", by=cast.sam, changed_at=AT
    )
    publish(lunch, by=cast.mona, at=AT, **RENAME)
    client = Client()
    client.force_login(cast.sam)
    page = client.get("/mails/templates/").content.decode()
    assert "Says “<mark>Business lunch</mark>”, now called “Meals for teams”" in page


def test_a_new_offer_leaves_no_old_words_behind(cast, lunch):
    client = Client()
    client.force_login(cast.mona)
    assert "old name" not in client.get("/offers/new/").content.decode()
    assert "old name" in client.get(f"/offers/{lunch.slug}/change/").content.decode()
    told = {"name": "Spa day", "price": "90", "currency": "USD", "reason": "Asked for"}
    page = client.post("/offers/new/", told, follow=True)
    assert page.context["change"].title == "New: “Spa day”, $90"
    assert "What still says it" not in page.content.decode()


def test_what_still_carries_the_old_name(cast, lunch):
    lead = cast.hot_lead(at=AT)
    lead.handoffs.get().accept(cast.sam, at=AT)
    log_touch(lead, "note", by=cast.sam, at=AT, note="Wants the Business lunch every day")
    other = cast.hot_lead(
        at=AT, email="two@spa.example", first_name="Kim", extra={"interest": "business lunch"}
    )
    cast.hot_lead(at=AT, email="three@spa.example", extra={"interest": "business lunches"})
    qualification.qualify(lead, by=cast.sam, at=AT)
    deal, _ = qualification.open_deal(
        lead, by=cast.sam, at=AT, name="Business lunch, Spa Hotel", amount=Decimal(240)
    )
    cast.campaign.name = "Business lunch week"
    cast.campaign.save()
    CaptureForm.objects.create(
        slug="menu", name="Menu", campaign=cast.campaign, owner=cast.maya,
        headline="Taste our business lunch",
    )  # fmt: skip
    MailTemplate.objects.create(
        name="Thanks", subject="Your lunch", body="Our Business lunch", by=cast.sam, changed_at=AT
    )
    cast.persona.objections = [{"objection": "Too dear", "answer": "Show the business lunch"}]
    cast.persona.save()
    Definition.objects.create(
        key="offer", version=1, name="Offer", words="A business lunch is none.", in_force_from=AT
    )
    change = propose(lunch, by=cast.maya, at=AT, **RENAME)

    found = {
        g.title: sorted((c.title, c.url) for c in g.found) for g in carriers(change, by=cast.admin)
    }

    assert found == {
        "Open deals, quoted before": [("Business lunch, Spa Hotel", deal.get_absolute_url())],
        "Leads with sales": [
            ("Kim Lee", f"/leads/{other.pk}/"), ("Pat Lee", f"/leads/{lead.pk}/"),
        ],
        "Campaigns": [("Business lunch week", "/campaigns/back-pain/")],
        "Forms": [("Menu", "/forms/menu/")],
        "E-mail templates": [("Thanks", "")],
        "Personas and definitions": [
            ("Offer", "/definitions/offer/"), ("Spa director", "/personas/spa-director/"),
        ],
    }  # fmt: skip
    # Nobody learns of a lead they may not see: this one is Sam's.
    seen = [each.title for group in carriers(change, by=cast.sue) for each in group.found]
    assert "Business lunch, Spa Hotel" not in seen
    assert "Pat Lee" not in seen


def test_the_new_name_may_hold_the_old_one(cast, lunch):
    cast.campaign.name = "Business lunch deluxe"
    cast.campaign.save()
    change = propose(lunch, by=cast.maya, at=AT, name="Business lunch deluxe")
    assert carriers(change, by=cast.mona) == []


def test_nothing_says_it(cast, lunch):
    change = publish(lunch, by=cast.mona, at=AT, **RENAME)
    client = Client()
    client.force_login(cast.mona)
    page = client.get(f"/changes/{change.pk}/carriers/").content.decode()
    assert "Nothing you may see says “Business lunch” any more." in page


def test_of_very_many_the_newest_are_read_and_it_says_so(cast, lunch):
    cast.campaign.name = "Business lunch"
    cast.campaign.save()
    Campaign.objects.bulk_create(
        Campaign(slug=f"c{n}", name="Business lunches", team=cast.campaign.team,
                 channel=cast.campaign.channel) for n in range(READ)
    )  # fmt: skip
    change = propose(lunch, by=cast.mona, at=AT, **RENAME)
    assert [(g.title, g.found, g.more) for g in carriers(change, by=cast.mona)] == [
        ("Campaigns", [], True)
    ]  # fmt: skip
    client = Client()
    client.force_login(cast.mona)
    answer = client.get(f"/changes/{change.pk}/carriers/")
    assert "older ones were not read" in answer.content.decode()


def test_a_deal_is_of_its_offer_whatever_it_is_called(cast, lunch):
    """Chosen, or by a name the offer has or had; its page counts them, a new price lists them."""
    publish(lunch, by=cast.mona, at=AT, name="Meals for teams")
    lunch.refresh_from_db()
    deals = []
    for n, said in enumerate(({"offer": lunch}, {"name": "business LUNCH"}, {"name": "A tub"})):
        lead = cast.hot_lead(at=AT, email=f"deal{n}@spa.example")
        handoff = lead.handoffs.get()
        handoff.accept(handoff.owner, at=AT)
        qualification.qualify(lead, by=handoff.owner, at=AT)
        deal, _ = qualification.open_deal(
            lead, by=handoff.owner, at=AT, amount=Decimal(100), **said
        )
        deals.append(deal)
    assert [(deal.name, deal.offer) for deal in deals] == [
        ("Meals for teams", lunch), ("business LUNCH", lunch), ("A tub", None),
    ]  # fmt: skip
    counted = {line.state: (line.count, line.sums) for line in sold(lunch, by=cast.dana)}
    assert counted["Open"] == (2, [(Decimal(200), "USD")])
    assert sold(lunch, by=cast.outsider)[0].count == 0
    Deal.objects.filter(pk=deals[0].pk).update(name="Spa Hotel")
    change = propose(lunch, by=cast.maya, at=AT, price="15.00")
    quoted, *_ = carriers(change, by=cast.dana)
    assert {each.title for each in quoted.found} == {"Spa Hotel", "business LUNCH"}
    page = signed_in(cast.dana).get("/deals/").content.decode()
    assert page.count(lunch.get_absolute_url()) == 2


def test_what_an_offer_is_and_for_whom_is_written_without_a_change(cast, lunch):
    client, url = signed_in(cast.maya), f"/offers/{lunch.slug}/describe/"
    seen = client.get(url).context["seen"]
    typed = {"summary": "Two courses, at twelve", "personas": [cast.persona.pk], "seen": seen}
    assert client.post(url, typed).status_code == 302
    lunch.refresh_from_db()
    assert (lunch.summary, list(lunch.personas.all())) == (typed["summary"], [cast.persona])
    late = signed_in(cast.mona).post(url, {**typed, "summary": "Mine"})
    assert late.status_code == 409
    assert "Mine" in late.content.decode()
    assert signed_in(cast.mona).post(url, {"seen": late.context["seen"]}).status_code == 302
    lunch.refresh_from_db()
    assert (lunch.summary, lunch.personas.count()) == ("", 0)
