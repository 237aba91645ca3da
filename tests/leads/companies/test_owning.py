"""A company's owner keeps its new people: first of all, where they can take one."""

import threading

import pytest
from django.db import close_old_connections

from accounts.models import Absence, AuditEntry
from leads.capture import capture_leads
from leads.models import Company, Pool, PoolMember
from tests.factories import hours, make_cast, make_user, ny

AT = ny("2027-01-15 10:00")


@pytest.fixture
def owned(cast):
    """Sam accepted the first lead of the Spa Hotel; the pool gives its next ones to its owner."""
    cast.hot_lead(at=AT, email="first@spa.example").handoffs.get().accept(cast.sam, at=AT)
    cast.pool.owner_first = True
    cast.pool.save()
    return cast


def given(cast, number: int = 1):
    lead = cast.hot_lead(at=AT, email=f"n{number}@spa.example")
    return lead.handoffs.get()


def test_who_accepts_its_first_lead_owns_it_and_keeps_its_new_people(owned):
    assert Company.objects.get().owner == owned.sam
    entry = AuditEntry.objects.get(verb="company_owner_changed")
    assert (entry.actor, entry.facts["to"]) == (owned.sam, "sam@demo.test")
    handoffs = [given(owned, number) for number in range(3)]
    assert [handoff.owner for handoff in handoffs] == [owned.sam] * 3
    line = handoffs[0].assignments.get()
    assert (line.how, line.reason) == ("owner", "Everyone: Sam owns Spa Hotel")
    handoffs[1].accept(owned.dana, at=AT)  # a manager's accept leaves it with its owner
    assert Company.objects.get().owner == owned.sam


def test_a_turn_of_the_owner_is_a_turn(owned):
    for number in range(2):
        given(owned, number)
    others = [
        owned.hot_lead(at=AT, email=f"x@other{n}.example", company=f"Other {n}").handoffs.get()
        for n in range(2)
    ]
    assert [handoff.owner for handoff in others] == [owned.sue, owned.sue]


@pytest.mark.parametrize("why", ["away", "full (1 of 1)", "no longer here"])
def test_an_owner_who_cannot_take_it_is_passed_over_and_the_ledger_says_so(owned, why):
    if why == "away":
        Absence.objects.create(user=owned.sam, starts_at=AT, ends_at=AT + hours(9))
    elif why.startswith("full"):
        PoolMember.objects.filter(user=owned.sam).update(capacity=1)
    else:
        owned.sam.is_active = False
        owned.sam.save()
    handoff = given(owned)
    line = handoff.assignments.get()
    assert (handoff.owner, line.how) == (owned.sue, "routed")
    assert line.skipped == [{"rep": "Sam", "why": f"owns Spa Hotel, {why}"}]


def test_an_owner_in_no_pool_that_takes_it_is_passed_over(owned):
    PoolMember.objects.filter(user=owned.sam).delete()
    line = given(owned).assignments.get()
    assert (line.rep, line.skipped) == (
        owned.sue, [{"rep": "Sam", "why": "owns Spa Hotel, not in a pool that takes this lead"}],
    )  # fmt: skip


def test_a_later_pool_that_takes_it_will_do(owned):
    first = Pool.objects.create(slug="us", name="US", team=owned.sales, countries=["US"], order=0)
    Pool.objects.filter(slug="everyone").update(order=1)
    PoolMember.objects.create(pool=first, user=make_user("gerda", owned.sales))
    assert given(owned).owner == owned.sam


def test_an_open_pool_gives_it_to_the_owner(owned):
    owned.pool.mode = Pool.Mode.OPEN
    owned.pool.save()
    assert given(owned).owner == owned.sam


def test_a_pool_may_have_none_of_it(owned):
    owned.pool.owner_first = False
    owned.pool.save()
    assert given(owned).assignments.get().how == "routed"


def test_its_manager_says_so_on_the_page_of_the_pool(owned, client):
    client.force_login(owned.dana)
    page = client.get("/pools/everyone/people/")
    assert 'name="owner_first"' in page.content.decode()
    sent = {"name": "Everyone", "place": 1, "mode": "turns", "seen": page.context["seen"],
            f"in-{owned.sam.pk}": "on", f"weight-{owned.sam.pk}": 1,
            f"capacity-{owned.sam.pk}": 9}  # fmt: skip
    assert client.post("/pools/everyone/people/", sent).status_code == 302
    assert Pool.objects.get(slug="everyone").owner_first is False


def test_what_sales_finds_itself_is_its_finders_company(cast):
    capture_leads([{"email": "x@found.example", "company": "Found"}], by=cast.sue, at=AT,
                  team=cast.sales)  # fmt: skip
    assert Company.objects.get().owner == cast.sue


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_owns_it_and_the_owner_is_never_over_the_brim():
    cast = make_cast()
    leads = [cast.hot_lead(at=AT, email=f"a{n}@spa.example") for n in range(2)]
    handoffs = [lead.handoffs.get() for lead in leads]
    at_once([lambda h=h: h.accept(h.owner, at=AT) for h in handoffs])
    owner = Company.objects.get().owner
    assert owner in (cast.sam, cast.sue)
    assert AuditEntry.objects.filter(verb="company_owner_changed").count() == 1

    cast.pool.owner_first = True
    cast.pool.save()
    PoolMember.objects.update(capacity=4)
    at_once([lambda n=n: given(cast, n) for n in range(6)])
    assert owner.handoffs.open().count() == 4


def at_once(deeds) -> None:
    start = threading.Barrier(len(deeds))

    def run(deed) -> None:
        start.wait()
        deed()
        close_old_connections()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
