"""The forms people make: fields chosen, preview, the line to copy; for marketing alone."""

import pytest
from django.test import Client

from accounts.models import Team
from leads.models import CaptureForm
from tests.accounts.test_own_pages import signed_in
from tests.factories import make_user

TYPED = {
    "name": "The guide", "slug": "", "touchpoint": "download", "headline": "Get it", "intro": "",
    "button": "Send it", "thanks": "Thanks", "consent_text": "You may write.", "is_active": "on",
    "asks": ["first_name", "phone"],
}  # fmt: skip


def make_form(cast, slug="guide", **more) -> CaptureForm:
    return CaptureForm.objects.create(
        slug=slug, name="Guide", campaign=cast.campaign, owner=cast.maya, **more
    )


def test_a_marketer_makes_a_form_and_gets_the_line_to_copy(cast):
    client = signed_in(cast.maya)
    done = client.post("/forms/new/", {**TYPED, "campaign": cast.campaign.pk})
    assert (done.status_code, done.url) == (302, "/forms/the-guide/?saved=form-new")
    form = CaptureForm.objects.get()
    assert (form.fields, form.owner, form.touchpoint) == (
        ["email", "first_name", "phone"], cast.maya, "download",
    )  # fmt: skip
    page = client.get("/forms/the-guide/").content.decode()
    assert "&lt;script src=&quot;http://testserver/f/the-guide.js&quot; async&gt;" in page or (
        '&lt;script src="http://testserver/f/the-guide.js" async&gt;' in page
    )
    assert Client().get("/f/the-guide/").status_code == 200


def test_editing_keeps_the_address(cast):
    make_form(cast)
    signed_in(cast.mona).post(
        "/forms/guide/", {**TYPED, "campaign": cast.campaign.pk, "slug": "new", "is_active": ""}
    )
    form = CaptureForm.objects.get()
    assert (form.slug, form.name, form.is_active, form.owner) == (
        "guide", "The guide", False, cast.maya,
    )  # fmt: skip


def test_the_preview_writes_nothing(cast):
    page = signed_in(cast.maya).post("/forms/preview/", {"name": "<b>", "asks": ["phone", "evil"]})
    text = page.content.decode()
    assert (page.status_code, CaptureForm.objects.count()) == (200, 0)
    assert ("&lt;b&gt;" in text, 'name="phone"' in text, "evil" in text) == (True, True, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""), ("name", "x\x00"), ("campaign", ""), ("campaign", "9999999"),
        ("touchpoint", "call"), ("asks", "owner"), ("slug", "not a slug"), ("slug", "guide"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(cast, name, value):
    make_form(cast)
    sent = {**TYPED, "campaign": cast.campaign.pk, name: value}
    page = signed_in(cast.maya).post("/forms/new/", sent)
    assert (page.status_code, CaptureForm.objects.count()) == (422, 1)
    assert list(page.context["form"].errors) == [name]
    assert page.context["form"]["headline"].value() == "Get it"


def test_another_teams_forms_are_not_found(cast):
    make_form(cast)
    bea = signed_in(make_user("bea", Team.objects.create(slug="b", name="B", kind="marketing")))
    assert bea.get("/forms/guide/").status_code == 404
    assert bea.get("/forms/").context["forms"] == []
    page = bea.post("/forms/new/", {**TYPED, "campaign": cast.campaign.pk})
    assert (page.status_code, CaptureForm.objects.count()) == (422, 1)


@pytest.mark.parametrize("person", ["sam", "dana", "outsider"])
def test_other_roles_have_no_business_here(cast, person):
    make_form(cast)
    client = signed_in(getattr(cast, person))
    assert [client.get(p).status_code for p in ("/forms/", "/forms/new/", "/forms/guide/")] == [
        403
    ] * 3
    assert client.post("/forms/preview/", {}).status_code == 403


def test_strangers_and_wrong_methods(cast):
    assert Client().get("/forms/").status_code == 302
    client = signed_in(cast.maya)
    assert client.post("/forms/").status_code == 405
    assert client.get("/forms/preview/").status_code == 405
    assert client.delete("/forms/new/").status_code == 405
    assert client.get("/forms/none/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_the_forms(cast, count, django_assert_num_queries):
    for n in range(count):
        make_form(cast, f"f{n}")
    client = signed_in(cast.maya)
    # session, user, memberships, forms, instant, bell
    with django_assert_num_queries(6):
        client.get("/forms/")
