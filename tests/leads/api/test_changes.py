"""Changes of offers by the API."""

import pytest

from accounts.instants import database_now
from sla.models import Clock
from tests.factories import make_offer, promise_acknowledgement, propose, publish
from tests.leads.api.program import Program


@pytest.fixture
def change(cast):
    promise_acknowledgement(cast.contract)
    at = database_now()
    propose(make_offer("Dinner"), by=cast.mona, at=at, price="31.00")  # nobody's business yet
    return publish(make_offer(), by=cast.mona, at=at, name="Meals for teams", say="Same kitchen")


def test_a_change_is_listed_and_acknowledged(cast, change):
    sam = Program(cast.sam)
    (one,) = sam.get("changes/").json()["results"]
    assert (one["id"], one["offer"], one["before"], one["after"], one["say"], one["asked"]) == (
        change.pk, "Meals for teams", {"name": "Business lunch"}, {"name": "Meals for teams"},
        "Same kitchen", True,
    )  # fmt: skip
    assert one["acknowledged_at"] is None
    first = sam.post(f"changes/{change.pk}/acknowledge/")
    again = sam.post(f"changes/{change.pk}/acknowledge/")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["acknowledged_at"] == again.json()["acknowledged_at"] is not None
    assert Clock.objects.get(owner=cast.sam).state == "met"


@pytest.mark.parametrize(("who", "asked", "status"), [("maya", False, 403), ("sue", True, 200)])
def test_only_who_was_asked_acknowledges(cast, change, who, asked, status):
    program = Program(getattr(cast, who))
    assert program.get("changes/").json()["results"][0]["asked"] is asked
    assert program.post(f"changes/{change.pk}/acknowledge/").status_code == status
    assert program.post("changes/999999/acknowledge/").status_code == 404


def test_of_no_team_there_is_nothing_to_see(cast, change):
    program = Program(cast.outsider)
    assert program.get("changes/").json() == {"results": []}
