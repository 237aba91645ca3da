"""Routing: the right pool, fair turns, nobody absent, nobody over the brim."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Absence
from leads.capture import capture_leads
from leads.models import Handoff, Pool, PoolMember
from tests.factories import make_cast, make_user, ny

AT = ny("2027-01-15 10:00")


def hand_over(cast, number: int, **more) -> list[Handoff]:
    rows = [
        {"email": f"{more.get('country', '')}{n}@spa.example", "job_title": "Director of Spa",
         "touchpoint": "event", "campaign": cast.campaign.slug, **more}
        for n in range(number)
    ]  # fmt: skip
    return [c.handoff for c in capture_leads(rows, by=cast.maya, at=AT)]


def test_turns_follow_the_weights(cast):
    PoolMember.objects.filter(user=cast.sam).update(weight=3)
    owners = [h.owner for h in hand_over(cast, 8)]
    assert Counter(owners) == {cast.sam: 6, cast.sue: 2}
    # Smooth: the lighter one is not served in a bunch at the end.
    assert owners[:4].count(cast.sue) == 1


def test_who_is_away_is_skipped_and_the_ledger_says_so(cast):
    Absence.objects.create(user=cast.sam, starts_at=AT, ends_at=AT + timedelta(days=1))
    (handoff,) = hand_over(cast, 1)
    line = handoff.assignments.get()
    assert (handoff.owner, line.how, line.skipped) == (
        cast.sue, "routed", [{"rep": "Sam", "why": "away"}],
    )  # fmt: skip
    assert line.reason == "Everyone: Sue's turn (1 available)"


def test_who_is_full_is_skipped(cast):
    PoolMember.objects.filter(user=cast.sam).update(capacity=1)
    assert Counter(h.owner for h in hand_over(cast, 4)) == {cast.sam: 1, cast.sue: 3}


def test_with_nobody_available_it_lands_on_the_managers_list_with_clocks(cast):
    PoolMember.objects.update(capacity=0)
    (handoff,) = hand_over(cast, 1)
    assert list(Handoff.objects.unassigned()) == [handoff]
    assert handoff.assignments.get().reason == "Everyone: nobody is available"
    assert handoff.clocks.count() == 3
    from accounts.models import OutboxMessage

    assert [m.recipient for m in OutboxMessage.objects.all()] == [cast.dana]


def test_the_first_pool_that_fits_the_country_wins(cast):
    germans = Pool.objects.create(
        slug="de", name="Germany", team=cast.sales, countries=["DE"], order=0
    )
    Pool.objects.filter(slug="everyone").update(order=1)
    gerda = make_user("gerda", cast.sales)
    PoolMember.objects.create(pool=germans, user=gerda)
    assert [h.owner for h in hand_over(cast, 1, country="DE")] == [gerda]
    assert [h.owner for h in hand_over(cast, 1, country="FR")] == [cast.sam]


def test_an_open_pool_keeps_it_for_any_member_to_take(cast):
    cast.pool.mode = Pool.Mode.OPEN
    cast.pool.save()
    (handoff,) = hand_over(cast, 1)
    assert (handoff.owner, handoff.assignments.get().how) == (None, "pooled")
    assert list(Handoff.objects.queue_for(cast.sue)) == [handoff]

    handoff.accept(cast.sue, at=AT)
    assert handoff.owner == cast.sue
    assert {c.owner for c in handoff.clocks.all()} == {cast.sue}


@pytest.mark.django_db(transaction=True)
def test_case_25_leads_at_once_do_not_both_take_the_last_free_place():
    cast = make_cast()
    # Sam's place is in two pools, so that two different pools compete for it.
    other = Pool.objects.create(
        slug="de", name="Germany", team=cast.sales, countries=["DE"], order=0
    )
    Pool.objects.filter(slug="everyone").update(order=1)
    PoolMember.objects.create(pool=other, user=cast.sam)
    PoolMember.objects.filter(user=cast.sue).delete()
    PoolMember.objects.update(capacity=3)

    def capture(number: int) -> None:
        try:
            cast.hot_lead(
                at=AT, email=f"{number}@spa.example", country="DE" if number % 2 else "US"
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(capture, range(12)))

    owners = Counter(Handoff.objects.values_list("owner__name", flat=True))
    assert owners == {"Sam": 3, None: 9}
