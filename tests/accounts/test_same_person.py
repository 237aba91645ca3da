"""A page that is still open does nothing in the name of whoever is signed in by now."""

import pytest

from accounts.instants import database_now
from tests.accounts.test_own_pages import signed_in


@pytest.mark.parametrize("whose", ["own", "another's"])
def test_what_a_page_sends_is_for_its_own_person(cast, whose):
    lead = cast.hot_lead(at=database_now())
    handoff = lead.handoffs.get()
    person = handoff.owner.pk if whose == "own" else cast.sue.pk + cast.sam.pk - handoff.owner.pk
    client = signed_in(handoff.owner)
    page = {"headers": {"X-Leadflow-Person": str(person), "HX-Request": "true"}}
    assert client.get("/queue/rows/", **page).headers["X-Leadflow-Person"] == str(handoff.owner.pk)
    answer = client.post(f"/handoffs/{handoff.pk}/accept/", **page)
    handoff.refresh_from_db()
    if whose == "own":
        assert (answer.status_code, handoff.state) == (200, "accepted")
    else:
        assert (answer.status_code, handoff.state) == (403, "offered")
        assert "data-stale" in answer.text


def test_a_page_of_nobodys_is_told_nothing(client, db):
    answer = client.get("/accounts/login/", headers={"HX-Request": "true"})
    assert "X-Leadflow-Person" not in answer.headers
