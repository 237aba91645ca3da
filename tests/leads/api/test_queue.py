"""GET /api/v1/queue/: next deadline first, and an unchanged one costs next to nothing."""

from datetime import timedelta

from django.test import Client

from accounts.instants import database_now
from leads.models import Lead, Pool, PoolMember
from sla.models import Clock
from sla.sweep import sweep
from tests.factories import ny


def emails(answer):
    return [lead["email"] for lead in answer.json()["results"]]


def only_sam(cast):
    PoolMember.objects.exclude(user=cast.sam).delete()


def test_is_mine_next_deadline_first(cast, program):
    only_sam(cast)
    cast.hot_lead(at=ny("2027-01-15 10:30"), email="later@spa.example")
    cast.hot_lead(at=ny("2027-01-15 10:00"), email="sooner@spa.example")

    got = program(cast.sam).get("queue/")

    assert (got.status_code, emails(got)) == (200, ["sooner@spa.example", "later@spa.example"])
    assert got.json()["more"] is False
    assert got["Cache-Control"] == "private, no-cache"


def test_shows_what_the_pool_offers_until_somebody_takes_it(cast, program):
    Pool.objects.update(mode=Pool.Mode.OPEN)
    cast.pool.refresh_from_db()
    cast.pool.save()
    lead = cast.hot_lead(at=database_now())
    sam, sue = program(cast.sam), program(cast.sue)

    assert [emails(sam.get("queue/")), emails(sue.get("queue/"))] == [["pat@spa.example"]] * 2
    sue.post(f"leads/{lead.pk}/accept/")
    assert [emails(sam.get("queue/")), emails(sue.get("queue/"))] == [[], ["pat@spa.example"]]


def test_is_empty_for_who_is_offered_nothing(cast, program):
    cast.hot_lead(at=database_now())

    for person in (cast.maya, cast.mona, cast.outsider):
        assert emails(program(person).get("queue/")) == []


def test_an_unchanged_queue_is_not_sent_again(cast, program):
    only_sam(cast)
    cast.hot_lead(at=database_now())
    sam = program(cast.sam)
    tag = sam.get("queue/")["ETag"]

    again = sam.get("queue/", **{"if-none-match": f'"other", {tag}'})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)


def test_whatever_it_shows_changes_its_tag(cast, program):
    only_sam(cast)
    at = database_now() - timedelta(days=8)
    lead = cast.hot_lead(at=at)
    sam = program(cast.sam)
    tags = [sam.get("queue/")["ETag"]]

    def note():
        tags.append(sam.get("queue/")["ETag"])

    Clock.objects.filter(term__key="disposition").update(due_at=database_now())
    note()
    sweep(at=database_now())
    note()
    cast.capture(at=database_now(), email=lead.email, touchpoint="download")
    note()
    sam.post(f"leads/{lead.pk}/accept/")
    note()
    sam.post(f"leads/{lead.pk}/activities/", {"kind": "call"})
    note()
    Lead.objects.update(score=3, scored_at=database_now())
    note()
    cast.hot_lead(at=database_now(), email="second@spa.example")
    note()
    sam.post(f"leads/{lead.pk}/qualify/")
    note()

    assert len(set(tags)) == len(tags) == 9


def test_queries_do_not_grow(cast, program, django_assert_num_queries):
    only_sam(cast)
    sam = program(cast.sam)
    cast.hot_lead(at=database_now(), email="a@spa.example")
    sam.get("queue/")
    with django_assert_num_queries(4):  # the key; the tag; which leads; the leads
        assert len(emails(sam.get("queue/"))) == 1
    for name in ("b", "c"):
        cast.hot_lead(at=database_now(), email=f"{name}@spa.example")
    sam.get("queue/")
    with django_assert_num_queries(4):
        found = sam.get("queue/")
        assert len(emails(found)) == 3
    unchanged = {"if-none-match": found["ETag"]}
    with django_assert_num_queries(1):  # the key and the tag
        assert sam.get("queue/", **unchanged).status_code == 304
    # Once a minute the key's use is noted, and the poll goes the long way.
    sam.key.__class__.objects.update(last_used_at=database_now() - timedelta(minutes=2))
    assert sam.get("queue/", **unchanged).status_code == 304
    sam.key.refresh_from_db()
    assert sam.key.last_used_at > database_now() - timedelta(minutes=1)


def test_a_known_tag_opens_nothing(cast, program):
    """The short way to a 304 asks for the same rights as the long one."""
    only_sam(cast)
    cast.hot_lead(at=database_now())
    sam, sue = program(cast.sam), program(cast.sue)
    unchanged = {"if-none-match": sam.get("queue/")["ETag"]}
    sue.get("queue/")
    assert sue.get("queue/", **unchanged).status_code == 200
    assert program(cast.sam, scope="capture").get("queue/", **unchanged).status_code == 403
    assert Client().get("/api/v1/queue/", headers=unchanged).status_code == 401
    assert sam.get("queue/", **unchanged).status_code == 304
    sam.key.revoke(at=database_now())
    assert sam.get("queue/", **unchanged).status_code == 401


def test_is_not_for_a_capture_key(cast, program):
    assert program(cast.sam, scope="capture").get("queue/").status_code == 403
    assert program(cast.sam).post("queue/").status_code == 405


def test_accepting_costs_twelve_queries(cast, django_assert_num_queries):
    only_sam(cast)
    first, second = (cast.hot_lead(at=database_now(), email=f"{n}@spa.example") for n in "ab")
    first.handoffs.get().accept(cast.sam, at=database_now())  # reads what is configured
    handoff = second.handoffs.select_related("lead").get()
    at = database_now()
    with django_assert_num_queries(12):
        assert handoff.accept(cast.sam, at=at)
