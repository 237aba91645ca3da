"""A pool asks for values of fields: routing goes by them, its manager says them in the browser."""

import pytest
from django.test import Client

from accounts.models import AuditEntry, Team
from leads import pool_people
from leads.custom_fields import changing
from leads.models import CustomField, Pool, PoolMember
from leads.pool_conditions import ticket
from tests.factories import make_user, ny
from tests.leads.custom_fields.making import make

AT = ny("2027-01-15 10:00")


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def cedar(cast) -> Pool:
    """A pool of Sue's before everybody's, for cedar and a budget."""
    make(cast.mona, "Wood", "choices", choices=["Cedar", "Oak"])
    make(cast.mona, "Budget", "money")
    Pool.objects.update(order=9)
    pool = Pool.objects.create(slug="cedar", name="Cedar", team=cast.sales, order=1)
    PoolMember.objects.create(pool=pool, user=cast.sue, capacity=100)
    pool.conditions = [
        {"field": "extra.wood", "op": "in", "value": ["Cedar"]},
        {"field": "extra.budget", "op": "at_least", "value": 1000.0},
    ]
    pool.save()
    return pool


@pytest.mark.parametrize(
    ("extra", "fits"),
    [
        ({"wood": "oak; cedar", "budget": "1,000"}, True),
        ({"wood": "oak; cedar", "budget": "999.99"}, False),
        ({"wood": "oak", "budget": "5000"}, False),
        ({"budget": "5000"}, False),
        ({}, False),
    ],
)
def test_a_lead_goes_where_all_of_it_is_satisfied(cast, cedar, extra, fits):
    lead = cast.hot_lead(at=AT, extra=extra)
    line = lead.handoffs.get().assignments.get()
    assert (line.pool.name, line.reason.split(":")[0]) == (
        ("Cedar", "Cedar") if fits else ("Everyone", "Everyone")
    )


def test_conditions_cost_no_query(cast, cedar):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for n, conditions in enumerate(([], cedar.conditions)):
        cedar.conditions = conditions
        cedar.save()
        cast.hot_lead(at=AT, email=f"warm{n}@b.example", extra={"wood": "oak"})
        with CaptureQueriesContext(connection) as queries:
            cast.hot_lead(at=AT, email=f"a{n}@b.example", extra={"wood": "oak"})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def sent(pool, *rows: dict, initial: int = 0, **more) -> dict[str, str]:
    data = {"asks-TOTAL_FORMS": str(len(rows)), "asks-INITIAL_FORMS": str(initial)}
    for n, row in enumerate(rows):
        data |= {f"asks-{n}-{name}": value for name, value in row.items()}
    return data | {"seen": ticket(pool)} | more


class TestPages:
    def test_its_manager_says_what_it_asks(self, cast, cedar):
        everyone = cast.pool
        client = signed_in(cast.dana)
        rows = [
            {"field": "extra.wood", "op": "in", "value": "oak, cedar"},
            {"field": "job_title", "op": "contains", "value": "director"},
            {"field": "job_title", "op": "contains", "value": ""},
        ]
        assert client.post("/pools/everyone/", sent(everyone, *rows)).status_code == 302
        everyone.refresh_from_db()
        assert everyone.conditions == [
            {"field": "extra.wood", "op": "in", "value": ["Cedar", "Oak"]},
            {"field": "job_title", "op": "contains", "value": ["director"]},
        ]
        page = client.get("/pools/").content.decode()
        assert "Wood is one of Cedar, Oak" in page
        assert "Budget is at least $1,000" in page
        again = client.get("/pools/everyone/").context["form"]
        assert [form.initial.get("value") for form in again] == ["Cedar, Oak", "director", None]
        drop = sent(everyone, rows[0] | {"DELETE": "on"}, rows[1], initial=2)
        client.post("/pools/everyone/", drop)
        everyone.refresh_from_db()
        assert [rule["field"] for rule in everyone.conditions] == ["job_title"]
        assert AuditEntry.objects.filter(verb="pool_conditions_changed").count() == 2

    def test_what_can_match_nothing_is_refused_and_kept(self, cast, cedar):
        row = {"field": "extra.wood", "op": "in", "value": "Pine"}
        answer = signed_in(cast.dana).post("/pools/cedar/", sent(cedar, row))
        assert answer.status_code == 422
        assert "“Pine” is none of the choices: Cedar, Oak." in answer.content.decode()
        assert 'value="Pine"' in answer.content.decode()

    def test_two_who_change_it_at_once(self, cast, cedar):
        row = {"field": "extra.wood", "op": "present", "value": ""}
        old = sent(cedar, row)
        client = signed_in(cast.dana)
        assert client.post("/pools/cedar/", old).status_code == 302
        second = client.post("/pools/cedar/", old | {"asks-0-field": "extra.budget"})
        assert second.status_code == 409
        assert "Somebody has changed what Cedar asks" in second.content.decode()
        cedar.refresh_from_db()
        assert cedar.conditions == [{"field": "extra.wood", "op": "present"}]

    def test_another_teams_pool_is_seen_and_not_changed(self, cast, cedar):
        other = Team.objects.create(slug="rivals", name="Rivals", kind="sales")
        boss = make_user("boss", other, manager=True)
        client = signed_in(boss)
        page = client.get("/pools/").content.decode()
        assert "Cedar" in page
        assert "/pools/cedar/" not in page
        assert client.get("/pools/cedar/").status_code == 404

    @pytest.mark.parametrize("count", [1, 3])
    def test_queries_do_not_grow(self, cast, cedar, count, django_assert_num_queries):
        for n in range(count):
            Pool.objects.create(
                slug=f"p{n}", name=f"P{n}", team=cast.sales, conditions=cedar.conditions
            )
        client = signed_in(cast.dana)
        client.get("/pools/")
        # session, user, memberships, instant, bell, sweep, pools, personas, members, their people,
        # stamp of the fields, which are one's own
        with django_assert_num_queries(12):
            client.get("/pools/")


def test_a_condition_about_a_removed_field_does_not_count_and_is_shown_so(cast, cedar):
    changing.remove(CustomField.objects.get(name="budget"), by=cast.mona, at=AT)
    lead = cast.hot_lead(at=AT, extra={"wood": "cedar"})
    assert lead.handoffs.get().pool == cedar
    page = signed_in(cast.dana).get("/pools/").content.decode()
    assert "Budget (removed, does not count) is at least" in page
    changing.bring_back(CustomField.objects.get(name="budget"), by=cast.mona, at=AT)
    other = cast.hot_lead(at=AT, email="b@b.example", extra={"wood": "cedar"})
    assert other.handoffs.get().pool == cast.pool


class TestPeople:
    def form(self, pool, **more) -> dict[str, str]:
        form = pool_people.PoolForm(pool=pool)
        said = {name: form[name].value() for name in form.fields}
        said = {name: str(value) for name, value in said.items() if value not in (False, None)}
        return said | {"seen": pool_people.ticket(pool)} | more

    def test_its_manager_names_it_moves_it_and_says_who_is_in_it(self, cast, cedar):
        client = signed_in(cast.dana)
        Pool.objects.update(conditions=[])
        cedar.refresh_from_db()
        cedar.members.update(credit=7)
        more = {
            "name": "West", "place": "2", f"in-{cast.sam.pk}": "on", f"weight-{cast.sam.pk}": "3",
            f"capacity-{cast.sam.pk}": "9", f"capacity-{cast.sue.pk}": "5",
        }  # fmt: skip
        assert client.post("/pools/cedar/people/", self.form(cedar, **more)).status_code == 302
        cedar.refresh_from_db()
        assert [p.name for p in Pool.objects.all()] == ["Everyone", "West"]
        places = cedar.members.order_by("user").values_list("user", "weight", "capacity", "credit")
        assert set(places) == {(cast.sue.pk, 1, 5, 7), (cast.sam.pk, 3, 9, 0)}
        entry = AuditEntry.objects.get(verb="pool_changed")
        assert (entry.facts["from"]["name"], entry.facts["to"]["name"]) == ("Cedar", "West")
        # Routing goes by it at once: the other pool is asked first now.
        assert cast.hot_lead(at=AT).handoffs.get().pool == cast.pool
        out = self.form(cedar, place="1")
        del out[f"in-{cast.sue.pk}"]
        client.post("/pools/cedar/people/", out)
        assert cast.hot_lead(at=AT, email="b@b.example").handoffs.get().owner == cast.sam

    def test_what_is_wrong_is_said_and_kept_and_two_do_not_overwrite_each_other(self, cast, cedar):
        client = signed_in(cast.dana)
        wrong = {"name": "", "place": "7", f"weight-{cast.sue.pk}": "0",
                 f"capacity-{cast.sue.pk}": "many"}  # fmt: skip
        answer = client.post("/pools/cedar/people/", self.form(cedar, **wrong))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == set(wrong)
        assert 'value="many"' in page
        old = self.form(cedar, name="One")
        client.post("/pools/cedar/people/", old)
        second = client.post("/pools/cedar/people/", old | {"name": "Two"})
        assert second.status_code == 409
        cedar.refresh_from_db()
        assert cedar.name == "One"
