"""The list, one lead, its details and what happened to it."""

from datetime import timedelta

import pytest

from accounts.instants import database_now
from accounts.models import Team
from leads.models import Activity, Campaign, Lead
from tests.factories import make_user


def ids(answer):
    return [lead["id"] for lead in answer.json()["results"]]


@pytest.fixture
def three(cast):
    """Three leads, the newest handed over to sam; two captured in the same instant."""
    at = database_now() - timedelta(hours=3)
    a = cast.capture(at=at, email="a@spa.example").lead
    b = cast.capture(at=at, email="b@spa.example").lead
    c = cast.hot_lead(at=at + timedelta(hours=1), email="c@spa.example")
    return a, b, c


class TestList:
    def test_is_newest_first_and_pages_by_cursor(self, cast, program, three):
        a, b, c = three
        maya = program(cast.maya)

        first = maya.get("leads/?limit=1")
        second = maya.client.get(first.json()["next"])
        third = maya.client.get(second.json()["next"])

        assert [ids(first), ids(second), ids(third)] == [[c.pk], [b.pk], [a.pk]]
        assert third.json()["next"] is None
        assert ids(maya.get("leads/")) == [c.pk, b.pk, a.pk]

    def test_a_lead_that_comes_between_pages_is_not_shown_twice(self, cast, program, three):
        a, b, c = three
        maya = program(cast.maya)
        first = maya.get("leads/?limit=2")
        cast.capture(at=database_now(), email="new@spa.example")

        assert [ids(first), ids(maya.client.get(first.json()["next"]))] == [[c.pk, b.pk], [a.pk]]

    def test_filters(self, cast, program, three):
        a, b, c = three
        maya = program(cast.maya)
        Campaign.objects.create(slug="other", name="Other", team=cast.marketing)
        later = cast.capture(at=database_now(), email="d@spa.example", campaign="other").lead
        since = (database_now() - timedelta(minutes=5)).isoformat().replace("+", "%2B")

        for query, found in (
            ("stage=mql", [c.pk]),
            ("stage=inquiry&tier=cold", [later.pk, b.pk, a.pk]),
            ("tier=hot", [c.pk]),
            ("owner=SAM@demo.test", [c.pk]),
            ("owner=nobody@demo.test", []),
            ("campaign=other", [later.pk]),
            ("campaign=nope", []),
            (f"updated_since={since}", [later.pk]),
        ):
            assert (query, ids(maya.get(f"leads/?{query}"))) == (query, found)

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("stage=mqll", "stage"),
            ("tier=lukewarm", "tier"),
            ("updated_since=yesterday", "updated_since"),
            ("updated_since=2027-01-01T00:00:00", "updated_since"),
            ("owner=a%00b", "owner"),
            ("limit=0", "limit"),
            ("limit=100000", "limit"),
            ("cursor=nonsense", "cursor"),
            ("cursor=%FF", "cursor"),
            ("stge=mql", "stge"),
        ],
    )
    def test_wrong_filters_are_named(self, cast, program, query, field):
        got = program(cast.maya).get(f"leads/?{query}")

        assert (got.status_code, list(got.json()["errors"])) == (422, [field])

    def test_shows_what_each_person_may_see(self, cast, program, three):
        a, b, c = three
        other = Team.objects.create(slug="other", name="Other", kind="marketing")

        for person, found in (
            (cast.maya, [c.pk, b.pk, a.pk]),
            (cast.mona, [c.pk, b.pk, a.pk]),
            (cast.sam, [c.pk]),
            (cast.sue, []),
            (cast.dana, [c.pk]),
            (cast.admin, [c.pk, b.pk, a.pk]),
            (cast.outsider, []),
            (make_user("olga", other), []),
        ):
            assert (person, ids(program(person).get("leads/"))) == (person, found)

    def test_queries_do_not_grow(self, cast, program, django_assert_num_queries):
        maya = program(cast.maya)
        cast.hot_lead(at=database_now(), email="a@spa.example")
        maya.get("leads/")
        with django_assert_num_queries(3):
            assert len(ids(maya.get("leads/"))) == 1
        for name in ("b", "c"):
            cast.hot_lead(at=database_now(), email=f"{name}@spa.example")
        maya.get("leads/")
        with django_assert_num_queries(3):
            assert len(ids(maya.get("leads/"))) == 3


class TestOneLead:
    def test_by_whom_it_may_be_seen(self, cast, program, three):
        a, _, c = three

        assert program(cast.maya).get(f"leads/{a.pk}/").json()["email"] == "a@spa.example"
        assert program(cast.sam).get(f"leads/{c.pk}/").json()["owner"] == "sam@demo.test"
        for person, lead in ((cast.sam, a), (cast.sue, c), (cast.outsider, c), (cast.dana, a)):
            assert program(person).get(f"leads/{lead.pk}/").status_code == 404
        assert program(cast.maya).get(f"leads/{2**70}/").status_code == 404

    def test_change_normalises_scores_anew_and_records(self, cast, program, three):
        a, *_ = three

        got = program(cast.maya).patch(
            f"leads/{a.pk}/", {"first_name": " Ada ", "country": "Germany", "company": "Spa"}
        )

        body = got.json()
        assert (got.status_code, body["first_name"], body["country"]) == (200, "Ada", "DE")
        assert body["score"] == 20
        assert Activity.objects.filter(lead=a, kind="edited", actor=cast.maya).count() == 1

    def test_change_refuses_what_it_does_not_know_and_what_is_taken(self, cast, program, three):
        a, *_ = three
        maya = program(cast.maya)

        unknown = maya.patch(f"leads/{a.pk}/", {"score": 100})
        taken = maya.patch(f"leads/{a.pk}/", {"email": "b@spa.example"})
        wrong = maya.patch(f"leads/{a.pk}/", {"email": "b@", "first_name": ["x"]})

        assert (unknown.status_code, list(unknown.json()["errors"])) == (422, ["score"])
        assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
        assert (wrong.status_code, sorted(wrong.json()["errors"])) == (422, ["email", "first_name"])
        assert Lead.objects.get(pk=a.pk).email == "a@spa.example"

    def test_change_by_whom(self, cast, program, three):
        a, _, c = three
        body = {"job_title": "Head of Spa"}

        assert program(cast.sam).patch(f"leads/{c.pk}/", body).status_code == 200
        assert program(cast.sue).patch(f"leads/{c.pk}/", body).status_code == 404
        assert program(cast.sam).patch(f"leads/{a.pk}/", body).status_code == 404
        assert program(cast.maya, scope="capture").patch(f"leads/{a.pk}/", body).status_code == 403
        assert program(cast.maya).post(f"leads/{a.pk}/", body).status_code == 405


class TestActivities:
    def test_a_touch_stops_the_clock(self, cast, program, three):
        *_, c = three
        sam = program(cast.sam)
        sam.post(f"leads/{c.pk}/accept/")

        got = sam.post(
            f"leads/{c.pk}/activities/",
            {"kind": "call", "outcome": "connected", "note": "Will call back."},
        )

        activity = Activity.objects.get(kind="call")
        told = activity.occurred_at.isoformat().replace("+00:00", "Z")
        assert (got.status_code, got.json()) == (201, {
            "id": activity.pk, "kind": "call", "outcome": "connected", "note": "Will call back.",
            "occurred_at": told, "recorded_at": told, "evidence": "system",
            "actor": "sam@demo.test", "campaign": None, "handoff": c.handoffs.get().pk,
            "data": {},
        })  # fmt: skip
        clocks = sam.get(f"leads/{c.pk}/").json()["handoff"]["clocks"]
        assert next(k for k in clocks if k["term"] == "first_touch_hot")["stopped_at"] == told

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "kind"),
            ({"kind": "telepathy"}, "kind"),
            ({"kind": "handed_over"}, "kind"),
            ({"kind": "call", "outcome": "held"}, "outcome"),
            ({"kind": "note"}, "note"),
            ({"kind": "call", "occurred_at": "2027-01-01T10:00:00"}, "occurred_at"),
            ({"kind": "call", "occurred_at": "9999-12-31T23:59:59-12:00"}, "occurred_at"),
            ({"kind": "call", "note": "x" * 10_001}, "note"),
            ({"kind": "call", "when": "now"}, "when"),
        ],
    )
    def test_a_wrong_touch_is_refused(self, cast, program, three, body, field):
        *_, c = three

        got = program(cast.sam).post(f"leads/{c.pk}/activities/", body)

        assert (got.status_code, list(got.json()["errors"])) == (422, [field])
        assert Activity.objects.filter(lead=c, actor=cast.sam).count() == 0

    def test_a_touch_in_the_future_is_now(self, cast, program, three):
        *_, c = three

        got = program(cast.sam).post(
            f"leads/{c.pk}/activities/", {"kind": "call", "occurred_at": "2999-01-01T00:00:00Z"}
        )

        assert got.json()["occurred_at"] == got.json()["recorded_at"]

    def test_marketing_writes_notes_and_touches_nobody(self, cast, program, three):
        a, *_ = three
        maya = program(cast.maya)

        assert maya.post(f"leads/{a.pk}/activities/", {"kind": "call"}).status_code == 403
        noted = maya.post(f"leads/{a.pk}/activities/", {"kind": "note", "note": "Ask in May."})
        assert noted.status_code == 201

    def test_the_list_is_newest_first_and_pages(self, cast, program, three):
        *_, c = three
        maya = program(cast.maya)

        first = maya.get(f"leads/{c.pk}/activities/?limit=2")
        rest = maya.client.get(first.json()["next"])

        kinds = [a["kind"] for a in (*first.json()["results"], *rest.json()["results"])]
        assert kinds == ["handed_over", "mql", "event"]
        assert rest.json()["results"][0]["campaign"] == "back-pain"
        assert program(cast.sue).get(f"leads/{c.pk}/activities/").status_code == 404

    def test_the_lists_queries_do_not_grow(self, cast, program, three, django_assert_num_queries):
        a, _, c = three
        maya = program(cast.maya)
        maya.get("leads/")
        for lead, count in ((a, 1), (c, 3)):
            with django_assert_num_queries(4):
                assert len(ids(maya.get(f"leads/{lead.pk}/activities/"))) == count
