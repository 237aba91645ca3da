"""What campaigns brought: leads, how far they came, money; in a fixed number of queries.

What sales found itself and put down to a campaign is counted apart: nothing was spent on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import TruncWeek

from leads.models import Activity, Campaign, Deal, Handoff, Kind, Lead, Sourced, Stage

# Stages only an MQL reaches; the two asides are counted when there was a handoff.
PAST_MQL = (Stage.MQL, Stage.SAL, Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER)
WEEKS = 26


@dataclass(slots=True)
class Results:
    """One campaign's figures. Money is in the campaign's currency; None: nothing to divide by."""

    campaign: Campaign
    leads: int = 0
    # Found by sales, and in none of the other figures.
    from_sales: int = 0
    mqls: int = 0
    accepted: int = 0
    rejected: int = 0
    won: int = 0
    revenue: Decimal = Decimal(0)
    # Deals won in another currency, left out of `revenue`.
    won_elsewhere: int = 0

    @property
    def cost_per_lead(self) -> Decimal | None:
        return self.campaign.spent / self.leads if self.leads and self.campaign.spent else None

    @property
    def return_on_spend(self) -> Decimal | None:
        """Revenue for each unit of money spent: 4 means that 1 brought 4."""
        return self.revenue / self.campaign.spent if self.campaign.spent else None

    @property
    def acceptance(self) -> float | None:
        """Share of sales' answers that were yes."""
        answered = self.accepted + self.rejected
        return self.accepted / answered if answered else None


def results(campaigns: Iterable[Campaign]) -> list[Results]:
    """The figures of these campaigns, in their order; three queries however many there are."""
    found = {campaign.pk: Results(campaign) for campaign in campaigns}
    handed_over = Exists(Handoff.objects.filter(lead=OuterRef("pk")))
    theirs = Q(sourced_by=Sourced.SALES)
    leads = Lead.objects.filter(campaign__in=found).values("campaign")
    for row in leads.annotate(
        leads=Count("pk", filter=~theirs),
        from_sales=Count("pk", filter=theirs),
        mqls=Count("pk", filter=~theirs & (Q(stage__in=PAST_MQL) | Q(handed_over))),
    ):
        each = found[row["campaign"]]
        each.leads, each.mqls, each.from_sales = row["leads"], row["mqls"], row["from_sales"]
    handoffs = Handoff.objects.filter(
        lead__campaign__in=found, lead__sourced_by=Sourced.MARKETING
    ).values("lead__campaign")
    for answer in handoffs.annotate(
        accepted=Count("lead", distinct=True, filter=Q(accepted_at__isnull=False)),
        rejected=Count("lead", distinct=True, filter=Q(state=Handoff.State.REJECTED)),
    ):
        each = found[answer["lead__campaign"]]
        each.accepted, each.rejected = answer["accepted"], answer["rejected"]
    _add_money(found)
    return list(found.values())


def _add_money(found: dict[int, Results]) -> None:
    same = Q(currency=F("lead__campaign__currency"))
    won = Deal.objects.filter(
        state=Deal.State.WON, lead__campaign__in=found, lead__sourced_by=Sourced.MARKETING
    )
    for row in won.values("lead__campaign").annotate(
        won=Count("pk"),
        revenue=Sum("amount", filter=same, default=Decimal(0)),
        elsewhere=Count("pk", filter=~same),
    ):
        each = found[row["lead__campaign"]]
        each.won, each.revenue = row["won"], row["revenue"]
        each.won_elsewhere = row["elsewhere"]


@dataclass(slots=True)
class Week:
    """One week of a trend, by the Monday it starts on."""

    starts_on: date
    leads: int = 0
    mqls: int = 0
    won: int = 0


def trend(
    campaigns: Iterable[Campaign], *, at: datetime, time_zone: str, weeks: int = WEEKS
) -> list[Week]:
    """Leads captured, MQLs made and deals won by week of the viewer's zone; none is left out."""
    zone = ZoneInfo(time_zone)
    today = at.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=weeks - 1)
    start = datetime.combine(first, datetime.min.time(), zone)
    found = {first + timedelta(weeks=n): Week(first + timedelta(weeks=n)) for n in range(weeks)}
    ids = [campaign.pk for campaign in campaigns]
    captured = Lead.objects.filter(
        campaign__in=ids, sourced_by=Sourced.MARKETING, created_at__gte=start, created_at__lte=at
    )
    theirs = {"lead__campaign__in": ids, "lead__sourced_by": Sourced.MARKETING}
    mqls = Activity.objects.filter(
        kind=Kind.MQL, occurred_at__gte=start, occurred_at__lte=at, **theirs
    )
    deals = Deal.objects.filter(
        state=Deal.State.WON, closed_at__gte=start, closed_at__lte=at, **theirs
    )
    for rows, column, name in (
        (captured, "created_at", "leads"),
        (mqls, "occurred_at", "mqls"),
        (deals, "closed_at", "won"),
    ):
        week = TruncWeek(column, tzinfo=zone)
        counted = rows.order_by().annotate(week=week).values_list("week").annotate(Count("pk"))
        for starts_at, count in counted:
            setattr(found[starts_at.date()], name, count)
    return list(found.values())


def chart(weeks: list[Week]) -> dict[str, object]:
    """A trend as charts.js draws it."""
    return {
        "kind": "line",
        "categories": [f"{week.starts_on.day} {week.starts_on:%b}" for week in weeks],
        "series": [
            {"name": "Leads", "data": [week.leads for week in weeks], "tone": "accent"},
            {"name": "MQLs", "data": [week.mqls for week in weeks], "tone": "met"},
        ],
    }


def spark(weeks: list[Week]) -> dict[str, object]:
    """The leads alone, small."""
    return {
        "kind": "spark",
        "categories": [f"{week.starts_on.day} {week.starts_on:%b}" for week in weeks],
        "series": [{"name": "Leads", "data": [week.leads for week in weeks], "tone": "accent"}],
    }
