"""Tags: from a file and back, by the API, and kept in order by managers."""

import json

import pytest

from accounts.instants import database_now
from accounts.models import AuditEntry
from leads import tag_keeping, tagging
from leads.imports import undoing
from leads.models import Lead, Tag
from tests.accounts.test_own_pages import signed_in
from tests.leads.api.program import Program
from tests.leads.imports.files import counts, imported, received, table, worked

pytestmark = pytest.mark.django_db


def tags(email: str) -> list[str]:
    return [name for _, name in tagging.of(Lead.objects.get(email=email))]


def put(email: str, *names: str) -> None:
    for name in names:
        tag = tagging.called(name, by=None, at=database_now())
        tagging.put_on([Lead.objects.get(email=email).pk], tag.pk, at=database_now())


def found(person, op: str, *numbers: int) -> list[str]:
    where = json.dumps(["all", ["tags", op, *map(str, numbers)]])
    answer = signed_in(person).get("/leads/", {"where": where})
    return sorted(lead.email for lead in answer.context["leads"])


# --- A file --------------------------------------------------------------------------------------


def test_a_column_of_tags_comes_in_adds_to_what_was_there_and_goes_by_undo(cast):
    at = database_now()
    cast.capture(at=at, email="a@x.example")
    put("a@x.example", "Fair")
    rows = [
        ["email", "Tags"],
        ["a@x.example", "fair; VIP"],
        ["b@x.example", 'vip, "Trade show",VIP'],
        ["c@x.example", "x" * 41],
        ["a@x.example", "vip"],
    ]
    importing = received(table(rows), cast.maya)
    assert importing.targets == ["email", "tags"]
    page = signed_in(cast.maya).get(f"/imports/{importing.pk}/preview/").content.decode()
    assert "tag: VIP" in page
    assert "too long for a tag" in page
    assert not Tag.objects.filter(name="VIP").exists()
    done = imported(table(rows), cast.maya)
    assert counts(done) == (1, 1, 1, 1)
    assert (tags("a@x.example"), tags("b@x.example")) == (["Fair", "VIP"], ["Trade show", "VIP"])
    assert imported(table(rows[:3]), cast.maya).unchanged == 2
    undoing.undo(done, by=cast.maya, at=database_now())
    worked(done)
    assert tags("a@x.example") == ["Fair"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_tags_survive_an_export_and_its_import(cast, kind):
    cast.capture(at=database_now(), email="a@x.example")
    put("a@x.example", "=1+1", "'tis", "Ünï & <b>")
    before = tags("a@x.example")
    answer = signed_in(cast.maya).get("/leads/export/", {"format": kind})
    data = b"".join(answer.streaming_content)
    Lead.objects.all().delete()
    Tag.objects.all().delete()
    imported(data, cast.maya, f"leads.{kind}")
    assert tags("a@x.example") == before == ["'tis", "=1+1", "Ünï & <b>"]


# --- The API -------------------------------------------------------------------------------------


def test_a_program_reads_and_sets_tags(cast):
    maya = Program(cast.maya)
    made = maya.post("leads/", {"email": "a@x.example", "tags": ["New", "new", "VIP"]}).json()
    assert made["tags"] == ["New", "VIP"]
    number = made["id"]
    again = maya.post("leads/", {"email": "a@x.example", "tags": ["Third"]}).json()
    assert again["tags"] == ["New", "Third", "VIP"]
    changed = maya.patch(f"leads/{number}/", {"tags": ["vip"], "company": "Spa"}).json()
    assert (changed["tags"], changed["company"]) == (["VIP"], "Spa")
    assert maya.patch(f"leads/{number}/", {"company": "Spa 2"}).json()["tags"] == ["VIP"]
    assert maya.patch(f"leads/{number}/", {"tags": []}).json()["tags"] == []


@pytest.mark.parametrize("wrong", [7, {"a": 1}, [1], ["x" * 41], [str(n) for n in range(51)]])
def test_what_can_be_no_tags_is_refused_by_name_and_nothing_is_written(cast, wrong):
    maya = Program(cast.maya)
    number = maya.post("leads/", {"email": "a@x.example"}).json()["id"]
    for answer in (
        maya.patch(f"leads/{number}/", {"tags": wrong, "company": "Spa"}),
        maya.post("leads/", {"email": "b@x.example", "tags": wrong}),
    ):
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["tags"])
    assert list(Lead.objects.values_list("email", "company")) == [("a@x.example", "")]


def test_a_capture_key_adds_tags_there_are_and_makes_none(cast):
    cast.capture(at=database_now(), email="a@x.example")
    put("a@x.example", "Fair")
    tagging.called("VIP", by=None, at=database_now())
    form = Program(cast.maya, scope="capture")
    refused = form.post("leads/", {"email": "a@x.example", "tags": ["VIP", "Made up"]})
    assert refused.json()["errors"]["tags"][0].startswith("There is no tag “Made up”")
    assert tags("a@x.example") == ["Fair"]
    form.post("leads/", {"email": "a@x.example", "tags": ["vip"]})
    assert tags("a@x.example") == ["Fair", "VIP"]


# --- Kept in order -------------------------------------------------------------------------------


@pytest.fixture
def four(cast):
    """a has Fair, b both, c Trade fair, d none."""
    for letter in "abcd":
        cast.capture(at=database_now(), email=f"{letter}@x.example")
    for letter in "ab":
        put(f"{letter}@x.example", "Fair")
    for letter in "bc":
        put(f"{letter}@x.example", "Trade fair")
    return cast


def page(person) -> dict[str, int]:
    shown = signed_in(person).get("/leads/tags/")
    return {tag["name"]: tag["count"] for tag in shown.context["tags"]}


def test_a_merged_tag_is_another_word_for_the_other_and_taken_apart_as_it_was(four):
    fair, trade = Tag.objects.get(name="Fair"), Tag.objects.get(name="Trade fair")
    mona = signed_in(four.mona)
    assert page(four.maya) == {"Fair": 2, "Trade fair": 2}
    done = mona.post(f"/leads/tags/{trade.pk}/merge/", {"into": "fair"}, follow=True)
    undo = [m.extra_tags for m in done.context["messages"]]
    assert undo == [f"undo:/leads/tags/{trade.pk}/take-apart/"]
    assert page(four.maya) == {"Fair": 3}
    assert tags("b@x.example") == tags("c@x.example") == ["Fair"]
    # Conditions that name either number ask for the one tag, and a new word for it makes no tag.
    assert found(four.maya, "in", fair.pk) == found(four.maya, "in", trade.pk)
    assert found(four.maya, "all_of", fair.pk, trade.pk) == [f"{n}@x.example" for n in "abc"]
    assert found(four.maya, "not_in", fair.pk) == ["d@x.example"]
    assert tagging.called("trade FAIR", by=None, at=database_now()) == fair
    put("c@x.example", "Fair")
    tagging.take_off([Lead.objects.get(email="b@x.example").pk], fair.pk, at=database_now())
    assert (tags("b@x.example"), tags("c@x.example")) == ([], ["Fair"])
    mona.post(f"/leads/tags/{trade.pk}/take-apart/")
    assert page(four.maya) == {"Fair": 1, "Trade fair": 1}


def test_a_removed_tag_is_on_no_lead_and_put_back_on_those_that_had_it(four):
    fair = Tag.objects.get(name="Fair")
    dana = signed_in(four.dana)
    dana.post(f"/leads/tags/{fair.pk}/remove/")
    assert (page(four.maya), tags("a@x.example")) == ({"Trade fair": 2}, [])
    assert found(four.maya, "empty") == ["a@x.example", "d@x.example"]
    shown = signed_in(four.maya).get(
        "/leads/", {"where": json.dumps(["all", ["tags", "in", str(fair.pk)]])}
    )
    assert "the tag “Fair” was removed; choose others" in shown.content.decode()
    assert list(shown.context["leads"]) == []
    dana.post(f"/leads/tags/{fair.pk}/put-back/")
    assert page(four.maya) == {"Fair": 2, "Trade fair": 2}
    verbs = AuditEntry.objects.filter(subject="leads.tag").values_list("verb", flat=True)
    assert list(verbs) == ["tag_put_back", "tag_removed"]


def test_names_stay_one_each_and_what_was_typed_stays(four):
    fair, trade = Tag.objects.get(name="Fair"), Tag.objects.get(name="Trade fair")
    mona = signed_in(four.mona)
    taken = mona.post(f"/leads/tags/{fair.pk}/rename/", {"name": "TRADE fair"})
    assert taken.status_code == 409
    assert 'value="TRADE fair"' in taken.content.decode()
    mona.post(f"/leads/tags/{fair.pk}/rename/", {"name": "Expo"})
    assert tags("a@x.example") == ["Expo"]
    for wrong in ("", "expo", "nothing"):
        answer = mona.post(f"/leads/tags/{fair.pk}/merge/", {"into": wrong})
        assert answer.status_code == 422
    tag_keeping.remove(trade, by=four.mona, at=database_now())
    tagging.called("Trade fair", by=None, at=database_now())
    assert mona.post(f"/leads/tags/{trade.pk}/put-back/").status_code == 409
    assert signed_in(four.maya).post(f"/leads/tags/{fair.pk}/remove/").status_code == 403


def test_counting_gives_way(four, monkeypatch):
    monkeypatch.setattr(tag_keeping, "PATIENCE", 1)
    assert signed_in(four.maya).get("/leads/tags/").status_code == 200
