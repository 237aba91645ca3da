"""Campaigns: their figures, their trend, and who may start and change them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.instants import database_now
from accounts.models import AuditEntry, Team
from leads.campaign_results import results, trend
from leads.models import Campaign, Deal
from leads.qualification import open_deal, qualify
from tests.accounts.test_own_pages import signed_in
from tests.factories import make_user, ny

TYPED = {
    "name": "Spring 🛁", "slug": "", "channel": "search", "budget": "1000", "spent": "250.50",
    "currency": "EUR", "starts_on": "2027-03-01", "ends_on": "2027-05-31",
    "hand_over_at_once": "on",
}  # fmt: skip


def win(cast, lead, amount: int, *, at, currency: str = "USD") -> Deal:
    handoff = lead.handoffs.get()
    handoff.accept(handoff.owner, at=at)
    lead.refresh_from_db()
    qualify(lead, by=handoff.owner, at=at)
    deal, _ = open_deal(lead, by=handoff.owner, at=at, name="Tub", amount=Decimal(amount))
    Deal.objects.update(currency=currency)
    deal.refresh_from_db()
    deal.close("won", by=handoff.owner, reason="Liked it", at=at)
    return deal


def test_figures_follow_the_leads(cast):
    Campaign.objects.update(spent=600)
    at = ny("2026-01-15 10:00")
    cast.capture(at=at, email="cold@x.example")
    rejected = cast.hot_lead(at=at, email="a@spa.example").handoffs.get()
    rejected.reject(rejected.owner, reason="not_ready", at=at)
    win(cast, cast.hot_lead(at=at, email="b@spa.example"), 2400, at=at)
    (row,) = results(Campaign.objects.all())
    assert (row.leads, row.mqls, row.accepted, row.rejected, row.won, row.revenue) == (
        3, 2, 1, 1, 1, 2400,
    )  # fmt: skip
    assert (row.cost_per_lead, row.return_on_spend, row.acceptance) == (200, 4, 0.5)


def test_money_of_another_currency_is_not_added(cast):
    at = ny("2026-01-15 10:00")
    win(cast, cast.hot_lead(at=at), 2400, at=at, currency="EUR")
    (row,) = results(Campaign.objects.all())
    assert (row.won, row.revenue, row.won_elsewhere) == (1, 0, 1)


def test_nothing_of_nothing_is_no_figure(cast):
    (row,) = results(Campaign.objects.all())
    assert (row.cost_per_lead, row.return_on_spend, row.acceptance) == (None, None, None)


def test_the_trend_is_by_week_of_the_viewers_zone_and_leaves_none_out(cast):
    # Sunday evening in New York is Monday in UTC.
    cast.capture(at=ny("2026-01-11 22:00"), email="a@x.example")
    cast.hot_lead(at=ny("2026-01-13 10:00"))
    weeks = trend([cast.campaign], at=ny("2026-01-20 10:00"), time_zone="America/New_York", weeks=4)
    assert [(week.starts_on, week.leads, week.mqls) for week in weeks] == [
        (date(2025, 12, 29), 0, 0),
        (date(2026, 1, 5), 1, 0),
        (date(2026, 1, 12), 1, 1),
        (date(2026, 1, 19), 0, 0),
    ]


def test_the_trend_across_a_change_of_the_clocks(cast):
    cast.capture(at=ny("2026-03-08 23:30"), email="a@x.example")
    cast.capture(at=ny("2026-03-09 00:30"), email="b@x.example")
    weeks = trend([cast.campaign], at=ny("2026-03-12 10:00"), time_zone="America/New_York", weeks=2)
    assert [(week.starts_on, week.leads) for week in weeks] == [
        (date(2026, 3, 2), 1), (date(2026, 3, 9), 1),
    ]  # fmt: skip


def test_the_pages_show_them(cast):
    cast.hot_lead(at=database_now() - timedelta(days=3))
    listed = signed_in(cast.maya).get("/campaigns/")
    assert [row.campaign.slug for row in listed.context["rows"]] == ["back-pain"]
    page = signed_in(cast.maya).get("/campaigns/back-pain/")
    assert (page.context["row"].leads, sum(week.leads for week in page.context["weeks"])) == (1, 1)
    assert [lead.email for lead in page.context["leads"]] == ["pat@spa.example"]


def test_a_marketer_starts_a_campaign_and_its_address_is_made(cast):
    sent = {**TYPED, "team": cast.marketing.pk}
    done = signed_in(cast.maya).post("/campaigns/new/", sent)
    assert (done.status_code, done.url) == (302, "/campaigns/spring/?saved=campaign-new")
    made = Campaign.objects.get(slug="spring")
    assert (made.name, made.spent, made.currency, made.team) == (
        "Spring 🛁", Decimal("250.50"), "EUR", cast.marketing,
    )  # fmt: skip
    signed_in(cast.maya).post("/campaigns/new/", sent)
    assert Campaign.objects.filter(slug="spring-2").exists()
    assert AuditEntry.objects.filter(verb="campaign_saved", subject_id=made.pk).count() == 1


def test_editing_keeps_address_and_team(cast):
    client = signed_in(cast.maya)
    client.post("/campaigns/back-pain/edit/", {**TYPED, "slug": "other", "team": cast.sales.pk})
    campaign = Campaign.objects.get()
    assert (campaign.slug, campaign.team, campaign.name) == (
        "back-pain", cast.marketing, "Spring 🛁",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("name", "", "This field is required."),
        ("name", "x\x00", "Null characters are not allowed."),
        ("name", "x" * 200, "Ensure this value has at most 160 characters (it has 200)."),
        ("spent", "-1", "-1 is less than nothing; give 0 or more."),
        ("spent", "much", "Enter a number."),
        ("ends_on", "2027-02-01", "2027-02-01 is before the start, 2027-03-01; pick a later day."),
        ("slug", "back-pain", "Campaign with this Slug already exists."),
        ("channel", "smoke", "Select a valid choice. smoke is not one of the available choices."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(cast, name, value, said):
    sent = {**TYPED, "team": cast.marketing.pk, "intro": "x", name: value}
    page = signed_in(cast.maya).post("/campaigns/new/", sent)
    assert (page.status_code, page.context["form"].errors.get(name)) == (422, [said])
    assert (page.context["form"]["budget"].value(), Campaign.objects.count()) == ("1000", 1)


def test_a_marketer_cannot_start_one_for_another_team(cast):
    other = Team.objects.create(slug="brand", name="Brand", kind="marketing")
    page = signed_in(cast.maya).post("/campaigns/new/", {**TYPED, "team": other.pk})
    assert (page.status_code, Campaign.objects.count()) == (422, 1)


def test_another_teams_campaign_is_not_found(cast):
    bea = signed_in(make_user("bea", Team.objects.create(slug="b", name="B", kind="marketing")))
    for path in ("/campaigns/back-pain/", "/campaigns/back-pain/edit/", "/campaigns/none/"):
        assert bea.get(path).status_code == 404
    assert bea.get("/campaigns/").context["rows"] == []


def test_who_reads_and_who_edits(cast):
    for name, read, edit in (
        ("maya", 200, 200), ("mona", 200, 200), ("admin", 200, 200), ("dana", 200, 403),
        ("sam", 403, 403), ("outsider", 403, 403),
    ):  # fmt: skip
        client = signed_in(getattr(cast, name))
        assert [client.get(p).status_code for p in ("/campaigns/", "/campaigns/back-pain/")] == [
            read, read,
        ]  # fmt: skip
        assert [
            client.get(p).status_code for p in ("/campaigns/new/", "/campaigns/back-pain/edit/")
        ] == [edit, edit]
    assert Client().get("/campaigns/").status_code == 302


def test_wrong_methods(cast):
    client = signed_in(cast.maya)
    assert client.post("/campaigns/").status_code == 405
    assert client.post("/campaigns/back-pain/").status_code == 405
    assert client.delete("/campaigns/new/").status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_the_campaigns(cast, count, django_assert_num_queries):
    for n in range(1, count):
        Campaign.objects.create(slug=f"c{n}", name=f"C{n}", team=cast.marketing)
    client = signed_in(cast.maya)
    # session, user, memberships, campaigns, leads, handoffs, deals, instant, bell
    with django_assert_num_queries(9):
        client.get("/campaigns/")
