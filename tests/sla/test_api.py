"""GET /api/v1/sla/compliance/: the figures of the page, for programs."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sla.api import period
from sla.sweep import sweep
from tests.factories import ny
from tests.leads.api.program import Program

PARIS = ZoneInfo("Europe/Paris")
JANUARY = "sla/compliance/?from=2026-01-01&to=2026-01-31"


@pytest.fixture
def one_met_one_missed(cast):
    """Sam accepts in time, sue does not; two days later somebody looks."""
    met = cast.hot_lead(at=ny("2026-01-15 10:00"), email="a@spa.example")
    met.handoffs.get().accept(cast.sam, at=ny("2026-01-15 10:10"))
    cast.hot_lead(at=ny("2026-01-15 11:00"), email="b@spa.example")
    sweep(at=ny("2026-01-15 11:20"))


def test_figures_by_rep(cast, one_met_one_missed):
    got = Program(cast.dana).get(f"{JANUARY}&by=rep")

    body = got.json()
    assert (got.status_code, body["by"]) == (200, "rep")
    assert (body["from"], body["to"]) == ("2026-01-01T05:00:00Z", "2026-02-01T05:00:00Z")
    named = {group["key"]: group for group in body["results"]}
    assert sorted(named) == ["sam@demo.test", "sue@demo.test"]
    assert named["sam@demo.test"]["met"] == 1
    assert body["totals"]["started"] == sum(group["started"] for group in body["results"]) == 6


def test_terms_say_whose_they_are(cast, one_met_one_missed):
    groups = Program(cast.dana).get(f"{JANUARY}&by=term").json()["results"]

    accept = next(group for group in groups if group["key"] == "accept_hot")
    assert accept == {
        "key": "accept_hot", "name": accept["name"], "side": "sales", "started": 2, "met": 1,
        "missed": 1, "excused": 0, "voided": 0, "running": 0, "rate": 0.5,
        "rate_with_excuses": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize("by", ["rep", "team", "persona", "campaign", "source", "term"])
def test_every_way_to_group_adds_up(cast, one_met_one_missed, by):
    body = Program(cast.admin).get(f"{JANUARY}&by={by}").json()

    for name in ("started", "met", "missed", "voided", "running"):
        assert body["totals"][name] == sum(group[name] for group in body["results"])


def test_each_judges_what_is_theirs(cast, one_met_one_missed):
    for person, started in ((cast.mona, 6), (cast.sam, 3), (cast.maya, 0), (cast.outsider, 0)):
        totals = Program(person).get(JANUARY).json()["totals"]
        assert (person, totals["started"]) == (person, started)
    assert Program(cast.dana, scope="capture").get(JANUARY).status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("by=moon", "by"),
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("to=2026-01-01T10:00:00", "to"),
        ("from=2026-02-01&to=2026-01-01", "to"),
        ("from=0001-01-01", "from"),
        ("to=9999-12-31", "to"),
        ("from=0001-01-01T00:00:00%2B14:00", "from"),
        ("form=2026-01-01", "form"),
        ("from=a%00b", "from"),
    ],
)
def test_wrong_questions_are_named(cast, query, field):
    got = Program(cast.dana).get(f"sla/compliance/?{query}")

    assert (got.status_code, list(got.json()["errors"])) == (422, [field])


def test_a_period_is_thirty_days_up_to_now_unless_told_otherwise():
    start, end = period({}, zone=PARIS, at=datetime(2026, 3, 30, 23, 30, tzinfo=PARIS))

    assert start == datetime(2026, 3, 1, tzinfo=PARIS)
    assert end == datetime(2026, 3, 31, tzinfo=PARIS)


def test_queries_do_not_grow(cast, django_assert_num_queries):
    dana = Program(cast.dana)
    counts = []
    for emails in (["a"], ["b", "c"]):
        for name in emails:
            cast.hot_lead(at=ny("2026-01-15 10:00"), email=f"{name}@spa.example")
        dana.get(JANUARY)
        with django_assert_num_queries(3) as found:  # the key, the figures, the names
            dana.get(JANUARY)
        counts.append(len(found))
    assert counts == [3, 3]
