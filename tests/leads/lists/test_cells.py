"""A cell of the list changed where it stands: saved, refused, in conflict, undone."""

import pytest

from accounts.instants import database_now
from leads.editing import edit
from leads.lists.fields import known
from leads.models import Activity, CustomField, Lead
from tests.accounts.test_own_pages import signed_in

HTMX = {"HX-Request": "true"}


@pytest.fixture
def lead(cast) -> Lead:
    return cast.hot_lead(at=database_now())


def save(person, lead, value, *, field="company", seen="Spa Hotel"):
    return signed_in(person).post(
        f"/leads/{lead.pk}/cell/{field}/", {"value": value, "seen": seen}, headers=HTMX
    )


def company(lead) -> str:
    return Lead.objects.get(pk=lead.pk).company


def test_a_cell_is_drawn_saved_and_undone(cast, lead):
    client = signed_in(cast.maya)
    form = client.get(f"/leads/{lead.pk}/cell/company/", headers=HTMX).content.decode()
    assert ('name="value" value="Spa Hotel"' in form, "<html" in form) == (True, False)
    done = save(cast.maya, lead, "  Lake   Hotel ")
    assert (done.status_code, company(lead)) == (200, "Lake Hotel")
    edited = Activity.objects.get(kind="edited")
    undo = f"/leads/{lead.pk}/edits/{edited.pk}/undo/"
    assert undo in done.content.decode()
    assert "Lake Hotel" in done.content.decode()
    back = client.post(undo, headers={"Referer": "http://testserver/leads/?tier=hot"})
    assert (back["Location"], company(lead)) == ("http://testserver/leads/?tier=hot", "Spa Hotel")
    elsewhere = client.post(undo, headers={"Referer": "http://evil.example/"})
    assert elsewhere["Location"] == "/leads/"


def test_what_became_of_it_is_told(cast):
    lead = cast.capture(at=database_now(), email="a@x.example", touchpoint="event").lead
    done = save(cast.maya, lead, "Head of Wellness", field="job_title", seen="")
    assert "Job title of a@x.example changed. It is MQL now." in done.content.decode()


def test_the_same_again_says_nothing(cast, lead):
    assert "undo" not in save(cast.maya, lead, "Spa Hotel").content.decode()
    assert Activity.objects.filter(kind="edited").count() == 0


def test_what_somebody_else_wrote_meanwhile_is_told_and_written_over_only_knowingly(cast, lead):
    edit(lead, {"company": "Sea Hotel"}, by=cast.mona, at=database_now())
    answer = save(cast.maya, lead, "Lake Hotel")
    text = answer.content.decode()
    assert (answer.status_code, company(lead)) == (409, "Sea Hotel")
    assert "Mona changed company to “Sea Hotel” meanwhile. Save again to write over it." in text
    assert 'value="Lake Hotel"' in text
    assert 'name="seen" value="Sea Hotel"' in text
    assert save(cast.maya, lead, "Lake Hotel", seen="Sea Hotel").status_code == 200
    assert company(lead) == "Lake Hotel"


def test_another_cell_changed_meanwhile_is_no_conflict(cast, lead):
    edit(lead, {"job_title": "Owner"}, by=cast.mona, at=database_now())
    assert save(cast.maya, lead, "Lake Hotel").status_code == 200


def test_undo_leaves_what_was_changed_since(cast, lead):
    save(cast.maya, lead, "Lake Hotel")
    edited = Activity.objects.get(kind="edited")
    edit(Lead.objects.get(), {"company": "Sea Hotel"}, by=cast.mona, at=database_now())
    page = signed_in(cast.maya).post(f"/leads/{lead.pk}/edits/{edited.pk}/undo/", follow=True)
    assert "Company was changed since, and stays." in page.content.decode()
    assert company(lead) == "Sea Hotel"
    mine = Activity.objects.filter(kind="edited", actor=cast.mona).get()
    other = signed_in(cast.maya).post(f"/leads/{lead.pk}/edits/{mine.pk}/undo/")
    assert other.status_code == 404


@pytest.mark.parametrize(
    ("field", "seen", "typed", "said"),
    [
        ("email", "pat@spa.example", "pat@", "pat@"),
        ("email", "pat@spa.example", "taken@x.example", "belongs to"),
        ("email", "pat@spa.example", "", "phone"),
        ("phone", "", "12", "12"),
        ("company", "Spa Hotel", "x" * 500, "200"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(cast, lead, field, seen, typed, said):
    cast.capture(at=database_now(), email="taken@x.example")
    answer = save(cast.maya, lead, typed, field=field, seen=seen)
    assert answer.status_code in (409, 422)
    text = answer.content.decode()
    assert 'role="alert"' in text
    assert said in text
    assert f'value="{typed}"' in text


VALUES = {
    "text": ("round", "", "round"), "number": ("1200", "", 1200), "money": ("12.50", "", 12.5),
    "date": ("2027-01-31", "", "2027-01-31"), "choice": ("b", "", "b"),
    "choices": (["b", "a"], "", ["a", "b"]), "yes_no": ("yes", "", True),
    "url": ("x.example/tub", "", "https://x.example/tub"),
}  # fmt: skip


@pytest.mark.parametrize("kind", VALUES)
def test_fields_of_ones_own_are_changed_emptied_and_undone(cast, lead, kind):
    typed, seen, kept = VALUES[kind]
    CustomField.objects.create(name="own", label="Own", kind=kind,
                               choices=["a", "b"] if "choice" in kind else [])  # fmt: skip
    save(cast.maya, lead, typed, field="extra.own", seen=seen)
    assert Lead.objects.get().extra == {"own": kept}
    form = signed_in(cast.maya).get(f"/leads/{lead.pk}/cell/extra.own/", headers=HTMX)
    save(cast.maya, lead, "", field="extra.own", seen=form.context["seen"])
    assert Lead.objects.get().extra == {}
    last = Activity.objects.filter(kind="edited").latest("pk")
    signed_in(cast.maya).post(f"/leads/{lead.pk}/edits/{last.pk}/undo/")
    assert Lead.objects.get().extra == {"own": kept}


@pytest.mark.parametrize(
    "field", ["score", "stage", "owner", "created_at", "tags", "id", "extra.x"]
)
def test_what_is_no_detail_is_not_changed_here(cast, lead, field):
    assert save(cast.maya, lead, "1", field=field).status_code == 404


def test_who_may_see_and_not_change_gets_no_pencil(cast, lead):
    Lead.objects.update(owner=None, pool=cast.pool)
    page = signed_in(cast.sue).get("/leads/?columns=company").content.decode()
    assert ("Spa Hotel" in page, "data-cell" in page) == (True, False)
    assert save(cast.sue, lead, "X").status_code == 403
    assert "data-cell" in signed_in(cast.maya).get("/leads/?columns=company").content.decode()


def test_every_editable_field_can_be_drawn(cast, lead):
    client = signed_in(cast.maya)
    for name in [name for name, field in known().items() if field.is_editable]:
        assert client.get(f"/leads/{lead.pk}/cell/{name}/").status_code == 200
        shown = client.get(f"/leads/{lead.pk}/cell/{name}/?shown=1", headers=HTMX)
        assert "data-cell-edit" in shown.content.decode()
