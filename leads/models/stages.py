"""Where a lead can stand: lifecycle, journey, tier, and which side found it."""

from django.db import models


class Stage(models.TextChoices):
    """The lifecycle; recycled and disqualified stand aside of it."""

    INQUIRY = "inquiry", "Inquiry"
    MQL = "mql", "MQL"
    SAL = "sal", "SAL"
    SQL = "sql", "SQL"
    OPPORTUNITY = "opportunity", "Opportunity"
    CUSTOMER = "customer", "Customer"
    RECYCLED = "recycled", "Recycled"
    DISQUALIFIED = "disqualified", "Disqualified"


class Aida(models.TextChoices):
    """Where the person stands in their own journey."""

    AWARENESS = "awareness", "Awareness"
    INTEREST = "interest", "Interest"
    DESIRE = "desire", "Desire"
    ACTION = "action", "Action"
    LOYALTY = "loyalty", "Loyalty"


# How far somebody has come at the least who reached a stage with sales.
AIDA_AT: dict[str, Aida] = {
    Stage.SQL: Aida.ACTION,
    Stage.OPPORTUNITY: Aida.ACTION,
    Stage.CUSTOMER: Aida.LOYALTY,
}


class Tier(models.TextChoices):
    HOT = "hot", "Hot"
    WARM = "warm", "Warm"
    COLD = "cold", "Cold"


class Sourced(models.TextChoices):
    """Which side found the person: kept apart wherever one side's work is measured."""

    MARKETING = "marketing", "Marketing"
    SALES = "sales", "Sales"


class DecisionRole(models.TextChoices):
    """Somebody's part in what their company decides."""

    DECIDES = "decides", "Decision maker"
    CHAMPION = "champion", "Champion"
    INFLUENCER = "influencer", "Influencer"
    USER = "user", "User"
    GATEKEEPER = "gatekeeper", "Gatekeeper"
    BLOCKER = "blocker", "Blocker"
