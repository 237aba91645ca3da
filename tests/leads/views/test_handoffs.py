"""Passing handoffs on, and the list of those nobody has."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.instants import database_now
from accounts.models import Absence
from leads.models import Assignment
from leads.qualification import reassign
from tests.factories import hours

HTMX = {"HX-Request": "true"}


def lead_of(cast, number=0):
    return cast.hot_lead(at=database_now(), email=f"pat{number}@spa.example")


def nobodys(cast, number=0):
    """A handoff that came when everybody was away."""
    cast.pool.members.all().delete()
    return lead_of(cast, number).handoffs.get()


@pytest.mark.parametrize(
    ("who", "status"),
    [("dana", 200), ("admin", 200), ("sam", 403), ("maya", 403), ("outsider", 403)],
)
def test_the_list_is_for_sales_managers(cast, client, who, status):
    client.force_login(getattr(cast, who))
    assert client.get("/unassigned/").status_code == status


def test_an_empty_list_says_so(cast, client):
    client.force_login(cast.dana)
    assert "Every lead has somebody" in client.get("/unassigned/").content.decode()


def test_the_list_says_why_nobody_has_a_lead(cast, client):
    now = database_now()
    for rep in (cast.sam, cast.sue):
        Absence.objects.create(user=rep, starts_at=now - hours(1), ends_at=now + hours(9))
    handoff = lead_of(cast).handoffs.get()
    client.force_login(cast.dana)

    html = client.get("/unassigned/").content.decode()

    assert handoff.owner is None
    assert f'data-row="{handoff.pk}"' in html
    assert "Everyone: nobody is available" in html
    assert "Sam: away, Sue: away" in html


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(cast, client, count):
    for number in range(count):
        nobodys(cast, number)
    client.force_login(cast.dana)
    with CaptureQueriesContext(connection) as queries:
        html = client.get("/unassigned/").content.decode()
    assert html.count("data-row=") == count
    # As many as the queue's, the ledger, and for managers the sweep's lag.
    assert len(queries) == 10


def test_assigning_takes_it_off_the_list(cast, client):
    handoff = nobodys(cast)
    client.force_login(cast.dana)
    path = f"/handoffs/{handoff.pk}/reassign/"
    form = client.get(path, {"back": "/unassigned/"}, headers=HTMX).content.decode()
    assert "Sam" in form
    assert "Sue" in form

    answer = client.post(path, {"rep": cast.sue.pk, "back": "/unassigned/"}, headers=HTMX)

    assert (answer.status_code, answer["HX-Retarget"]) == (200, "#unassigned")
    assert "Pat Lee is with Sue now." in answer.content.decode()
    handoff.refresh_from_db()
    assert handoff.owner == cast.sue
    last = handoff.assignments.last()
    assert (last.how, last.by, last.reason) == (
        Assignment.How.MANUAL, cast.dana, "Given by Dana",
    )  # fmt: skip


def test_reps_come_before_their_manager_the_least_busy_first(cast, client):
    cast.pool.members.filter(user=cast.sue).delete()
    cast.hot_lead(at=database_now(), email="busy@spa.example")  # sam
    client.force_login(cast.dana)
    form = client.get(f"/handoffs/{nobodys(cast).pk}/reassign/", headers=HTMX)
    order = [rep for rep in form.context["choices"] if rep in (cast.sam, cast.sue, cast.dana)]
    assert order == [cast.sue, cast.sam, cast.dana]


def test_a_rep_must_be_chosen_and_the_reason_is_kept(cast, client):
    handoff = nobodys(cast)
    client.force_login(cast.dana)
    for rep in ("", "999999", cast.maya.pk):
        answer = client.post(
            f"/handoffs/{handoff.pk}/reassign/",
            {"rep": rep, "reason": "Knows hotels", "back": "/unassigned/"},
            headers=HTMX,
        )
        assert answer.status_code == 422
        assert "Choose who gets it." in answer.content.decode()
        assert 'value="Knows hotels"' in answer.content.decode()


def test_reps_do_not_pass_leads_on(cast, client):
    handoff = lead_of(cast).handoffs.get()
    client.force_login(cast.sam)
    answer = client.post(f"/handoffs/{handoff.pk}/reassign/", {"rep": cast.sue.pk}, headers=HTMX)
    handoff.refresh_from_db()
    assert (answer.status_code, handoff.owner) == (403, cast.sam)


def test_a_lead_passed_on_meanwhile_is_told_to_its_former_rep(cast, client):
    handoff = lead_of(cast).handoffs.get()
    reassign(handoff, cast.sue, by=cast.dana, at=database_now(), reason="Sam is busy")
    client.force_login(cast.sam)
    path = f"/handoffs/{handoff.pk}/accept/"

    told = client.post(path, {"back": f"/leads/{handoff.lead_id}/"}, headers=HTMX)
    plain = client.post(path, {"back": f"/leads/{handoff.lead_id}/"}, follow=True)

    # The lead's page is no longer theirs, so both end in the queue.
    assert (told.status_code, told["HX-Redirect"]) == (200, "/queue/")
    assert plain.redirect_chain == [("/queue/", 302)]
    assert "no longer offered to you: Sue has it now." in plain.content.decode()
