"""Leave begins: what is open goes to the deputy, once; who is told, and who gets it instead."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import Absence, AuditEntry, OutboxMessage
from leads.models import Assignment, Handoff, Pool, PoolMember
from leads.standing_in import pass_on, pass_on_due
from sla.models import Clock
from tests.accounts.test_own_pages import signed_in
from tests.factories import make_user, ny

AT = ny("2027-01-15 10:00")
MONDAY = ny("2027-01-18 00:00")
LATER = MONDAY + timedelta(seconds=3)


@pytest.fixture
def rita(cast):
    rita = make_user("rita", cast.sales)
    PoolMember.objects.create(pool=cast.pool, user=rita)
    return rita


@pytest.fixture
def two(cast) -> list[Handoff]:
    """Sam's: one offered, one accepted."""
    others = PoolMember.objects.exclude(user=cast.sam)
    places = list(others)
    others.delete()
    found = [cast.hot_lead(at=AT, email=f"p{n}@spa.example").handoffs.get() for n in (1, 2)]
    found[1].accept(cast.sam, at=AT)
    PoolMember.objects.bulk_create(places)
    return found


def away(user, deputy, *, days: int = 5, starts_at=MONDAY) -> Absence:
    ends_at = starts_at + timedelta(days=days)
    return Absence.objects.create(user=user, deputy=deputy, starts_at=starts_at, ends_at=ends_at)


def owners() -> list[str]:
    return [str(h.owner) for h in Handoff.objects.select_related("owner").order_by("pk")]


def line(handoff) -> Assignment:
    return handoff.assignments.order_by("pk").last()


def test_open_handoffs_and_their_clocks_go_when_the_leave_begins(cast, two):
    leave = away(cast.sam, cast.sue)
    assert pass_on_due(at=MONDAY - timedelta(seconds=1)) == 0
    assert owners() == ["Sam", "Sam"]

    assert pass_on_due(at=LATER) == 2

    assert owners() == ["Sue", "Sue"]
    assert {h.state for h in Handoff.objects.all()} == {"offered"}
    running = Clock.objects.running().unended()
    assert set(running.values_list("owner__name", flat=True)) == {"Sue"}
    said = line(two[0])
    assert (said.how, said.rep, said.by) == (Assignment.How.LEAVE, cast.sue, None)
    assert said.reason == "Sam is on leave, Mon 18 Jan to Fri 22 Jan; Sue stands in"
    told = OutboxMessage.objects.filter(recipient=cast.sue, title__startswith="Lead passed to you")
    assert told.count() == 2
    entry = AuditEntry.objects.get(verb="leave_passed_on")
    assert entry.subject_id == cast.sam.pk
    assert entry.facts == {"deputy": "Sue", "handoffs": 2, "to": {"Sue": 2}}
    leave.refresh_from_db()
    assert leave.passed_on_at == LATER


def test_once_and_what_comes_afterwards_stays(cast, two):
    away(cast.sam, cast.sue)
    pass_on_due(at=LATER)
    PoolMember.objects.exclude(user=cast.sam).delete()
    Absence.objects.update(starts_at=LATER + timedelta(hours=2))  # so that routing gives it to Sam
    cast.hot_lead(at=LATER, email="new@spa.example")
    Absence.objects.update(starts_at=MONDAY)

    assert pass_on_due(at=LATER + timedelta(hours=3)) == 0
    assert owners() == ["Sue", "Sue", "Sam"]
    assert AuditEntry.objects.filter(verb="leave_passed_on").count() == 1


def test_without_a_deputy_everything_stays(cast, two):
    away(cast.sam, None)
    assert (pass_on_due(at=LATER), owners()) == (0, ["Sam", "Sam"])


def test_a_deputy_who_is_away_too_is_passed_over_for_whose_turn_it_is(cast, two, rita):
    away(cast.sam, cast.sue)
    away(cast.sue, None)

    assert pass_on_due(at=LATER) == 2

    assert owners() == ["Rita", "Rita"]
    said = line(two[0])
    assert said.reason.endswith(
        "; Sue, who stands in, is away; Everyone: Rita's turn (1 available)"
    )
    assert said.skipped[0] == {"rep": "Sue", "why": "away"}


def test_a_full_deputy_gets_as_many_as_they_have_room_for(cast, two, rita):
    PoolMember.objects.filter(user=cast.sue).update(capacity=1)
    away(cast.sam, cast.sue)
    pass_on_due(at=LATER)
    assert sorted(owners()) == ["Rita", "Sue"]
    passed = [line(handoff).reason for handoff in two]
    assert any("Sue, who stands in, is full (1 of 1); Everyone: Rita's turn" in p for p in passed)


def test_where_the_pool_is_open_any_member_may_take_it(cast, two, rita):
    Pool.objects.update(mode=Pool.Mode.OPEN)
    Pool.objects.get().save()
    away(cast.sam, cast.sue)
    away(cast.sue, None)
    pass_on_due(at=LATER)
    assert set(Handoff.objects.values_list("owner", "pool")) == {(None, cast.pool.pk)}
    told = OutboxMessage.objects.filter(title__startswith="Up for whoever takes it")
    assert set(told.values_list("recipient__name", flat=True)) == {"Rita"}


def test_when_nobody_can_take_it_the_manager_has_it_on_the_list(cast, two):
    away(cast.sam, cast.sue)
    away(cast.sue, None)
    pass_on_due(at=LATER)
    assert owners() == ["None", "None"]
    assert set(Handoff.objects.unassigned()) == set(two)
    told = OutboxMessage.objects.filter(title__startswith="Nobody has")
    assert set(told.values_list("recipient__name", flat=True)) == {"Dana"}
    assert "Sue, who stands in, is away; Everyone: nobody is available" in told.first().body


def test_a_handoff_that_fails_keeps_no_other_and_is_tried_again(cast, two, monkeypatch):
    from leads import standing_in

    reassign = standing_in.reassign

    def fails_for_one(handoff, *args, **more):
        if handoff.pk == two[0].pk:
            raise RuntimeError("a bad row")
        reassign(handoff, *args, **more)

    leave = away(cast.sam, cast.sue)
    monkeypatch.setattr(standing_in, "reassign", fails_for_one)
    assert (pass_on_due(at=LATER), owners()) == (1, ["Sam", "Sue"])
    monkeypatch.undo()
    assert (pass_on_due(at=LATER), owners()) == (1, ["Sue", "Sue"])
    leave.refresh_from_db()
    assert leave.passed_on_at == LATER


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_leave_pass_each_on_once(cast, two):
    leave, gate, went = away(cast.sam, cast.sue), threading.Barrier(2), []

    def work():
        gate.wait()
        try:
            went.append(pass_on(leave, at=LATER))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (sum(went), owners()) == (2, ["Sue", "Sue"])
    assert Assignment.objects.filter(how=Assignment.How.LEAVE).count() == 2
    assert AuditEntry.objects.filter(verb="leave_passed_on").count() == 1


# --- Named where leave is entered -----------------------------------------------------------------


def enter(client: Client, person, **more):
    first = timezone.localdate() + timedelta(days=9)
    sent = {"first": first, "last": first + timedelta(days=4), "note": "", **more}
    return client.post(f"/sla/people/{person.pk}/leave/", sent, follow=True)


def test_a_rep_names_a_deputy_and_sees_what_will_go(cast, two):
    sam = signed_in(cast.sam)
    page = sam.get(f"/sla/people/{cast.sam.pk}/").content.decode()
    assert "2 leads open now" in page
    assert "Nobody: leads stay" in page

    said = enter(sam, cast.sam, deputy=cast.sue.pk).content.decode()

    assert "2 open leads go to Sue when it begins." in said
    assert Absence.objects.get().deputy == cast.sue
    assert AuditEntry.objects.get(verb="leave_entered").facts["deputy"] == "Sue"
    # Who stood in last is proposed again, on the profile too.
    form = sam.get("/profile/").context["absence_form"]
    assert form["deputy"].value() == cast.sue.pk


@pytest.mark.parametrize("who", ["sam", "maya", "mona"])
def test_only_somebody_of_ones_own_sales_team_stands_in(cast, who):
    answer = enter(signed_in(cast.sam), cast.sam, deputy=getattr(cast, who).pk)
    assert answer.status_code == 422
    assert "Choose somebody of your own sales team, or nobody." in answer.content.decode()
    assert Absence.objects.count() == 0


def test_marketing_has_nothing_to_pass_on_and_is_not_asked(cast):
    maya = signed_in(cast.maya)
    assert "deputy" not in maya.get("/profile/").context["absence_form"].fields
    assert enter(maya, cast.maya, deputy=cast.sue.pk).status_code == 200
    assert Absence.objects.get().deputy is None
