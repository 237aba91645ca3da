"""What the pages of companies are drawn from, as far as one person may see it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.shortcuts import get_object_or_404

from accounts.models import Team, User
from leads import countries, custom_fields
from leads.custom_fields import FieldRules
from leads.models import (
    TOUCHES,
    Activity,
    Company,
    CustomField,
    Deal,
    DealContact,
    DecisionRole,
    Lead,
)
from leads.models.company import OWNERS_CHOSEN_BY

# Of one company; a page is for people who decide together, not for a directory.
MOST_PEOPLE, MOST_DEALS, MOST_ALIKE = 100, 50, 5
COLLEAGUES = 6


@dataclass(slots=True)
class Line:
    """One company of the list, with what this person may know of its people."""

    company: Company
    people: int = 0
    last_sign: Any = None
    deals: int = 0
    sums: list[tuple[Decimal, str]] = field(default_factory=list)


def lines(companies: list[Company], user: User) -> list[Line]:
    """The companies of a page with their people and open deals: a query each for all of them."""
    found = {company.pk: Line(company) for company in companies}
    people = Lead.objects.visible_to(user).filter(of_company__in=found).order_by()
    counted = people.values("of_company").annotate(n=Count("pk"), last=Max("last_touchpoint_at"))
    for row in counted:
        line = found[row["of_company"]]
        line.people, line.last_sign = row["n"], row["last"]
    deals = Deal.objects.visible_to(user).open().filter(lead__of_company__in=found).order_by()
    by_company = deals.values("lead__of_company", "currency").order_by("currency")
    for row in by_company.annotate(n=Count("pk"), sum=Sum("amount")):
        line = found[row["lead__of_company"]]
        line.deals += row["n"]
        line.sums.append((row["sum"], row["currency"]))
    return list(found.values())


def visible_company(user: User, pk: int) -> Company:
    """The company with `may_edit`; 404 for one this person may not see."""
    companies = Company.objects.visible_to(user).select_related("owner")
    mine = Company.objects.editable_by(user).filter(pk=OuterRef("pk"))
    return get_object_or_404(companies.annotate(may_edit=Exists(mine)), pk=pk)


def people_of(company: Company, user: User) -> "QuerySet[Lead]":
    """Who works there, of those this person may see: those with a part in the decision first."""
    touched = Activity.objects.filter(lead=OuterRef("pk"), kind__in=TOUCHES)
    mine = Lead.objects.editable_by(user).filter(pk=OuterRef("pk"))
    return (
        Lead.objects.visible_to(user)
        .filter(of_company=company)
        .select_related("owner", "persona")
        .annotate(
            last_touch=Subquery(touched.order_by("-occurred_at").values("occurred_at")[:1]),
            may_edit=Exists(mine),
        )
        .order_by("-last_touchpoint_at", "-pk")
    )


def deals_of(company: Company, user: User) -> "QuerySet[Deal]":
    """Its deals, the open ones first."""
    seen = DealContact.objects.filter(lead__in=Lead.objects.visible_to(user))
    deals = Deal.objects.visible_to(user).filter(lead__of_company=company)
    return (
        deals.with_rights(user)
        .select_related("lead", "owner")
        .prefetch_related(Prefetch("contacts", seen.select_related("lead"), to_attr="others"))
        .order_by(F("closed_at").desc(nulls_first=True), "-opened_at", "-pk")
    )


def history(company: Company, user: User) -> "QuerySet[Activity]":
    """What happened to its people, newest first."""
    seen = Lead.objects.visible_to(user).filter(of_company=company)
    return Activity.objects.filter(lead__in=seen).select_related("actor", "campaign", "lead")


def facts_of(company: Company) -> list[dict[str, Any]]:
    """What is known of it, line by line, each by the name under which it is changed."""
    size = Company.Size(company.size).label if company.size else ""
    country = countries.names().get(company.country, company.country)
    plain = (
        ("name", "Name", company.name), ("domain", "Domain", company.domain),
        ("country", "Country", country), ("industry", "Industry", company.industry),
        ("size", "Size", size),
    )  # fmt: skip
    own = [
        (rules.key, _label(rules), custom_fields.said(rules, company.extra.get(rules.name)))
        for rules in custom_fields.of(CustomField.About.COMPANY)
    ]
    noted = [("note", "Note", company.note)]
    return [{"name": n, "label": label, "words": w} for n, label, w in (*plain, *own, *noted)]


def _label(rules: FieldRules) -> str:
    return f"{rules.label} ({rules.currency})" if rules.currency else rules.label


def company_context(user: User, pk: int) -> dict[str, Any]:
    """Everything its page shows but the timeline; as many queries for many people as for one."""
    company = visible_company(user, pk)
    people = list(people_of(company, user)[:MOST_PEOPLE])
    there = Lead.objects.filter(of_company=company).count()
    alike = Company.objects.visible_to(user).filter(name_key=company.name_key)
    may_own = user.role in OWNERS_CHOSEN_BY
    return {
        "company": company,
        "facts": facts_of(company),
        "people": people,
        "unseen": max(there - len(people), 0),
        "deals": list(deals_of(company, user)[:MOST_DEALS]),
        "roles": DecisionRole.choices,
        "merged": list(company.merged.all()),
        "alike": list(alike.exclude(pk=company.pk)[:MOST_ALIKE]),
        "may_edit": company.may_edit,  # type: ignore[attr-defined]
        "may_own": may_own,
        "reps": list(reps()) if may_own else [],
    }


def reps() -> "QuerySet[User]":
    """Whose a company can be."""
    sales = User.objects.filter(is_active=True, teams__kind=Team.Kind.SALES)
    return sales.distinct().order_by("name", "email")


def around(lead: Lead, user: User) -> dict[str, Any]:
    """Of a lead's company what its page shows: colleagues, as far as one may see them."""
    if lead.of_company is None:
        return {}
    people = Lead.objects.visible_to(user).filter(of_company=lead.of_company)
    found = list(
        people.exclude(pk=lead.pk).order_by("-last_touchpoint_at", "-pk")[: COLLEAGUES + 1]
    )
    return {
        "at_company": lead.of_company,
        "colleagues": found[:COLLEAGUES],
        "more_colleagues": len(found) > COLLEAGUES,
        "roles": DecisionRole.choices,
    }
