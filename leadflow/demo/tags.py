"""What the demo's people have tagged their leads with, and one tag they made twice."""

from datetime import datetime

from leadflow.demo.company import Company
from leads import tag_keeping, tagging
from leads.models import Lead

# Each on every so many leads, by their order of coming in.
TAGS = {"Wants a visit": 9, "Price list sent": 7, "Garden show": 13, "Gardenshow": 61, "VIP": 97}


def tag(company: Company, *, at: datetime) -> None:
    """Put tags on leads; “Gardenshow” means “Garden show” since somebody merged the two."""
    numbers = list(Lead.objects.order_by("created_at", "pk").values_list("pk", flat=True))
    made = {}
    for name, every in TAGS.items():
        made[name] = tagging.called(name, by=company.users["maya"], at=at)
        tagging.put_on(numbers[::every], made[name].pk, at=at)
    tag_keeping.merge(made["Gardenshow"], made["Garden show"], by=company.users["mona"], at=at)
