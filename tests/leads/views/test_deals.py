"""Deals: opened with an amount, won or lost with a reason, listed for those who see the lead."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.instants import database_now
from leads.models import Deal, Stage
from leads.qualification import open_deal, qualify

HTMX = {"HX-Request": "true"}


def qualified(cast, number=0):
    now = database_now()
    lead = cast.hot_lead(at=now, email=f"pat{number}@spa.example")
    handoff = lead.handoffs.get()
    handoff.accept(handoff.owner, at=now)
    qualify(lead, by=handoff.owner, at=now)
    return lead


def opened(cast, number=0, amount=9000):
    lead = qualified(cast, number)
    return open_deal(lead, by=lead.owner, at=database_now(), amount=Decimal(amount))[0]


def test_a_deal_is_opened_with_an_amount(cast, client):
    lead = qualified(cast)
    client.force_login(cast.sam)
    form = client.get(f"/leads/{lead.pk}/deal/", headers=HTMX)
    assert form.context["form"]["name"].value() == "Spa Hotel"

    answer = client.post(
        f"/leads/{lead.pk}/deal/",
        {"name": "Grand Spa", "amount": "38500.50", "currency": "EUR"},
        headers=HTMX,
    )

    assert answer.status_code == 200
    deal = Deal.objects.get(lead=lead)
    assert (deal.name, deal.amount, deal.currency, deal.owner) == (
        "Grand Spa", Decimal("38500.50"), "EUR", cast.sam,
    )  # fmt: skip
    lead.refresh_from_db()
    assert lead.stage == Stage.OPPORTUNITY


@pytest.mark.parametrize("amount", ["", "-1", "a lot", "1e30", "NaN", "9999999999999"])
def test_an_amount_that_is_none_is_refused_and_kept(cast, client, amount):
    lead = qualified(cast)
    client.force_login(cast.sam)
    answer = client.post(
        f"/leads/{lead.pk}/deal/", {"name": "Kept", "amount": amount, "currency": "USD"},
        headers=HTMX,
    )  # fmt: skip
    assert answer.status_code == 422
    assert 'value="Kept"' in answer.content.decode()
    assert Deal.objects.count() == 0


def test_opening_twice_changes_nothing(cast, client):
    deal = opened(cast)
    client.force_login(cast.sam)
    answer = client.post(
        f"/leads/{deal.lead_id}/deal/", {"amount": "1", "currency": "USD"}, headers=HTMX
    )
    assert "“Spa Hotel” was open already." in answer.content.decode()
    assert Deal.objects.get().amount == Decimal(9000)


def test_a_deal_before_qualifying_is_a_conflict(cast, client):
    lead = cast.hot_lead(at=database_now())
    client.force_login(cast.sam)
    answer = client.post(
        f"/leads/{lead.pk}/deal/", {"amount": "1", "currency": "USD"}, headers=HTMX
    )
    assert answer.status_code == 409
    assert "Qualify Pat Lee before opening a deal." in answer.content.decode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"state": "won", "reason": "Trust in us"}, "Trust in us"),
        ({"state": "won", "reason": "Price", "words": "10 % off"}, "Price: 10 % off"),
        ({"state": "lost", "reason": "other", "words": "Moved away"}, "Moved away"),
    ],
)
def test_a_deal_is_closed_with_a_reason(cast, client, data, reason):
    deal = opened(cast)
    client.force_login(cast.sam)
    answer = client.post(f"/deals/{deal.pk}/close/", data, headers=HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#workspace")
    deal.refresh_from_db()
    assert (deal.state, deal.reason) == (data["state"], reason)


@pytest.mark.parametrize(
    "data",
    [{"state": "won"}, {"state": "won", "reason": "other"}, {"state": "sold", "reason": "Price"}],
)
def test_closing_without_an_end_or_a_reason_is_refused(cast, client, data):
    deal = opened(cast)
    client.force_login(cast.sam)
    assert client.post(f"/deals/{deal.pk}/close/", data, headers=HTMX).status_code == 422
    deal.refresh_from_db()
    assert deal.state == Deal.State.OPEN


def test_closing_twice_says_how_it_ended(cast, client):
    deal = opened(cast)
    deal.close("won", by=cast.sam, reason="Price", at=database_now())
    client.force_login(cast.sam)
    answer = client.post(
        f"/deals/{deal.pk}/close/", {"state": "lost", "reason": "Price"}, headers=HTMX
    )
    assert answer.status_code == 409
    assert "This deal is won already." in answer.content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("sue", 404), ("outsider", 404), ("maya", 403), ("dana", 200)]
)
def test_who_may_close(cast, client, who, status):
    deal = opened(cast)
    client.force_login(getattr(cast, who))
    answer = client.post(
        f"/deals/{deal.pk}/close/", {"state": "won", "reason": "Price"}, headers=HTMX
    )
    assert answer.status_code == status


def test_the_list_shows_the_deals_of_leads_one_may_see(cast, client):
    mine, sues = opened(cast, 1), opened(cast, 2, amount=500)
    assert (mine.owner, sues.owner) == (cast.sam, cast.sue)
    found = {}
    for who in ("sam", "dana", "outsider"):
        client.force_login(getattr(cast, who))
        answer = client.get("/deals/")
        tab = answer.context["tabs"][0]
        found[who] = (
            [deal.pk for deal in answer.context["deals"]], tab["count"],
            [each["amount"] for each in tab["sums"]],
        )  # fmt: skip
    assert found == {
        "sam": ([mine.pk], 1, [Decimal(9000)]),
        "dana": ([sues.pk, mine.pk], 2, [Decimal(9500)]),
        "outsider": ([], 0, []),
    }


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(cast, client, count):
    cast.pool.members.filter(user=cast.sue).delete()
    for number in range(count):
        opened(cast, number)
    client.force_login(cast.sam)
    with CaptureQueriesContext(connection) as queries:
        html = client.get("/deals/").content.decode()
    assert html.count("data-row=") == count
    assert len(queries) == 9


def test_a_qualified_lead_waits_on_the_list_until_it_has_a_deal(cast, client):
    mine, sues = qualified(cast, 1), qualified(cast, 2)
    found = {}
    for who in ("sam", "sue", "dana", "maya"):
        client.force_login(getattr(cast, who))
        found[who] = client.get("/deals/").context["waiting"]
    assert found == {"sam": [mine], "sue": [sues], "dana": [mine, sues], "maya": []}

    open_deal(mine, by=cast.sam, at=database_now(), amount=Decimal(1))
    client.force_login(cast.sam)
    assert client.get("/deals/").context["waiting"] == []
    assert client.get("/deals/?state=won").context["waiting"] == []


def test_closed_deals_show_their_reason(cast, client):
    deal = opened(cast)
    deal.close("lost", by=cast.sam, reason="Bought elsewhere", at=database_now())
    client.force_login(cast.sam)
    assert "Bought elsewhere" in client.get("/deals/?state=lost").content.decode()
    assert "No open deals" in client.get("/deals/?state=odd").content.decode()
