"""What the demo's people know of the companies their leads work at."""

from django.db.models import Count

from leads.models import Company, DecisionRole, Lead

INDUSTRIES = {
    "Hotel": "Hotels", "Lodge": "Hotels", "Resort": "Hotels", "Spa": "Hotels",
    "Cottages": "Holiday lets", "Cabins": "Holiday lets", "Homes": "Holiday lets",
    "Barns": "Holiday lets", "Stays": "Holiday lets", "Retreats": "Holiday lets",
}  # fmt: skip
HOTEL_SIZES = (Company.Size.SMALL, Company.Size.FIFTY, Company.Size.FIFTY, Company.Size.MEDIUM)
NOTES = (
    "Decides after the season; asks for two offers.", "", "", "The owner signs, the spa chooses.",
    "", "Has a tub of a rival’s from 2019.", "",
)  # fmt: skip
# By what their title says; and who is left has none yet.
ROLES = {
    "Director": DecisionRole.DECIDES, "Hotel Manager": DecisionRole.DECIDES,
    "Owner": DecisionRole.DECIDES, "Wellness": DecisionRole.CHAMPION,
    "Assistant": DecisionRole.USER, "Head of Leisure": DecisionRole.INFLUENCER,
}  # fmt: skip


def describe() -> None:
    """Industry, size and a note here and there; roles where several decide together."""
    companies = list(Company.objects.annotate(n=Count("people")).order_by("pk"))
    for number, company in enumerate(companies):
        company.industry = next(
            (kind for word, kind in INDUSTRIES.items() if word in company.name), ""
        )
        hotel = company.industry == "Hotels"
        company.size = HOTEL_SIZES[number % 4] if hotel else Company.Size.SOLE
        company.note = NOTES[number % len(NOTES)] if hotel else ""
    Company.objects.bulk_update(companies, ["industry", "size", "note"])
    several = [company.pk for company in companies if company.n > 1]  # type: ignore[attr-defined]
    people = list(Lead.objects.filter(of_company__in=several).order_by("pk"))
    for lead in people:
        lead.decision_role = next((r for word, r in ROLES.items() if word in lead.job_title), "")
    Lead.objects.bulk_update(people, ["decision_role"])
