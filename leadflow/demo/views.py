"""A list that the demo's sales manager keeps for everybody, so that a newcomer sees one."""

from datetime import datetime, timedelta

from leadflow.demo.company import Company
from leads.lists import views
from leads.lists.places import QUEUE


def keep(company: Company, *, at: datetime) -> None:
    """A view of the queue: hot leads that nobody has accepted, by when they are due."""
    views.save(
        company.users["dana"], name="Hot, to accept", shared="everybody", place=QUEUE,
        query={"show": "offered", "tier": "hot", "group": "due"}, at=at - timedelta(days=30),
    )  # fmt: skip
