"""Saved views: kept, shared, opened by others, changed, gone; and the columns of a list."""

import json

import pytest

from accounts.instants import database_now
from leads.models import CustomField, Lead, SavedView
from tests.accounts.test_own_pages import signed_in

WARM = json.dumps(["all", ["score", "gte", "30"]])


@pytest.fixture
def leads(cast):
    at = database_now()
    cast.capture(at=at, email="cold@x.example", country="DE")
    cast.hot_lead(at=at)
    return cast


def keep(person, name="Warm", **more):
    more = {"where": WARM, "columns": "country,owner", "shared": "own", **more}
    return signed_in(person).post("/leads/views/new/", {"name": name, **more})


def tabs(person) -> list[str]:
    context = signed_in(person).get("/leads/").context
    return [view.name for view in context["asked"].kept.views]


def test_a_view_keeps_filter_order_and_columns(leads):
    address = keep(leads.maya, sort="name", tier="hot")["Location"]
    view = SavedView.objects.get()
    assert address == f"/leads/?view={view.pk}"
    assert view.query == {"tier": "hot", "sort": "name", "where": WARM}
    context = signed_in(leads.maya).get(address).context
    assert [lead.email for lead in context["leads"]] == ["pat@spa.example"]
    assert [column.label for column in context["asked"].columns] == ["Country", "Owner"]
    assert not context["asked"].is_changed


def test_who_has_a_shared_view(leads):
    keep(leads.maya, "Mine")
    keep(leads.maya, "Ours", shared=f"team-{leads.marketing.pk}")
    keep(leads.mona, "Everybody's", shared="everybody")
    assert tabs(leads.maya) == ["Everybody's", "Mine", "Ours"]
    assert tabs(leads.mona) == tabs(leads.admin) == ["Everybody's", "Ours"]
    assert tabs(leads.sam) == tabs(leads.dana) == ["Everybody's"]


def test_a_shared_view_shows_each_reader_what_they_may_see(leads):
    keep(leads.mona, shared="everybody", where="")
    address = f"/leads/?view={SavedView.objects.get().pk}"
    owner = Lead.objects.get(email="pat@spa.example").owner
    seen = {
        person.name: [lead.email for lead in signed_in(person).get(address).context["leads"]]
        for person in (leads.maya, owner, leads.dana)
    }
    assert seen == {
        "Maya": ["pat@spa.example", "cold@x.example"],
        owner.name: ["pat@spa.example"],
        "Dana": ["pat@spa.example"],
    }


@pytest.mark.parametrize("shared", ["everybody", "team-999", "team-x", "all"])
def test_who_may_not_share(leads, shared):
    answer = keep(leads.maya, shared=shared)
    assert (answer.status_code, SavedView.objects.count()) == (403, 0)
    assert "a manager also with everybody" in answer.content.decode()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_view_needs_a_name(leads, name):
    answer = keep(leads.maya, name)
    assert (answer.status_code, SavedView.objects.count()) == (422, 0)


def test_the_same_name_twice(leads):
    keep(leads.maya)
    answer = keep(leads.maya, "WARM")
    assert (answer.status_code, SavedView.objects.count()) == (409, 1)
    assert "You have a view called “WARM” already" in answer.content.decode()
    assert keep(leads.mona).status_code == 302


def test_a_wrong_filter_is_not_kept(leads):
    answer = keep(leads.maya, where='["all",["size","gte","1"]]')
    assert (answer.status_code, SavedView.objects.count()) == (422, 0)


def test_what_differs_from_the_view_is_seen_and_can_be_kept(leads):
    keep(leads.maya)
    view = SavedView.objects.get()
    client = signed_in(leads.maya)
    here = {"view": view.pk, "tier": "cold"}
    context = client.get("/leads/", here).context
    assert context["asked"].is_changed
    assert [lead.email for lead in context["leads"]] == ["cold@x.example"]
    client.post(f"/leads/views/{view.pk}/", {**here, "name": "Cold", "shared": "own"})
    view.refresh_from_db()
    assert (view.name, view.query) == ("Cold", {"where": WARM})
    client.post(f"/leads/views/{view.pk}/",
                {**here, "name": "Cold", "shared": "own", "list": "shown"})  # fmt: skip
    view.refresh_from_db()
    assert (view.query, view.columns) == ({"tier": "cold"}, ["country", "owner"])


def test_without_what_a_view_narrows(leads):
    keep(leads.maya)
    view = SavedView.objects.get()
    context = signed_in(leads.maya).get(f"/leads/?view={view.pk}").context
    [(_, without)] = context["said"]
    shown = signed_in(leads.maya).get(without).context
    assert (len(shown["leads"]), shown["asked"].view.name) == (2, "Warm")


def test_the_list_opens_with_the_view_one_chose(leads):
    keep(leads.mona, shared="everybody")
    view = SavedView.objects.get()
    client = signed_in(leads.maya)
    client.post(f"/leads/views/{view.pk}/", {"opens": "first"})
    assert client.get("/leads/").context["asked"].view.name == "Warm"
    assert client.get("/leads/?view=all").context["asked"].view is None
    assert client.get("/leads/?tier=cold").context["asked"].view is None
    assert signed_in(leads.mona).get("/leads/").context["asked"].view is None
    view.refresh_from_db()
    assert (view.name, view.by) == ("Warm", leads.mona)
    client.post(f"/leads/views/{view.pk}/", {})
    assert client.get("/leads/").context["asked"].view is None


def test_a_view_is_taken_away_and_put_back(leads):
    keep(leads.maya, opens="first")
    view = SavedView.objects.get()
    client = signed_in(leads.maya)
    page = client.post(f"/leads/views/{view.pk}/remove/", follow=True)
    assert f"/leads/views/{view.pk}/put-back/" in page.content.decode()
    assert tabs(leads.maya) == []
    assert client.get(f"/leads/?view={view.pk}").status_code == 200
    client.post(f"/leads/views/{view.pk}/put-back/")
    assert tabs(leads.maya) == ["Warm"]
    assert client.post(f"/leads/views/{view.pk}/put-back/").status_code == 404


def test_it_is_not_put_back_over_another_of_its_name(leads):
    keep(leads.maya)
    first = SavedView.objects.get()
    client = signed_in(leads.maya)
    client.post(f"/leads/views/{first.pk}/remove/")
    keep(leads.maya)
    page = client.post(f"/leads/views/{first.pk}/put-back/", follow=True)
    assert "There is another view called “Warm” by now." in page.content.decode()
    assert tabs(leads.maya) == ["Warm"]


def test_nobody_takes_away_what_another_made(leads):
    keep(leads.mona, shared="everybody")
    view = SavedView.objects.get()
    signed_in(leads.maya).post(f"/leads/views/{view.pk}/remove/")
    signed_in(leads.maya).post(f"/leads/views/{view.pk}/", {"name": "Taken", "shared": "own"})
    view.refresh_from_db()
    assert (view.name, view.removed_at) == ("Warm", None)


def test_a_view_whose_field_went_away_says_so(leads):
    field = CustomField.objects.create(name="size", label="Size", kind="number")
    keep(leads.maya, where='["all",["extra.size","gte","5"]]', columns="extra.size,stage")
    view = SavedView.objects.get()
    assert signed_in(leads.maya).get(f"/leads/?view={view.pk}").context["filters"].problem == ""
    field.removed_at = database_now()
    field.save()
    answer = signed_in(leads.maya).get(f"/leads/?view={view.pk}")
    text = answer.content.decode()
    assert (answer.status_code, list(answer.context["leads"])) == (200, [])
    assert "There is no field “extra.size” any more" in text
    assert "The column “extra.size” is not shown: its field was removed." in text


# --- Columns -------------------------------------------------------------------------------------


def columns(answer) -> list[str]:
    return [field.name for field in answer.context["columns"]]


def test_columns_are_moved_added_taken_away_and_kept(leads):
    client = signed_in(leads.maya)
    names = columns(client.get("/leads/columns/"))
    assert names == ["stage", "score", "persona", "campaign", "owner", "created_at"]
    posted = {"column": ["stage", "score"]}
    assert columns(client.post("/leads/columns/", {**posted, "do": "up.score"})) == [
        "score", "stage",
    ]  # fmt: skip
    assert columns(client.post("/leads/columns/", {**posted, "do": "down.stage"})) == [
        "score", "stage",
    ]  # fmt: skip
    assert columns(client.post("/leads/columns/", {**posted, "do": "drop.stage"})) == ["score"]
    more = client.post("/leads/columns/", {**posted, "do": "add", "add": "country"})
    assert columns(more) == ["stage", "score", "country"]
    client.post("/leads/columns/", {"column": ["country", "stage", "nonsense"], "do": "apply"})
    shown = client.get("/leads/").context["asked"].columns
    assert [column.name for column in shown] == ["country", "stage"]
    assert [c.name for c in signed_in(leads.mona).get("/leads/").context["asked"].columns] == names
    client.post("/leads/columns/", {"column": ["country"], "do": "usual"})
    assert [c.name for c in client.get("/leads/").context["asked"].columns] == names


def test_columns_of_a_view_are_in_the_address_until_it_is_kept(leads):
    keep(leads.mona, shared="everybody")
    view = SavedView.objects.get()
    client = signed_in(leads.maya)
    answer = client.post(
        "/leads/columns/", {"view": view.pk, "column": ["stage", "fit"], "do": "apply"}
    )
    assert answer["Location"].endswith(f"columns=stage%2Cfit&view={view.pk}")
    assert client.get(answer["Location"]).context["asked"].is_changed


def test_every_column_there_is_can_be_shown(leads):
    fields = [
        CustomField.objects.create(name=f"own_{kind}", label=label, kind=kind, choices=["a", "b"]
                                   if "choice" in kind else [], position=n)
        for n, (kind, label) in enumerate(CustomField.Kind.choices)
    ]  # fmt: skip
    values = {"own_text": "<i>round</i>", "own_number": 1200, "own_money": 12.5, "own_choice": "a",
              "own_date": "2027-01-31", "own_choices": ["a", "b"], "own_yes_no": True,
              "own_url": "https://x.example/tub"}  # fmt: skip
    Lead.objects.filter(email="pat@spa.example").update(extra=values)
    client = signed_in(leads.maya)
    known = client.get("/leads/").context["filters"].known.values()
    names = [field.name for field in known if field.is_offered]
    for some in (names[:14], names[14:28], [f"extra.{field.name}" for field in fields]):
        answer = client.get("/leads/", {"columns": ",".join(some), "q": "pat@spa.example"})
        assert [c.name for c in answer.context["asked"].columns] == some
    text = answer.content.decode()
    for said in ("&lt;i&gt;round", "1,200", "$12.50", "31 Jan 2027", "a, b", "Yes",
                 'href="https://x.example/tub"'):  # fmt: skip
        assert said in text


@pytest.mark.parametrize("count", [1, 3])
def test_no_column_costs_a_query_a_row(leads, count, django_assert_num_queries):
    for n in range(count):
        leads.hot_lead(at=database_now(), email=f"p{n}@spa.example")
    client = signed_in(leads.maya)
    known = client.get("/leads/").context["filters"].known.values()
    names = [field.name for field in known if field.is_offered]
    # One more where a cell can be changed (whose leads the reader may), one for words of stages.
    for some, queries in ((names[:15], 10), (names[15:], 8)):
        with django_assert_num_queries(queries):
            client.get("/leads/", {"columns": ",".join(some)})


def test_the_export_has_the_columns_of_the_view(leads):
    keep(leads.maya)
    page = signed_in(leads.maya).get(f"/leads/export/columns/?view={SavedView.objects.get().pk}")
    ticked = [name for name, _, ticked in page.context["columns"] if ticked]
    assert ticked == [
        "email", "phone", "first_name", "last_name", "company", "country", "owner",
    ]  # fmt: skip


# --- How many ------------------------------------------------------------------------------------


def test_few_are_counted_and_many_are_estimated(leads, monkeypatch):
    client = signed_in(leads.maya)
    assert client.get("/leads/count/").content.decode().strip().endswith("2 leads")
    assert client.get("/leads/count/?tier=hot").content.decode().strip().endswith("1 lead")
    monkeypatch.setattr("leads.lists.counting.count.__kwdefaults__", {"exact": 1})
    assert "about " in client.get("/leads/count/").content.decode()
